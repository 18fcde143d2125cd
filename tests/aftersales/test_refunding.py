"""Money is planned with the decision, paid once, followed until its receipt is there, and then the ticket is 完结."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from aftersales import execution, refunding
from aftersales.core.executed import RefundFailed, RefundSettled, pause_after
from aftersales.core.order import PaymentPart
from aftersales.core.refund import RefundPart
from aftersales.gateways.payments import DemoPayments, PaidPart, Refund, RefundOrder
from aftersales.gateways.trouble import Trouble
from aftersales.ledger import refunds
from aftersales.reading import find
from aftersales.store import tickets as table
from kernel import jobs
from kernel.db import Database
from kernel.errors import DomainError
from tests.aftersales.conftest import ACTORS, LATER, NOW, at_status, move, order_line

SPLIT = order_line(payment=(PaymentPart("支付宝", 19400), PaymentPart("平台优惠券", 500)))


class Script(DemoPayments):
    """A provider that says, call after call, what the script says of each part; then it pays."""

    def __init__(self, *script: str | tuple[str, ...]) -> None:
        super().__init__()
        self.script, self.asked = list(script), []  # type: ignore[var-annotated]

    async def refund(self, order: RefundOrder) -> Refund:
        self.asked.append(order)
        if not self.script:
            return await super().refund(order)
        said = self.script.pop(0)
        if isinstance(said, str):
            raise DomainError(said, "支付服务暂时连不上，请稍后再试", 503)
        good = await super().refund(order)
        return Refund(
            order.key,
            tuple(
                part if state == "done" else PaidPart(method=part.method, amount_fen=part.amount_fen, state=state, reason="银行卡已注销" if state == "failed" else "")  # type: ignore[arg-type]
                for part, state in zip(good.parts, said, strict=True)
            ),
        )  # fmt: skip


def listening(db: Database) -> list[Any]:
    """What the database's transactions tell from now on."""
    told: list[Any] = []

    async def hear(_tx: Any, event: Any) -> None:
        told.append(event)

    for kind in (RefundSettled, RefundFailed):
        db.handlers[kind] = [*execution.HANDLERS[kind], hear]
    return told


@pytest.fixture(autouse=True)
def as_wired(db: Database) -> None:
    """What the service does when money has arrived."""
    db.handlers |= {kind: list(hands) for kind, hands in execution.HANDLERS.items()}


async def planned(db: Database, ticket: dict[str, Any], now: datetime = NOW) -> Any:
    async with db.write() as tx:
        row = await tx.one(select(table).where(table.c.id == ticket["id"]))
        assert row is not None
        return await refunding.plan(tx, row, now)


async def run_jobs(db: Database, payments: DemoPayments, now: datetime) -> int:
    """Runs every refund that is due at `now`, as the service's runner does."""
    rows = [row for row in await jobs.claim_due(db, now) if row["kind"] == refunding.REFUND_JOB]
    for row in rows:
        await refunding.handle_refund(db, payments, row["payload"], now)
        await jobs.finish(db, row["id"])
    return len(rows)


async def executing(db: Database, key: str = "k1", amount: int | None = None, **given: Any) -> dict[str, Any]:
    ticket = await at_status(db, "accepted", key, **({"order_line": SPLIT} | given))
    return await move(db, ticket["id"], "agree", remedy="refund_only", amount_fen=amount)


async def test_a_planned_refund_is_paid_by_the_job_and_closes_its_ticket(db: Database) -> None:
    told, payments = listening(db), Script()
    ticket = await executing(db)
    await planned(db, ticket)
    assert await run_jobs(db, payments, LATER) == 1
    (order,) = payments.asked
    assert order.parts == (RefundPart("支付宝", 19400), RefundPart("平台优惠券", 500))
    after = (await find(db, ticket["id"], history=True))[1]
    assert (after["status_label"], after["history"][-1]["actor_kind"]) == ("完结", "system")
    assert after["proof"].count("RF") == 2 and "金额 199.00 元" in after["proof"]
    assert [type(event) for event in told] == [RefundSettled]
    assert (told[0].amount_fen, told[0].proof) == (19900, after["proof"])
    assert await run_jobs(db, payments, LATER + timedelta(days=9)) == 0


async def test_planning_twice_is_planning_once(db: Database) -> None:
    ticket = await executing(db)
    first = await planned(db, ticket)
    assert (await planned(db, ticket, LATER))["started_at"] == first["started_at"]
    assert await run_jobs(db, Script(), LATER) == 1


