"""The bot's turns: bursts, outages, restarts, and people who take over in the middle."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from handoff import inbox, ownership, wording
from handoff import turns as turns_module
from handoff.brain import BrainDown, BrainSlow
from handoff.inbox import Incoming
from handoff.records import events_after
from handoff.store import audit, conversations
from handoff.stream import EventStream
from handoff.turns import Turns
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.principal import Principal
from tests.handoff.conftest import ScriptedBrain, says, settle


async def say(db: Database, turns: Turns, row: Row, key: str, text: str, quiet: float = 0.0) -> inbox.Receipt:
    claim = quiet == 0 and not turns.is_busy(row["id"])
    receipt = await inbox.receive(db, turns.stream, row["id"], Incoming(key, text), utcnow(), claim=claim)
    if receipt.owner == "bot":
        turns.kick(row["id"], quiet, receipt.claimed)
    return receipt


async def texts(db: Database, row: Row, sender: str) -> list[str]:
    async with db.read() as tx:
        events = await events_after(tx, row["id"], 1)
    return [
        e["message"]["text"] for e in events if e["type"] == "message" and e["message"]["sender"] == sender
    ]


async def test_a_message_is_answered_once(db: Database, turns: Turns, conversation: Row) -> None:
    await say(db, turns, conversation, "m1", "鞋底开胶了")
    await settle(turns)
    assert await texts(db, conversation, "bot") == ["收到：鞋底开胶了"]


async def test_a_burst_is_one_turn(
    db: Database, turns: Turns, conversation: Row, scripted: ScriptedBrain
) -> None:
    for i, text in enumerate(("在吗", "我的鞋", "开胶了")):
        await say(db, turns, conversation, f"m{i}", text, quiet=0.1)
    await settle(turns)
    assert [body["text"] for body in scripted.asked] == ["在吗\n我的鞋\n开胶了"]


async def test_what_comes_during_a_turn_is_the_next_turn(
    db: Database, turns: Turns, conversation: Row, scripted: ScriptedBrain
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(body: dict[str, Any]) -> dict[str, Any]:
        begun.set()
        await go_on.wait()
        return says(body["text"])

    scripted.script = slow
    await say(db, turns, conversation, "m1", "第一句话说完了")
    await begun.wait()
    await say(db, turns, conversation, "m2", "还有第二句话")
    await say(db, turns, conversation, "m3", "以及第三句话")
    go_on.set()
    await settle(turns)
    assert [body["text"] for body in scripted.asked] == ["第一句话说完了", "还有第二句话\n以及第三句话"]


async def test_the_bot_falls_silent_when_a_person_takes_over_meanwhile(
    db: Database, turns: Turns, conversation: Row, scripted: ScriptedBrain, agents: list[Principal]
) -> None:
    async def taken_over(_body: dict[str, Any]) -> dict[str, Any]:
        await ownership.request_human(db, conversation["id"], "button", utcnow(), stream=turns.stream)
        await ownership.accept(db, turns.stream, conversation["id"], agents[0], utcnow())
        return says("机器人的话")

    scripted.script = taken_over
    await say(db, turns, conversation, "m1", "鞋底开胶了")
    await settle(turns)
    assert await texts(db, conversation, "bot") == []
    async with db.read() as tx:
        noted = await tx.one(select(audit).where(audit.c.kind == "reply.superseded"))
    assert noted is not None
    assert noted["data"]["texts"] == ["机器人的话"]


async def test_when_rasa_is_down_the_truth_is_told_once_and_the_answer_comes_later(
    db: Database, turns: Turns, conversation: Row, scripted: ScriptedBrain, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(_body: dict[str, Any]) -> dict[str, Any]:
        raise BrainDown("refused")

    async def back(body: dict[str, Any]) -> dict[str, Any]:
        return says("好了：" + body["text"])

    monkeypatch.setattr(turns_module, "RETRIES", (0,))
    scripted.script = down
    await say(db, turns, conversation, "m1", "鞋底开胶了")
    await settle(turns)
    await turns.sweep()
    await settle(turns)
    assert await texts(db, conversation, "system") == [wording.BOT_IS_AWAY]
    scripted.script = back
    await turns.sweep()
    await settle(turns)
    await turns.sweep()
    await settle(turns)
    assert await texts(db, conversation, "bot") == ["好了：鞋底开胶了"]
    assert len({body["turn_id"] for body in scripted.asked}) == 1


async def test_when_rasa_is_slow_the_truth_is_told_and_the_same_turn_is_waited_for(
    db: Database, turns: Turns, conversation: Row, scripted: ScriptedBrain, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow_once(body: dict[str, Any]) -> dict[str, Any]:
        if len(scripted.asked) == 1:
            raise BrainSlow("slow")
        return says("久等了")

    scripted.script = slow_once
    await say(db, turns, conversation, "m1", "鞋底开胶了")
    await settle(turns)
    assert await texts(db, conversation, "system") == [wording.BOT_IS_AWAY]
    assert await texts(db, conversation, "bot") == ["久等了"]
    assert scripted.asked[0]["turn_id"] == scripted.asked[1]["turn_id"]


async def test_after_three_minutes_without_an_answer_a_person_is_asked_for(
    db: Database, turns: Turns, conversation: Row, scripted: ScriptedBrain, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(_body: dict[str, Any]) -> dict[str, Any]:
        raise BrainDown("refused")

    scripted.script = down
    monkeypatch.setattr(turns_module, "HAND_OFF_AFTER", timedelta(0))
    await say(db, turns, conversation, "m1", "鞋底开胶了")
    await settle(turns)
    async with db.read() as tx:
        row = await tx.one(select(conversations).where(conversations.c.id == conversation["id"]))
    assert row is not None
    assert (row["owner"], row["queue_reason"]) == ("queued", "bot_slow")


async def test_a_person_can_be_had_while_rasa_is_down(
    db: Database, turns: Turns, conversation: Row, scripted: ScriptedBrain
) -> None:
    async def down(_body: dict[str, Any]) -> dict[str, Any]:
        raise BrainDown("refused")

    scripted.script = down
    await say(db, turns, conversation, "m1", "鞋底开胶了")
    await settle(turns)
    receipt = await say(db, turns, conversation, "m2", "转人工")
    assert receipt.owner == "queued"
    await turns.sweep()
    await settle(turns)
    assert await texts(db, conversation, "bot") == []


async def test_a_turn_lost_in_a_crash_is_picked_up_by_the_next_start(
    db: Database, stream: EventStream, conversation: Row, scripted: ScriptedBrain
) -> None:
    await inbox.receive(db, stream, conversation["id"], Incoming("m1", "鞋底开胶了"), utcnow())
    crashed = utcnow() - timedelta(minutes=10)
    async with db.write() as tx:
        lost = {"turn_id": "lost:1", "turn_upto": 2, "turn_lease_until": crashed, "updated_at": crashed}
        await tx.execute(update(conversations).values(lost))

    async def no_facts(_row: Row) -> dict[str, Any]:
        return {}

    restarted = Turns(db, stream, scripted, no_facts)
    await restarted.sweep()
    await settle(restarted)
    assert [body["turn_id"] for body in scripted.asked] == ["lost:1"]
    assert await texts(db, conversation, "bot") == ["收到：鞋底开胶了"]


async def test_two_processes_never_run_one_turn_twice(
    db: Database, stream: EventStream, conversation: Row, scripted: ScriptedBrain
) -> None:
    async def no_facts(_row: Row) -> dict[str, Any]:
        return {}

    processes = [Turns(db, stream, scripted, no_facts) for _ in range(4)]
    await inbox.receive(db, stream, conversation["id"], Incoming("m1", "鞋底开胶了"), utcnow())
    for process in processes:
        process.kick(conversation["id"])
    for process in processes:
        await settle(process)
    assert len(scripted.asked) == 1


async def test_a_threat_reaches_the_brain_with_its_reason(
    db: Database, turns: Turns, conversation: Row, scripted: ScriptedBrain
) -> None:
    await say(db, turns, conversation, "m1", "再不处理我就打12315")
    await say(db, turns, conversation, "m2", "鞋底开胶了")
    await settle(turns)
    assert scripted.asked[0]["trigger"] == "legal_or_media"


async def test_a_threat_while_the_brain_is_down_goes_to_a_person_at_once(
    db: Database, turns: Turns, conversation: Row, scripted: ScriptedBrain
) -> None:
    async def down(_body: dict[str, Any]) -> Any:
        raise BrainDown("down")

    scripted.script = down
    await say(db, turns, conversation, "m1", "再不处理我就打12315")
    await settle(turns)
    async with db.read() as tx:
        row = await tx.one(select(conversations).where(conversations.c.id == conversation["id"]))
    assert row is not None
    assert (row["owner"], row["queue_reason"], row["queue_priority"]) == ("queued", "legal_or_media", 2)
