"""The fence under thousands of interleavings: bot, consumers and agents all at once, on real databases."""

import asyncio
import random
from typing import Any

import pytest

from handoff import desk, inbox, ownership, passing
from handoff.inbox import Incoming
from handoff.records import events_after
from handoff.stream import EventStream
from handoff.turns import Turns
from handoff.wording import AGREE_HAND_BACK, ASK_HAND_BACK
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.errors import DomainError
from kernel.principal import Principal
from tests.handoff.conftest import ScriptedBrain, make_agent, open_one, says, settle

CONVERSATIONS = 120
AGENTS = 3
EXPECTED = {
    "stale_epoch",
    "already_taken",
    "already_asked",
    "not_waiting",
    "illegal_owner_change",
    "conversation_closed",
}


async def consumer(db: Database, turns: Turns, row: Row, rng: random.Random) -> None:
    for i in range(4):
        text = "转人工" if rng.random() < 0.3 else f"第{i}句话，鞋底开胶了"
        consent = await asked_for_consent(db, row["id"])
        for _ in range(rng.choice((1, 1, 2))):  # now and then the client sends the same message again
            claim = rng.random() < 0.5
            receipt = await inbox.receive(
                db, turns.stream, row["id"], Incoming(f"m{i}", text, choice=consent), utcnow(), claim=claim
            )
            if receipt.owner == "bot":
                turns.kick(row["id"], claimed=receipt.claimed)
        await asyncio.sleep(rng.random() * 0.01)


async def asked_for_consent(db: Database, conversation_id: str) -> str | None:
    """The button with which the consumer lets his agent go, where he was just asked."""
    async with db.read() as tx:
        events = await events_after(tx, conversation_id, 0, limit=500)
    buttons = events[-1]["message"]["buttons"] if events[-1]["type"] == "message" else []
    return next((one["id"] for one in buttons if one["title"] == AGREE_HAND_BACK), None)


async def agent(db: Database, stream: EventStream, row: Row, who: Principal, rng: random.Random) -> None:
    epoch = 1
    for i in range(8):
        await asyncio.sleep(rng.random() * 0.01)
        step = rng.random()
        try:
            if step < 0.45:
                epoch = (await ownership.accept(db, stream, row["id"], who, utcnow()))["epoch"]
            elif step < 0.85:
                await desk.reply(
                    db,
                    stream,
                    row["id"],
                    who,
                    client_msg_id=f"r{i}",
                    text=f"epoch {epoch}",
                    file_ids=(),
                    epoch=epoch,
                    now=utcnow(),
                )
            else:
                await passing.ask_hand_back(db, stream, row["id"], who, epoch, utcnow())
        except DomainError as refusal:
            assert refusal.code in EXPECTED, refusal.code


def check_record(events: list[dict[str, Any]]) -> None:
    """No gap, nobody speaks out of turn, nothing twice."""
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    owner, epoch, holder = "bot", 1, None
    client_ids = []
    for event in events:
        if event["type"] == "owner_changed":
            assert event["epoch"] == epoch + 1
            owner, epoch = event["owner"], event["epoch"]
            holder = event["agent"]["name"] if event["agent"] else None
            continue
        message = event["message"]
        if message["sender"] == "bot":
            assert owner == "bot", f"the bot spoke while {owner} had the conversation"
        elif message["sender"] == "agent":
            assert owner == "agent"
            assert message["sender_name"] == holder
            if message["text"] != ASK_HAND_BACK:
                assert message["text"] == f"epoch {epoch}", "an agent wrote under a stale epoch"
        if message["client_msg_id"]:
            client_ids.append((message["sender"], message["sender_name"], message["client_msg_id"]))
    assert len(client_ids) == len(set(client_ids)), "a message was kept twice"


@pytest.mark.slow
async def test_nobody_ever_speaks_out_of_turn(
    db: Database, turns: Turns, stream: EventStream, scripted: ScriptedBrain
) -> None:
    rng = random.Random(20261124)
    people = [await make_agent(db, name) for name in ("甲", "乙", "丙")[:AGENTS]]

    async def brain(body: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(rng.random() * 0.02)
        return says("机器人的回答", "还有一句")

    scripted.script = brain
    rows = [await open_one(db, stream, f"u_{i}") for i in range(CONVERSATIONS)]
    for chunk in range(0, len(rows), 20):
        work = []
        for row in rows[chunk : chunk + 20]:
            work.append(consumer(db, turns, row, random.Random(rng.random())))
            work += [agent(db, stream, row, who, random.Random(rng.random())) for who in people]
        await asyncio.gather(*work)
    await settle(turns)
    spoken = {"bot": 0, "agent": 0}
    for row in rows:
        async with db.read() as tx:
            events = await events_after(tx, row["id"], 0, limit=500)
        check_record(events)
        for event in events:
            if event["type"] == "message" and event["message"]["sender"] in spoken:
                spoken[event["message"]["sender"]] += 1
    assert min(spoken.values()) > CONVERSATIONS / 4, "the test must see both bot and agents speak"


async def test_of_many_agents_accepting_at_once_exactly_one_wins_and_the_others_are_told_who(
    db: Database, stream: EventStream
) -> None:
    people = [await make_agent(db, f"坐席{i}") for i in range(12)]
    row = await open_one(db, stream)
    await ownership.request_human(db, row["id"], "button", utcnow(), stream=stream)
    results = await asyncio.gather(
        *(ownership.accept(db, stream, row["id"], who, utcnow()) for who in people), return_exceptions=True
    )
    winners = [result for result in results if not isinstance(result, BaseException)]
    losers = [result for result in results if isinstance(result, DomainError)]
    assert len(winners) == 1
    assert len(losers) == 11
    winner = next(who for who in people if who.agent_id == winners[0]["agent_id"])
    assert {loser.code for loser in losers} == {"already_taken"}
    assert {loser.details["agent"]["name"] for loser in losers} == {winner.name}
