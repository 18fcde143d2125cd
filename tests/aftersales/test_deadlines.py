"""What time does to a ticket, and what it never does."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from aftersales import deadlines
from aftersales import tickets as verbs
from aftersales.core.order import OrderLine
from aftersales.core.ticket import TicketMoved, TicketReminded
from aftersales.store import transitions
from kernel import jobs
from kernel.db import Database, Tx
from kernel.errors import DomainError
from tests.aftersales.conftest import LATER, NOW, at_status, move, opened, order_line

HOUR = timedelta(hours=1)


async def planned(db: Database) -> list[dict[str, Any]]:
    """The planned deadlines."""
    async with db.read() as tx:
        query = select(jobs.jobs).where(jobs.jobs.c.kind == deadlines.DEADLINE_JOB)
        return [dict(row) for row in await tx.all(query)]


async def run_due(db: Database, now: datetime) -> int:
    """What the service's runner does."""
    rows = await jobs.claim_due(db, now)
    for row in rows:
        if row["kind"] == deadlines.DEADLINE_JOB:
            await deadlines.handle_deadline(db, row["payload"], now)
        elif row["kind"] == deadlines.REMINDER_JOB:
            await deadlines.handle_reminder(db, row["payload"], now)
        else:
            continue
        await jobs.finish(db, row["id"])
    return len([row for row in rows if row["kind"] == deadlines.DEADLINE_JOB])


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


# From each place, what it becomes when nobody does anything: status, phase, whether a supervisor was told.
SILENCE = {
    "submitted": ("accepted", None, False),
    "pending_evidence": ("withdrawn", None, False),
    "accepted": ("platform_intervention", None, False),
    "negotiating": ("negotiating", None, True),
    "verifying": ("platform_intervention", None, False),
    "proposal_pending": ("withdrawn", None, False),
    "platform_intervention": ("platform_intervention", None, True),
    "evidence_period": ("adjudicating", None, False),
    "adjudicating": ("adjudicating", None, True),
    "suspended": ("suspended", None, True),
    "awaiting_return": ("withdrawn", None, False),
    "awaiting_receipt": ("executing", "awaiting_receipt", True),
    "refunding": ("executing", "refunding", True),
    "exchanging": ("executing", "exchanging", True),
    "reshipping": ("executing", "reshipping", True),
    "repairing": ("executing", "repairing", True),
    "compensating": ("executing", "compensating", True),
    "rejected_claim": ("closed", None, False),
    "appeal_review": ("appeal_review", None, True),
    "closed": ("archived", None, False),
    "withdrawn": ("archived", None, False),
}


@pytest.mark.parametrize("place", SILENCE)
async def test_when_nobody_does_anything(db: Database, place: str) -> None:
    ticket = await at_status(db, place)
    (job,) = await planned(db)
    assert job["due_at"] == (await verbs.find(db, ticket["id"]))[0]["due_at"]
    assert await run_due(db, job["due_at"] - timedelta(seconds=1)) == 0
    assert await run_due(db, job["due_at"]) == 1
    row, _ = await verbs.find(db, ticket["id"])
    status, phase, told = SILENCE[place]
    assert (row["status"], row["phase"], row["escalated_at"] is not None) == (status, phase, told)
    if status == place or phase == place:
        assert await planned(db) == []  # told once, not every second


async def test_an_archived_ticket_has_no_time_any_more(db: Database) -> None:
    ticket = await at_status(db, "archived")
    assert await planned(db) == []
    assert (await verbs.find(db, ticket["id"]))[0]["due_at"] is None


async def test_a_merchant_who_does_not_answer_a_wish_for_a_return_has_agreed(db: Database) -> None:
    ticket = await at_status(db, "accepted", remedy="return_refund", order_line=order_line(paid_fen=50000))
    (job,) = await planned(db)
    await run_due(db, job["due_at"])
    _, shown = await verbs.find(db, ticket["id"], history=True)
    assert (shown["status"], shown["phase"]) == ("executing", "awaiting_return")
    assert shown["history"][-1]["actor_kind"] == "system"


