"""Promises and marked phrases: entered with the message, reminded of, kept or broken, counted."""

from datetime import datetime, timedelta

import pytest

from handoff import desk, ownership, promises, tone
from handoff.stream import DESK, EventStream
from kernel import jobs
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.errors import DomainError
from kernel.principal import Principal


async def say(
    db: Database, row: Row, who: Principal, words: str, mid: str = "m1", at: datetime | None = None
) -> None:
    current = await desk.find(db, row["id"], who)
    await desk.reply(
        db, None, row["id"], who, client_msg_id=mid, text=words, file_ids=(), epoch=current["epoch"], now=at or utcnow()
    )  # fmt: skip


@pytest.fixture
async def taken(db: Database, conversation: Row, agents: list[Principal]) -> Row:
    await ownership.request_human(db, conversation["id"], "button", utcnow())
    return await ownership.accept(db, None, conversation["id"], agents[0], utcnow())


async def all_of(db: Database, row: Row) -> list[dict[str, object]]:
    async with db.read() as tx:
        return await promises.of_conversation(tx, row["id"])


async def test_a_promise_is_entered_once_with_the_message_that_says_it(
    db: Database, taken: Row, agents: list[Principal]
) -> None:
    now = utcnow()
    for _ in range(2):
        await say(db, taken, agents[0], "48小时内给您答复", at=now)
    (one,) = await all_of(db, taken)
    assert (one["kind"], one["state"], one["seq"]) == ("reply", "open", taken["last_seq"] + 1)
    assert one["agent"] == {"id": agents[0].agent_id, "name": agents[0].name}
    due = {row["kind"]: row["due_at"] for row in await jobs.claim_due(db, now + timedelta(hours=48))}
    assert due[promises.DUE_JOB] == now + timedelta(hours=48)
    assert due[promises.REMIND_JOB] == now + timedelta(hours=47.5)


async def test_an_open_promise_is_reminded_of_and_broken_at_its_deadline(
    db: Database, stream: EventStream, taken: Row, agents: list[Principal]
) -> None:
    now = utcnow()
    await say(db, taken, agents[0], "半小时内给您答复", at=now)
    (one,) = await all_of(db, taken)
    with stream.listen(DESK) as listener:
        await promises.handle_reminder(db, stream, {"id": one["id"]}, now)
        await promises.handle_due(db, stream, {"id": one["id"]}, now + timedelta(minutes=30))
        await promises.handle_due(
            db, stream, {"id": one["id"]}, now + timedelta(minutes=30)
        )  # a job run twice
        heard = [news["why"] for _ in range(2) if (news := await listener.next(within=2))]
        assert heard == ["soon", "broken"] and await listener.next(within=0.2) is None
    (one,) = await all_of(db, taken)
    assert one["state"] == "broken"
    async with db.read() as tx:
        assert [p["id"] for p in await promises.due(tx, agents[0])] == [one["id"]]
        assert await promises.due(tx, agents[1]) == []
        assert len(await promises.due(tx, agents[1], everybodys=True)) == 1
    late = await promises.settle(db, stream, str(one["id"]), agents[0], "kept", "", now + timedelta(hours=1))
    assert (late["state"], late["note"]) == ("broken", "逾期后已兑现")


async def test_a_kept_promise_is_reminded_of_no_more_and_settled_once(
    db: Database, stream: EventStream, taken: Row, agents: list[Principal]
) -> None:
    await say(db, taken, agents[0], "48小时内给您退款")
    (one,) = await all_of(db, taken)
    kept = await promises.settle(db, stream, str(one["id"]), agents[0], "kept", "", utcnow())
    assert kept["state"] == "kept"
    assert await jobs.claim_due(db, utcnow() + timedelta(days=3)) == []
    with pytest.raises(DomainError) as again:
        await promises.settle(db, stream, str(one["id"]), agents[0], "kept", "", utcnow())
    assert again.value.code == "already_settled"


async def test_what_was_no_promise_is_withdrawn_with_a_reason(
    db: Database, stream: EventStream, taken: Row, agents: list[Principal]
) -> None:
    await say(db, taken, agents[0], "48小时内给您退款")
    (one,) = await all_of(db, taken)
    with pytest.raises(DomainError) as refused:
        await promises.settle(db, stream, str(one["id"]), agents[0], "withdrawn", " ", utcnow())
    assert refused.value.code == "reason_needed"
    gone = await promises.settle(db, stream, str(one["id"]), agents[0], "withdrawn", "是转述规则", utcnow())
    assert gone["state"] == "withdrawn"


async def test_phrases_sent_in_spite_of_the_marks_are_counted_by_agent_and_conversation(
    db: Database, taken: Row, agents: list[Principal]
) -> None:
    before, after = utcnow() - timedelta(minutes=1), utcnow() + timedelta(minutes=1)
    await say(db, taken, agents[0], "这是规定，没办法", "m1")
    await say(db, taken, agents[0], "您的情况我单独核实", "m2")
    async with db.read() as tx:
        assert await tone.by_agent(tx, before, after) == {agents[0].agent_id: 2}
        assert await tone.inspected(tx, "platform", before, after) == {taken["id"]}
        assert await tone.violations(tx, "platform", before, after) == {taken["id"]}
        assert await tone.violations(tx, "m_shoes", before, after) == set()
        assert await tone.violations(tx, "platform", after, after + timedelta(days=1)) == set()
