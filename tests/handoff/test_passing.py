"""From person to bot with consent alone; supervisors step in; reasons are recorded and urgent ones move forward."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from handoff import callbacks, copying, desk, inbox, ownership, passing, presence, talks, trail, visits
from handoff.inbox import Incoming
from handoff.records import events_after
from handoff.store import audit, conversations
from handoff.stream import DESK, EventStream
from handoff.wording import AGREE_HAND_BACK, KEEP_PERSON
from kernel import jobs
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.errors import DomainError
from kernel.principal import Principal
from tests.handoff.conftest import make_agent, open_one


async def taken_by(db: Database, who: Principal) -> Row:
    row = await open_one(db, None)
    await ownership.request_human(db, row["id"], "button", utcnow())
    return await ownership.accept(db, None, row["id"], who, utcnow())


async def say(db: Database, row: Row, text: str = "", key: str = "m1", **more: Any) -> inbox.Receipt:
    return await inbox.receive(db, None, row["id"], Incoming(key, text, **more), utcnow())


async def row_of(db: Database, row: Row) -> Row:
    async with db.read() as tx:
        found = await tx.one(select(conversations).where(conversations.c.id == row["id"]))
    assert found is not None
    return found


async def buttons(db: Database, row: Row) -> dict[str, str]:
    async with db.read() as tx:
        events = await events_after(tx, row["id"], 0)
    asked = next(e for e in reversed(events) if e["type"] == "message" and e["message"]["buttons"])
    return {button["title"]: button["id"] for button in asked["message"]["buttons"]}


async def test_the_bot_gets_a_conversation_back_only_with_the_consumers_yes(
    db: Database, agents: list[Principal]
) -> None:
    row = await taken_by(db, agents[0])
    await passing.ask_hand_back(db, None, row["id"], agents[0], row["epoch"], utcnow(), "只剩查进度")
    assert (await row_of(db, row))["owner"] == "agent"
    offered = await buttons(db, row)
    await say(db, row, "等等，我还没说完")
    assert (await row_of(db, row))["owner"] == "agent", "words are no consent"
    receipt = await say(db, row, key="m2", choice=offered[AGREE_HAND_BACK])
    assert (receipt.owner, (await row_of(db, row))["owner"]) == ("bot", "bot")


async def test_a_no_keeps_the_person_and_he_may_ask_again_later(
    db: Database, agents: list[Principal]
) -> None:
    row = await taken_by(db, agents[0])
    await passing.ask_hand_back(db, None, row["id"], agents[0], row["epoch"], utcnow())
    with pytest.raises(DomainError, match="already_asked"):
        await passing.ask_hand_back(db, None, row["id"], agents[0], row["epoch"], utcnow())
    offered = await buttons(db, row)
    receipt = await say(db, row, choice=offered[KEEP_PERSON])
    assert receipt.owner == "agent"
    await passing.ask_hand_back(db, None, row["id"], agents[0], row["epoch"], utcnow())


async def test_a_yes_to_an_agent_who_no_longer_has_it_changes_nothing(
    db: Database, agents: list[Principal]
) -> None:
    row = await taken_by(db, agents[0])
    await passing.ask_hand_back(db, None, row["id"], agents[0], row["epoch"], utcnow())
    yes = (await buttons(db, row))[AGREE_HAND_BACK]
    await presence.say(db, None, agents[1].agent_id, "online", utcnow())
    await passing.transfer(
        db, None, row["id"], agents[0], row["epoch"], utcnow(), agent_id=agents[1].agent_id
    )
    assert (await say(db, row, choice=yes)).owner == "agent"
    assert (await row_of(db, row))["agent_id"] == agents[1].agent_id


async def test_a_colleague_who_is_not_there_gets_nothing(db: Database, agents: list[Principal]) -> None:
    row = await taken_by(db, agents[0])
    with pytest.raises(DomainError, match="agent_offline"):
        await passing.transfer(
            db, None, row["id"], agents[0], row["epoch"], utcnow(), agent_id=agents[1].agent_id
        )


async def test_a_supervisor_steps_in_and_the_agents_words_are_refused(
    db: Database, agents: list[Principal]
) -> None:
    lead = await make_agent(db, "郑主管", "supervisor")
    row = await taken_by(db, agents[0])
    with pytest.raises(DomainError, match="forbidden"):
        await passing.step_in(db, None, row["id"], agents[1], utcnow(), "我来")
    await passing.step_in(db, None, row["id"], lead, utcnow(), "消费者情绪激动")
    assert (await row_of(db, row))["agent_id"] == lead.agent_id
    with pytest.raises(DomainError, match="stale_epoch"):
        await desk.reply(
            db, None, row["id"], agents[0], client_msg_id="x", text="您好", file_ids=(),
            epoch=row["epoch"], now=utcnow(),
        )  # fmt: skip
    found = (await trail.page(db, lead, conversation_id=row["id"]))["entries"]
    kinds = {entry["kind"] for entry in found}
    assert {
        "conversation.stepped_in",
        "owner.supervisor_steps_in",
        "reply.refused",
        "handoff.requested",
    } <= kinds
    stepped = next(entry for entry in found if entry["kind"] == "conversation.stepped_in")
    assert (stepped["data"]["note"], stepped["actor_name"]) == ("消费者情绪激动", "郑主管")


async def test_a_supervisor_reassigns_what_waits_and_what_an_agent_has(
    db: Database, agents: list[Principal]
) -> None:
    lead = await make_agent(db, "郑主管", "supervisor")
    for who in agents:
        await presence.say(db, None, who.agent_id, "online", utcnow())
    row = await open_one(db, None)
    await ownership.request_human(db, row["id"], "button", utcnow())
    for who in agents:
        await passing.reassign(db, None, row["id"], lead, who.agent_id, utcnow(), "熟悉这类问题")
        assert (await row_of(db, row))["agent_id"] == who.agent_id


async def test_danger_said_while_waiting_moves_forward_and_a_plain_repeat_does_not(db: Database) -> None:
    row = await open_one(db, None)
    await ownership.request_human(db, row["id"], "button", utcnow())
    before = await row_of(db, row)
    await say(db, row, "人工呢人工")
    assert (await row_of(db, row))["queue_reason"] == "button"
    await say(db, row, "充电器冒火了，手被烫伤", key="m2")
    after = await row_of(db, row)
    assert (after["queue_reason"], after["queue_priority"]) == ("personal_danger", 3)
    assert (after["queued_at"], after["epoch"]) == (before["queued_at"], before["epoch"])


async def test_the_third_visit_within_a_day_goes_to_a_person(db: Database) -> None:
    row = await open_one(db, None, "u_often")
    now = utcnow()
    for visit, hours in enumerate((0, 3, 6), 1):
        for minute in (0, 5):  # a visit is not a message
            at = now + timedelta(hours=hours, minutes=minute)
            await inbox.receive(db, None, row["id"], Incoming(f"{visit}-{minute}", "我的退款呢"), at)
        assert (await row_of(db, row))["owner"] == ("queued" if visit == 3 else "bot")
    after = await row_of(db, row)
    assert after["queue_reason"] == "third_contact"
    async with db.read() as tx:
        assert await visits.count(tx, "u_often", now + timedelta(hours=6, minutes=6)) == 3


async def test_two_conversations_within_one_visit_are_one_visit(db: Database) -> None:
    for number in range(4):
        row = await open_one(db, None, "u_two")
        assert (await say(db, row, "在吗", key=f"m{number}")).owner == "bot"


async def test_who_will_not_wait_leaves_a_message_or_a_number_and_keeps_his_place(
    db: Database, agents: list[Principal]
) -> None:
    row = await open_one(db, None)
    with pytest.raises(DomainError, match="not_waiting"):
        await callbacks.choose(db, None, row["id"], "ticket", utcnow())
    await ownership.request_human(db, row["id"], "button", utcnow())
    with pytest.raises(DomainError, match="bad_phone"):
        await callbacks.choose(db, None, row["id"], "callback", utcnow(), phone="110")
    before = await row_of(db, row)
    await callbacks.choose(db, None, row["id"], "ticket", utcnow(), wish="退款到账了告诉我")
    await callbacks.choose(db, None, row["id"], "callback", utcnow(), phone="138 0013 8000", wish="下班后")
    after = await row_of(db, row)
    assert (after["owner"], after["queued_at"], after["wait_mode"]) == (
        "queued",
        before["queued_at"],
        "callback",
    )
    promised = await callbacks.open_ones(db, agents[0])
    assert [(one["kind"], one["phone"], one["wish"]) for one in promised] == [
        ("callback", "13800138000", "下班后")
    ]
    async with db.read() as tx:
        told = (await events_after(tx, row["id"], 0))[-1]["message"]["text"]
    assert "尾号8000" in told
    assert "13800138000" not in told
    done = await callbacks.done(db, promised[0]["id"], agents[0], utcnow())
    assert done["state"] == "done"
    assert await callbacks.open_ones(db, agents[0]) == []


async def promised_call(db: Database, now: datetime, phone: str = "13800138000") -> dict[str, Any]:
    row = await open_one(db, None)
    await ownership.request_human(db, row["id"], "button", now)
    await callbacks.choose(db, None, row["id"], "callback", now, phone=phone)
    async with db.read() as tx:
        return (await callbacks.of_conversation(tx, row["id"]))[-1]


async def test_the_desk_is_reminded_of_a_promised_call_and_hears_when_it_is_overdue(
    db: Database, stream: EventStream, agents: list[Principal]
) -> None:
    now = utcnow()
    call = await promised_call(db, now)
    due = datetime.fromisoformat(call["due_at"])
    planned = {job["kind"]: job["due_at"] for job in await jobs.claim_due(db, due + timedelta(seconds=1))}
    assert now < planned[callbacks.REMIND_JOB] < planned[callbacks.DUE_JOB]
    assert abs(planned[callbacks.DUE_JOB] - due) < timedelta(seconds=1)
    with stream.listen(DESK) as listener:
        await callbacks.handle_reminder(db, stream, {"id": call["id"]}, now)
        for _ in range(2):  # a job run twice
            await callbacks.handle_due(db, stream, {"id": call["id"]}, due)
        heard = [news for _ in range(2) if (news := await listener.next(within=2))]
        assert [(one["why"], one["callback"]["state"]) for one in heard] == [
            ("soon", "open"),
            ("overdue", "overdue"),
        ]
        assert "to" not in heard[0]  # nobody has the conversation yet: all of the party hear it
        assert await listener.next(within=0.2) is None
    assert [one["state"] for one in await callbacks.open_ones(db, agents[0])] == ["overdue"]
    assert (await callbacks.done(db, call["id"], agents[0], due))["state"] == "done"
    async with db.read() as tx:
        said = await tx.all(select(audit).where(audit.c.kind.startswith("callback.")).order_by(audit.c.id))
    assert [(one["kind"], one["actor"]) for one in said] == [
        ("callback.overdue", "system"),
        ("callback.done", agents[0].agent_id),
    ]
    assert said[-1]["data"]["late"] is True


async def test_only_the_agent_who_has_the_conversation_is_reminded_of_its_call(
    db: Database, stream: EventStream, agents: list[Principal]
) -> None:
    call = await promised_call(db, utcnow())
    await ownership.accept(db, None, call["conversation_id"], agents[0], utcnow())
    with stream.listen(DESK) as listener:
        await callbacks.handle_reminder(db, stream, {"id": call["id"]}, utcnow())
        heard = await listener.next(within=2)
    assert heard and heard["to"] == [agents[0].agent_id]


async def test_a_call_that_was_made_or_given_up_reminds_nobody(db: Database, agents: list[Principal]) -> None:
    made = await promised_call(db, utcnow())
    await callbacks.done(db, made["id"], agents[0], utcnow())
    given_up = await promised_call(db, utcnow(), "13900139000")
    await callbacks.choose(db, None, given_up["conversation_id"], "wait", utcnow())
    kinds = {job["kind"] for job in await jobs.claim_due(db, utcnow() + timedelta(days=9))}
    assert not kinds & {callbacks.REMIND_JOB, callbacks.DUE_JOB}


async def test_a_talk_by_phone_is_a_line_of_the_record_and_of_the_consumers_copy(
    db: Database, agents: list[Principal]
) -> None:
    row = await taken_by(db, agents[0])
    talk = {"kind": "phone", "summary": "约定明天上门取件", "at": utcnow(), "minutes": 6, "file_id": None}
    with pytest.raises(DomainError, match="forbidden"):
        await talks.enter(db, None, row["id"], agents[1], now=utcnow(), **talk)  # type: ignore[arg-type]
    later = talk | {"at": utcnow() + timedelta(hours=1)}
    with pytest.raises(DomainError, match="bad_time"):
        await talks.enter(db, None, row["id"], agents[0], now=utcnow(), **later)  # type: ignore[arg-type]
    made = await talks.enter(db, None, row["id"], agents[0], now=utcnow(), **talk)  # type: ignore[arg-type]
    copy = await copying.copy_of(db, row["id"], utcnow())
    line = next(event for event in copy["events"] if event["seq"] == made["seq"])
    assert (line["type"], line["record"]["summary"], line["record"]["by"]["name"]) == (
        "record", "约定明天上门取件", agents[0].name,
    )  # fmt: skip
    text = copying.as_text(copy)
    assert "电话沟通记录" in text
    assert copy["sha256"] in text


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
async def test_nobody_alters_the_audit_trail(db: Database, agents: list[Principal], statement: str) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    await taken_by(db, agents[0])
    with pytest.raises(DBAPIError, match="immutable"):
        async with db.write() as tx:
            await tx.execute(text(statement))
    async with db.read() as tx:
        assert await tx.all(select(audit))