async def test_the_consumer_is_reminded_twice_and_not_after_he_answered(db: Database) -> None:
    told: list[TicketReminded] = []

    async def hear(_tx: Tx, event: TicketReminded) -> None:
        told.append(event)

    db.handlers[TicketReminded] = [hear]
    ticket = await at_status(db, "proposal_pending")
    await run_due(db, LATER + 24 * HOUR)
    await run_due(db, LATER + 24 * HOUR)
    assert [event.text for event in told] == [
        "提醒您：处理方案在等您确认（11月27日 12:05前确认），不同意也可以继续协商。"
    ]
    await move(db, ticket["id"], "reject_proposal", "consumer", now=LATER + 25 * HOUR)
    await run_due(db, LATER + 60 * HOUR)
    assert len(told) == 1


async def test_evidence_time_is_extended_once(db: Database) -> None:
    ticket = await at_status(db, "evidence_period")
    longer = await move(db, ticket["id"], "extend", "arbiter", reason="商家需要调底单")
    assert longer["due_label"] == "11月26日 12:05前提交凭证"
    with pytest.raises(DomainError) as again:
        await move(db, ticket["id"], "extend", "arbiter", reason="再等等")
    assert again.value.code == "already_extended"
    (job,) = await planned(db)
    assert job["due_at"] == LATER + 48 * HOUR


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
    await asyncio.gather(*(deadlines.handle_deadline(db, job["payload"], late) for _ in range(4)))
    for after in (HOUR, timedelta(days=10)):  # … also when what came next is itself overdue
        await deadlines.handle_deadline(db, job["payload"], late + after)
    _, shown = await verbs.find(db, ticket["id"], history=True)
    assert [entry["trigger"] for entry in shown["history"]] == ["open", "accept"]


async def test_the_deadline_of_a_status_that_was_left_does_nothing(db: Database) -> None:
    ticket = await opened(db)
    (job,) = await planned(db)
    await move(db, ticket["id"], "request_evidence")
    await deadlines.handle_deadline(db, job["payload"], NOW + 2 * HOUR)
    assert await state(db, ticket) == "pending_evidence"


async def test_the_deadline_of_an_earlier_round_does_not_end_a_later_one(db: Database) -> None:
    ticket = await at_status(db, "pending_evidence")
    (job,) = await planned(db)
    await move(db, ticket["id"], "withdraw", "consumer")
    await move(db, ticket["id"], "reopen", "consumer")
    await move(db, ticket["id"], "request_evidence", now=LATER + 60 * HOUR)
    await deadlines.handle_deadline(db, job["payload"], LATER + 72 * HOUR)
    assert await state(db, ticket) == "pending_evidence"


async def test_a_deadline_before_its_time_does_nothing(db: Database) -> None:
    ticket = await opened(db)
    (job,) = await planned(db)
    await deadlines.handle_deadline(db, job["payload"], NOW + HOUR)
    assert await state(db, ticket) == "submitted"


async def test_the_deadline_of_a_ticket_that_is_gone_does_nothing(db: Database) -> None:
    payload = {"ticket_id": "AX20261124999999", "version": 1, "trigger": "accept"}
    await deadlines.handle_deadline(db, payload, NOW)


async def test_an_answer_at_the_last_moment_wins_or_loses_whole(db: Database) -> None:
    for n in range(6):
        ticket = await at_status(db, "proposal_pending", key=f"k{n}")
        job = next(job for job in await planned(db) if job["key"] == ticket["id"])
        await asyncio.gather(
            move(db, ticket["id"], "accept_proposal", "consumer", now=LATER + 72 * HOUR),
            deadlines.handle_deadline(db, job["payload"], LATER + 72 * HOUR),
            return_exceptions=True,
        )
        _, shown = await verbs.find(db, ticket["id"], history=True)
        assert shown["status"] in ("executing", "withdrawn")
        assert len(shown["history"]) == 4


