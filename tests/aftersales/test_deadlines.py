"""What time does to a ticket, and what it never does."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from aftersales import tickets as verbs
from aftersales.core.ticket import TicketMoved
from kernel import jobs
from kernel.db import Database, Tx
from tests.aftersales.conftest import LATER, NOW, at_status, move, opened

HOUR = timedelta(hours=1)
NO_JOB = ["accepted", "negotiating", "executing", "closed", "withdrawn"]


async def planned(db: Database) -> list[dict[str, Any]]:
    async with db.read() as tx:
        return [dict(row) for row in await tx.all(select(jobs.jobs))]


async def run_due(db: Database, now: datetime) -> int:
    """What the service's runner does."""
    rows = await jobs.claim_due(db, now)
    for row in rows:
        assert row["kind"] == verbs.DEADLINE_JOB
        await verbs.handle_deadline(db, row["payload"], now)
        await jobs.finish(db, row["id"])
    return len(rows)


async def state(db: Database, ticket: dict[str, Any]) -> str:
    return str((await verbs.find(db, ticket["id"]))[1]["status"])


async def test_an_application_that_nobody_takes_up_is_accepted_after_two_hours(db: Database) -> None:
    ticket = await opened(db)
    assert await run_due(db, NOW + 2 * HOUR - timedelta(seconds=1)) == 0
    assert await run_due(db, NOW + 2 * HOUR) == 1
    assert await state(db, ticket) == "accepted"
    last = (await verbs.find(db, ticket["id"], history=True))[1]["history"][-1]
    assert (last["actor_kind"], last["reason"]) == ("system", "到期未处理，按规则自动进行")


async def test_missing_evidence_withdraws_after_three_days_and_can_be_submitted_again(db: Database) -> None:
    ticket = await at_status(db, "pending_evidence")
    await run_due(db, LATER + 72 * HOUR)
    assert await state(db, ticket) == "withdrawn"
    again = await move(db, ticket["id"], "reopen", "consumer", now=LATER + 73 * HOUR)
    assert again["status"] == "submitted"


async def test_silence_about_a_proposal_withdraws_and_is_never_consent(db: Database) -> None:
    told: list[TicketMoved] = []

    async def hear(_tx: Tx, event: TicketMoved) -> None:
        told.append(event)

    ticket = await at_status(db, "proposal_pending")
    db.handlers[TicketMoved] = [hear]
    await run_due(db, LATER + 72 * HOUR)
    assert await state(db, ticket) == "withdrawn"
    assert "没有等到您的确认" in told[0].text
    history = (await verbs.find(db, ticket["id"], history=True))[1]["history"]
    assert not [entry for entry in history if entry["trigger"] == "accept_proposal"]


@pytest.mark.parametrize("status", NO_JOB)
async def test_where_time_decides_nothing_no_job_is_left(db: Database, status: str) -> None:
    ticket = await at_status(db, status)
    assert await planned(db) == []
    assert await run_due(db, NOW + timedelta(days=400)) == 0
    assert await state(db, ticket) == status


async def test_a_ticket_has_one_deadline_at_a_time(db: Database) -> None:
    ticket = await opened(db)
    await move(db, ticket["id"], "request_evidence")
    (job,) = await planned(db)
    assert (job["key"], job["due_at"]) == (ticket["id"], LATER + 72 * HOUR)
    assert job["payload"] == {"ticket_id": ticket["id"], "version": 2, "trigger": "withdraw"}


async def test_a_deadline_that_comes_twice_acts_once(db: Database) -> None:
    ticket = await opened(db)
    (job,) = await planned(db)
    late = NOW + 3 * HOUR
    await asyncio.gather(*(verbs.handle_deadline(db, job["payload"], late) for _ in range(4)))
    for after in (HOUR, timedelta(days=10)):  # … also when what came next is itself overdue
        await verbs.handle_deadline(db, job["payload"], late + after)
    _, shown = await verbs.find(db, ticket["id"], history=True)
    assert [entry["trigger"] for entry in shown["history"]] == ["open", "accept"]


async def test_the_deadline_of_a_status_that_was_left_does_nothing(db: Database) -> None:
    ticket = await opened(db)
    (job,) = await planned(db)
    await move(db, ticket["id"], "request_evidence")
    await verbs.handle_deadline(db, job["payload"], NOW + 2 * HOUR)
    assert await state(db, ticket) == "pending_evidence"


async def test_the_deadline_of_an_earlier_round_does_not_end_a_later_one(db: Database) -> None:
    ticket = await at_status(db, "pending_evidence")
    (job,) = await planned(db)
    await move(db, ticket["id"], "withdraw", "consumer")
    await move(db, ticket["id"], "reopen", "consumer")
    await move(db, ticket["id"], "request_evidence", now=LATER + 60 * HOUR)
    await verbs.handle_deadline(db, job["payload"], LATER + 72 * HOUR)
    assert await state(db, ticket) == "pending_evidence"


async def test_a_deadline_before_its_time_does_nothing(db: Database) -> None:
    ticket = await opened(db)
    (job,) = await planned(db)
    await verbs.handle_deadline(db, job["payload"], NOW + HOUR)
    assert await state(db, ticket) == "submitted"


async def test_the_deadline_of_a_ticket_that_is_gone_does_nothing(db: Database) -> None:
    payload = {"ticket_id": "AX20261124999999", "version": 1, "trigger": "accept"}
    await verbs.handle_deadline(db, payload, NOW)


async def test_an_answer_at_the_last_moment_wins_or_loses_whole(db: Database) -> None:
    for n in range(6):
        ticket = await at_status(db, "proposal_pending", key=f"k{n}")
        job = next(job for job in await planned(db) if job["key"] == ticket["id"])
        await asyncio.gather(
            move(db, ticket["id"], "accept_proposal", "consumer", now=LATER + 72 * HOUR),
            verbs.handle_deadline(db, job["payload"], LATER + 72 * HOUR),
            return_exceptions=True,
        )
        _, shown = await verbs.find(db, ticket["id"], history=True)
        assert shown["status"] in ("executing", "withdrawn")
        assert len(shown["history"]) == 4