async def test_while_the_provider_is_away_the_job_comes_back_later_and_later(db: Database) -> None:
    told, payments = listening(db), Script(*["payments_unavailable"] * 4)
    ticket = await executing(db)
    await planned(db, ticket)
    now, waits = LATER, []
    while not told:
        assert await run_jobs(db, payments, now) == 1
        async with db.read() as tx:
            due = await tx.scalar(select(jobs.jobs.c.due_at).where(jobs.jobs.c.kind == refunding.REFUND_JOB))
        if due:
            waits.append((due.replace(tzinfo=NOW.tzinfo) - now).total_seconds())
            assert await run_jobs(db, payments, due.replace(tzinfo=NOW.tzinfo) - timedelta(seconds=1)) == 0
            now = due.replace(tzinfo=NOW.tzinfo)
    assert waits == [10, 20, 40, 80]
    assert len({order.key for order in payments.asked}) == 1
    assert (await find(db, ticket["id"]))[1]["status"] == "closed"


async def test_of_a_partial_refund_nothing_is_proof_until_all_of_it_is_there(db: Database) -> None:
    payments = Script(("done", "failed"), ("done", "pending"))
    ticket = await executing(db)
    await planned(db, ticket)
    now = LATER
    for state, error in (("partial", "银行卡已注销"), ("pending", None)):
        await run_jobs(db, payments, now)
        now += timedelta(hours=1)
        async with db.read() as tx:
            (row,) = await refunding.of_ticket(tx, ticket["id"])
        assert (row["state"], row["error"], row["settled_at"]) == (state, error, None)
        assert (await find(db, ticket["id"]))[1]["status"] == "executing"
    await run_jobs(db, payments, now)
    assert (await find(db, ticket["id"]))[1]["status"] == "closed"


async def test_after_a_day_of_tries_a_person_is_called_and_may_start_again(db: Database) -> None:
    told, payments = listening(db), Script(*[("done", "failed")] * refunding.MOST_TRIES)
    ticket = await executing(db)
    await planned(db, ticket)
    now, began = LATER, LATER
    while await run_jobs(db, payments, now):
        now += timedelta(hours=1)
    assert [(type(event), event.reason) for event in told] == [(RefundFailed, "银行卡已注销")]
    assert len(payments.asked) == refunding.MOST_TRIES
    assert now - began > timedelta(days=1)
    await refunding.try_again(db, f"{ticket['id']}:refund", now)
    await run_jobs(db, payments, now)
    assert (await find(db, ticket["id"]))[1]["status"] == "closed"
    with pytest.raises(DomainError, match="not_found"):
        await refunding.try_again(db, f"{ticket['id']}:refund", now)


async def test_the_desk_is_told_that_a_refund_is_on_its_way_and_the_job_closes_it(db: Database) -> None:
    payments = Script(("done", "pending"))
    ticket = await executing(db)
    given: dict[str, Any] = {"reason": "", "data": {}, "expected_version": None, "now": NOW}
    with pytest.raises(DomainError) as caught:
        await execution.complete(db, payments, ticket["id"], ACTORS["merchant"], **given)
    assert (caught.value.code, caught.value.status, caught.value.details) == (
        "refund_pending", 409, {"state": "pending"},
    )  # fmt: skip
    await run_jobs(db, payments, NOW + pause_after(1))
    assert (await find(db, ticket["id"]))[1]["status"] == "closed"


async def test_tickets_of_one_line_together_never_give_back_more_than_was_paid(db: Database) -> None:
    first, second = await executing(db, "k1", 15000), await executing(db, "k2", 4900)
    with pytest.raises(DomainError) as caught:
        await executing(db, "k3", 1)
    assert (caught.value.code, caught.value.details["paid_fen"]) == ("amount_too_high", 0)
    other = await executing(db, "k4", 19900, order_line=replace(SPLIT, line_no=2))
    await planned(db, first)
    await planned(db, second)
    await planned(db, other)
    async with db.read() as tx:
        rows = await tx.all(select(refunds).where(refunds.c.line_id == SPLIT.line_id))
    back: dict[str, int] = {}
    for part in (part for row in rows for part in row["parts"]):
        back[part["method"]] = back.get(part["method"], 0) + part["amount_fen"]
    assert back == {"支付宝": 19400, "平台优惠券": 500}


