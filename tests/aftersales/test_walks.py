"""Random histories: whatever people, the platform and time do, in whatever order, the case keeps its promises."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from aftersales import deadlines, execution, refunding, tickets
from aftersales import notices as telling
from aftersales.core.table import TABLE
from aftersales.core.ticket import STATUS_LABELS, Status, TicketMoved
from aftersales.gateways.payments import DemoPayments
from aftersales.ledger import notices, refunds
from aftersales.store import transitions
from kernel import jobs
from kernel.db import Database, metadata
from kernel.errors import DomainError
from tests.aftersales.conftest import ACTORS, CLAUSE, NOW, move, opened, order_line

HANDLERS = {TicketMoved: [telling.on_moved], **execution.HANDLERS}

TRIGGERS = sorted({trigger for _, trigger in TABLE})
STEP = st.tuples(
    st.sampled_from([*TRIGGERS, "time", "pay", "countersign"]),
    st.sampled_from(["consumer", "merchant", "platform", "arbiter"]),
    st.sampled_from(["refund_only", "return_refund", "exchange", "goodwill", "compensation", "none"]),
    st.sampled_from([None, 1, 5000, 19900, 19901, 300_000]),
    st.sampled_from([0, 0, 0, 1]),  # which of the two tickets of one order line
)
FORWARD = [
    "accept",
    "agree",
    "propose",
    "accept_proposal",
    "complete",
    "intervene",
    "take_up",
    "close_evidence",
    "adjudicate",
]
LIKELY = st.tuples(
    st.sampled_from(FORWARD),
    st.sampled_from(["consumer", "merchant", "arbiter"]),
    st.just("refund_only"),
    st.none(),
    st.sampled_from([0, 0, 1]),
)


Step = tuple[str, str, str, int | None, int]


async def _step(db: Database, ticket_id: str, step: Step, now: datetime) -> None:
    what, who, remedy, amount, _ = step
    data: dict[str, Any] = {"remedy": remedy, "amount_fen": amount, "liability": "merchant", "clause": CLAUSE}
    data |= {"proof": "RF20261124000001", "carrier": "顺丰速运", "waybill_no": "SF7300000001"}
    try:
        if what == "countersign":
            await tickets.countersign(db, ticket_id, ACTORS[who], agrees=True, now=now)
        elif what in ("time", "pay"):
            for job in await jobs.claim_due(db, now):
                if job["kind"] == deadlines.DEADLINE_JOB:
                    await deadlines.handle_deadline(db, job["payload"], now)
                elif job["kind"] == refunding.REFUND_JOB:
                    await refunding.handle_refund(db, DemoPayments(), job["payload"], now)
                await jobs.finish(db, job["id"])
        else:
            await move(db, ticket_id, what, who, now, **data)
    except DomainError as refused:
        assert refused.status in (403, 409, 422), refused


async def _check(db: Database, ticket_id: str) -> None:
    async with db.read() as tx:
        history = await tx.all(
            select(transitions).where(transitions.c.ticket_id == ticket_id).order_by(transitions.c.id)
        )
    row, shown = await tickets.find(db, ticket_id)
    place = None
    for entry in history:
        assert entry["actor_kind"]
        assert entry["reason"]
        assert entry["rule_version"] == row["rule_version"]
        assert entry["from_status"] == place
        place = entry["to_status"]
        if entry["trigger"] == "accept_proposal":
            assert entry["actor_kind"] == "consumer"
        if entry["trigger"] in ("adjudicate", "reject_claim", "uphold_appeal", "dismiss_appeal"):
            assert entry["actor_kind"] == "platform"
    assert place == row["status"]
    assert history[-1]["to_phase"] == row["phase"]
    if row["status"] in (Status.CLOSED, Status.ARCHIVED) and row["closed_at"] and place_closed(history):
        assert row["proof"]
        async with db.read() as tx:
            told = await tx.all(select(notices).where(notices.c.key.startswith(f"{ticket_id}:")))
        assert any(one["params"]["status"] == "完结" for one in told)
    if row["status"] == Status.CLOSED:
        assert shown["status_label"] == "完结"
    assert (row["phase"] is None) or row["status"] == Status.EXECUTING
    assert shown["status_label"] == STATUS_LABELS[Status(row["status"])]


def place_closed(history: Sequence[Any]) -> bool:
    """Whether the case came to 完结, and not to its end by being withdrawn."""
    ends = [entry["to_status"] for entry in history if entry["to_status"] in ("closed", "withdrawn")]
    return bool(ends) and ends[-1] == "closed"


async def _check_money(db: Database) -> None:
    """Of one order line never more comes back than was paid, and beside it never more than is lawful."""
    async with db.read() as tx:
        paid = await tx.all(select(refunds))
    price = sum(row["amount_fen"] for row in paid if row["kind"] != "compensation")
    beside = sum(row["amount_fen"] for row in paid if row["kind"] == "compensation")
    assert price <= 19900
    assert beside <= 19900  # a broken mug: no more than its price, without a loss that was shown


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(st.one_of(STEP, LIKELY, LIKELY), min_size=5, max_size=30))
def test_no_history_breaks_a_promise(steps: list[Step]) -> None:
    async def walk() -> None:
        with TemporaryDirectory() as folder:
            await walk_in(Database(f"sqlite+aiosqlite:///{folder}/walk.db", HANDLERS))

    async def walk_in(db: Database) -> None:
        await db.run_sync(metadata.create_all)
        try:
            line = order_line()
            pair = [await opened(db, key, order_line=line) for key in ("k1", "k2")]
            now = NOW
            for step in steps:
                now += timedelta(days=8) if step[0] == "time" else timedelta(minutes=7)
                await _step(db, pair[step[4]]["id"], step, now)
            for ticket in pair:
                await _check(db, ticket["id"])
            await _check_money(db)
        finally:
            await db.close()

    asyncio.run(walk())
