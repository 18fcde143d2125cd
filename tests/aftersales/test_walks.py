"""Random histories: whatever people, the platform and time do, in whatever order, the case keeps its promises."""

import asyncio
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from aftersales import deadlines, execution, refunding, tickets
from aftersales.core.table import TABLE
from aftersales.core.ticket import STATUS_LABELS, Status
from aftersales.gateways.payments import DemoPayments
from aftersales.ledger import refunds
from aftersales.store import transitions
from kernel import jobs
from kernel.db import Database, metadata
from kernel.errors import DomainError
from tests.aftersales.conftest import ACTORS, CLAUSE, NOW, move, opened

TRIGGERS = sorted({trigger for _, trigger in TABLE})
STEP = st.tuples(
    st.sampled_from([*TRIGGERS, "time", "pay", "countersign"]),
    st.sampled_from(["consumer", "merchant", "platform", "arbiter"]),
    st.sampled_from(["refund_only", "return_refund", "exchange", "goodwill", "compensation", "none"]),
    st.sampled_from([None, 1, 5000, 19900, 19901, 300_000]),
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
)


async def _step(db: Database, ticket_id: str, step: tuple[str, str, str, int | None], now: datetime) -> None:
    what, who, remedy, amount = step
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
        paid = await tx.all(select(refunds).where(refunds.c.ticket_id == ticket_id))
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
    if row["status"] == Status.CLOSED:
        assert row["proof"]
        assert shown["status_label"] == "完结"
    assert sum(refund["amount_fen"] for refund in paid if refund["kind"] == "refund") <= 19900
    assert (row["phase"] is None) or row["status"] == Status.EXECUTING
    assert shown["status_label"] == STATUS_LABELS[Status(row["status"])]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(st.one_of(STEP, LIKELY, LIKELY), min_size=5, max_size=30))
def test_no_history_breaks_a_promise(steps: list[tuple[str, str, str, int | None]]) -> None:
    async def walk() -> None:
        with TemporaryDirectory() as folder:
            await walk_in(Database(f"sqlite+aiosqlite:///{folder}/walk.db", execution.HANDLERS))

    async def walk_in(db: Database) -> None:
        await db.run_sync(metadata.create_all)
        try:
            ticket = await opened(db)
            now = NOW
            for step in steps:
                now += timedelta(days=8) if step[0] == "time" else timedelta(minutes=7)
                await _step(db, ticket["id"], step, now)
            await _check(db, ticket["id"])
        finally:
            await db.close()

    asyncio.run(walk())