async def test_two_tickets_planned_at_the_same_moment_share_what_was_paid(db: Database) -> None:
    found = [await at_status(db, "accepted", f"k{n}", order_line=SPLIT) for n in range(4)]
    done = await asyncio.gather(
        *(move(db, one["id"], "agree", remedy="refund_only", amount_fen=15000) for one in found),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in done) == ["DomainError"] * 3 + ["dict"]


async def test_a_compensation_is_paid_on_top_and_takes_nothing_of_the_price(db: Database) -> None:
    ticket = await at_status(db, "accepted", order_line=SPLIT, sub_type="quality_counterfeit")
    ticket = await move(db, ticket["id"], "agree", remedy="compensation", amount_fen=59700)
    payments = Script()
    await planned(db, ticket)
    await run_jobs(db, payments, LATER)
    (order,) = payments.asked
    assert (order.kind, order.parts) == ("compensation", (RefundPart(refunding.TO_ACCOUNT, 59700),))
    whole = await executing(db, "k2", 19900)
    assert (await planned(db, whole))["amount_fen"] == 19900


async def test_goodwill_takes_of_the_price_like_a_refund(db: Database) -> None:
    for key, amount in (("k1", 5000), ("k2", 9900)):
        ticket = await at_status(db, "accepted", key, order_line=SPLIT)
        await move(db, ticket["id"], "agree", remedy="goodwill", amount_fen=amount)
    for remedy, amount in (("refund_only", 5001), ("goodwill", 5001)):
        ticket = await at_status(db, "accepted", f"more {remedy}", order_line=SPLIT)
        with pytest.raises(DomainError) as caught:
            await move(db, ticket["id"], "agree", remedy=remedy, amount_fen=amount)
        assert (caught.value.code, caught.value.details["paid_fen"]) == ("amount_too_high", 5000)
    whole = await move(db, ticket["id"], "agree", remedy="refund_only")
    assert whole["proposal"]["amount_fen"] == 5000
    payments = Script()
    await run_jobs(db, payments, LATER)
    assert sorted(order.kind for order in payments.asked) == ["compensation", "compensation", "refund"]


async def test_compensation_ends_where_the_law_ends_also_over_several_tickets(db: Database) -> None:
    first = await at_status(db, "accepted", "k1", order_line=SPLIT, sub_type="quality_counterfeit")
    with pytest.raises(DomainError) as caught:
        await move(db, first["id"], "agree", remedy="compensation", amount_fen=59701)
    assert (caught.value.code, caught.value.details["most_fen"]) == ("above_the_law", 59700)
    assert caught.value.details["clause"] == "《消费者权益保护法》第55条"
    await move(db, first["id"], "agree", remedy="compensation", amount_fen=40000)
    again = await at_status(db, "accepted", "k2", order_line=SPLIT, sub_type="quality_counterfeit")
    with pytest.raises(DomainError, match="赔付最多 197"):
        await move(db, again["id"], "agree", remedy="compensation", amount_fen=19701)


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_goes_wrong_on_the_way_every_refund_is_paid_exactly_once(
    db: Database, seed: int
) -> None:
    if not db.is_sqlite and seed:
        pytest.skip("one run of many seeds is enough for the second database")
    told = listening(db)
    payments = DemoPayments(Trouble(seed=seed, away=0.4, later=0.4, refused=0.4))
    for number in range(5):
        await planned(db, await executing(db, f"k{number}", order_line=replace(SPLIT, line_no=number + 1)))
    now = LATER
    while await run_jobs(db, payments, now):
        now += timedelta(hours=1)
    assert len(told) == 5 and {type(event) for event in told} == {RefundSettled}
    async with db.read() as tx:
        statuses = {row["status"] for row in await tx.all(select(table.c.status))}
    assert statuses == {"closed"}


async def test_the_whole_refund_of_a_second_ticket_is_what_is_left(db: Database) -> None:
    await executing(db, "k1", 5000)
    rest = await at_status(db, "accepted", "k2", order_line=SPLIT)
    agreed = await move(db, rest["id"], "agree", remedy="return_refund")
    assert agreed["proposal"]["amount_fen"] == 14900
    third = await at_status(
        db, "accepted", "k3", order_line=SPLIT
    )  # the second's money is promised, not yet paid
    with pytest.raises(DomainError, match="amount_too_high"):
        await move(db, third["id"], "agree", remedy="refund_only")
    for trigger, by in (("send_back", "consumer"), ("goods_received", "merchant")):
        rest = await move(db, rest["id"], trigger, by, carrier="顺丰速运", waybill_no="SF7300000001")
    assert rest["phase"] == "refunding"