class Sent:
    """An order service by which everything has been sent meanwhile, or that is away."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away

    async def lines_of(self, consumer_id: str, order_nos: Sequence[str] | None = None) -> list[OrderLine]:
        return []

    async def count_paid(self, merchant_id: str, since: datetime, until: datetime) -> int:
        return 0

    async def line(self, line_id: str) -> OrderLine | None:
        if self.away:
            raise DomainError("orders_unavailable", "订单服务暂时连不上，请稍后再试", 503)
        return order_line(shipped_at=NOW, status="shipped", signed_at=None)


async def unsent(db: Database) -> dict[str, Any]:
    line = order_line(
        status="paid", shipped_at=None, signed_at=None, waybill_no=None, paid_fen=90_000, payment=()
    )
    ticket = await opened(db, order_line=line, remedy="refund_only", sub_type="no_reason_return",
        issue_type="no_reason", collected={})  # fmt: skip
    return await move(db, ticket["id"], "accept")


async def respond(db: Database, ticket: dict[str, Any], orders: Any = None) -> dict[str, Any]:
    (job,) = [one for one in await planned(db) if one["payload"]["ticket_id"] == ticket["id"]]
    await deadlines.handle_deadline(db, job["payload"], job["due_at"], orders)
    return (await verbs.find(db, ticket["id"]))[1]


async def test_a_day_of_silence_refunds_an_order_that_was_never_sent(db: Database) -> None:
    ticket = await unsent(db)
    assert ticket["due_at"] == "2026-11-25T04:05:00.000Z"
    shown = await respond(db, ticket)
    assert (shown["status"], shown["phase"], shown["proposal"]["amount_fen"]) == (
        "executing",
        "refunding",
        90_000,
    )


async def test_what_was_sent_meanwhile_is_never_refunded_by_silence(db: Database) -> None:
    shown = await respond(db, await unsent(db), Sent())
    assert (shown["status"], shown["proposal"]) == ("platform_intervention", None)


async def test_while_the_order_service_is_away_silence_decides_nothing(db: Database) -> None:
    ticket = await unsent(db)
    with pytest.raises(DomainError, match="订单服务"):
        await respond(db, ticket, Sent(away=True))
    assert await state(db, ticket) == "accepted"


async def test_a_suspended_case_goes_on_with_the_time_that_was_left(db: Database) -> None:
    ticket = await at_status(db, "adjudicating")
    left = (await verbs.find(db, ticket["id"]))[0]["due_at"] - (LATER + HOUR)
    await move(db, ticket["id"], "suspend", "arbiter", LATER + HOUR)
    later = LATER + 400 * HOUR
    await move(db, ticket["id"], "resume", "arbiter", later)
    row, _ = await verbs.find(db, ticket["id"])
    assert (row["due_at"], row["paused_seconds"]) == (later + left, None)


async def test_a_parcel_on_its_way_has_more_time_than_the_merchant_to_send_it(db: Database) -> None:
    ticket = await at_status(db, "reshipping")
    assert ticket["due_at"] == "2026-11-26T04:05:00.000Z"
    await move(db, ticket["id"], "ship", carrier="顺丰速运", waybill_no="SF7300000002")
    assert (await verbs.find(db, ticket["id"]))[1]["due_at"] == "2026-12-01T04:05:00.000Z"


async def test_two_instances_together_run_every_deadline_once_and_lose_none(
    db: Database, database_url: str
) -> None:
    made = [await opened(db, f"k{number}") for number in range(60)]
    other = Database(database_url)
    due = NOW + 2 * HOUR

    async def instance(one: Database) -> int:
        ran = 0
        while rows := await jobs.claim_due(one, due, limit=7):
            for row in rows:
                await deadlines.handle_deadline(one, row["payload"], due)
                await jobs.finish(one, row["id"])
            ran += len(rows)
        return ran

    try:
        counts = await asyncio.gather(instance(db), instance(other))
    finally:
        await other.close()
    assert sum(counts) == 60
    async with db.read() as tx:
        moves = await tx.all(select(transitions.c.ticket_id).where(transitions.c.trigger == "accept"))
    assert sorted(row["ticket_id"] for row in moves) == sorted(ticket["id"] for ticket in made)
    assert {job["payload"]["trigger"] for job in await planned(db)} == {"respond"}


async def test_a_job_that_died_half_way_is_done_by_another_instance(db: Database) -> None:
    ticket = await opened(db)
    due = NOW + 2 * HOUR
    assert len(await jobs.claim_due(db, due)) == 1  # and this instance is killed here
    assert await run_due(db, due + timedelta(seconds=30)) == 0
    assert await run_due(db, due + jobs.LEASE + timedelta(seconds=1)) == 1
    assert await state(db, ticket) == "accepted"
