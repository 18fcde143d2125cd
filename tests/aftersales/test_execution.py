"""Carrying out what was agreed: money moves once, along the order's own route, and its receipt is the proof."""

import asyncio
from typing import Any

import pytest

from aftersales import execution
from aftersales.core.refund import RefundPart
from aftersales.core.ticket import Actor, IllegalTransition
from aftersales.gateways.payments import DemoPayments, Refund, RefundOrder
from aftersales.reading import find
from kernel.db import Database
from kernel.errors import DomainError
from tests.aftersales.conftest import ACTORS, LATER, at_status, move, order_line


class CountingPayments(DemoPayments):
    """The demo's double, remembering what it was asked; `fail` makes the service unreachable."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[RefundOrder] = []
        self.fail = False

    async def refund(self, order: RefundOrder) -> Refund:
        self.asked.append(order)
        if self.fail:
            raise DomainError("payments_unavailable", "支付服务暂时连不上，请稍后再试", 503)
        return await super().refund(order)


@pytest.fixture
def payments() -> CountingPayments:
    return CountingPayments()


async def complete(
    db: Database,
    payments: DemoPayments,
    ticket: dict[str, Any],
    *,
    actor: Actor = ACTORS["merchant"],
    version: int | None = None,
    **data: Any,
) -> dict[str, Any]:
    return await execution.complete(
        db, payments, ticket["id"], actor, reason="", data=data, expected_version=version, now=LATER
    )


async def code(coming: Any) -> str:
    with pytest.raises(DomainError) as caught:
        await coming
    return caught.value.code


async def test_a_refund_is_paid_and_its_receipt_closes_the_ticket(
    db: Database, payments: CountingPayments
) -> None:
    ticket = await at_status(db, "executing")
    closed = await complete(db, payments, ticket)
    (asked,) = payments.asked
    assert (asked.key, asked.kind, asked.order_no) == (
        f"{ticket['id']}:refund",
        "refund",
        order_line().order_no,
    )
    assert asked.parts == (RefundPart("微信支付", 19900),)
    (part,) = (await payments.refund(asked)).parts
    assert closed["proof"] == f"退款流水号 {part.receipt_no}，金额 199.00 元"
    assert (closed["status"], closed["status_label"]) == ("closed", "完结")


async def test_a_typed_receipt_does_not_take_the_place_of_a_refund(
    db: Database, payments: CountingPayments
) -> None:
    ticket = await at_status(db, "executing")
    closed = await complete(db, payments, ticket, proof="RF99999999999999")
    assert len(payments.asked) == 1
    assert "RF99999999999999" not in closed["proof"]


async def test_the_agreed_amount_is_paid_and_no_other(db: Database, payments: CountingPayments) -> None:
    ticket = await at_status(db, "accepted")
    ticket = await move(db, ticket["id"], "agree", remedy="goodwill", amount_fen=1234)
    assert "金额 12.34 元" in (await complete(db, payments, ticket, amount_fen=99999))["proof"]
    assert (payments.asked[0].kind, payments.asked[0].amount_fen) == ("compensation", 1234)


async def test_an_exchange_moves_no_money(db: Database, payments: CountingPayments) -> None:
    ticket = await at_status(db, "exchanging")
    assert await code(complete(db, payments, ticket, actor=ACTORS["platform"])) == "missing_proof"
    closed = await complete(db, payments, ticket, actor=ACTORS["platform"], proof="SF7300000001")
    assert closed["status"] == "closed"
    assert payments.asked == []


async def test_without_an_order_the_receipt_is_typed(db: Database, payments: CountingPayments) -> None:
    ticket = await at_status(db, "executing", order_line=None)
    assert await code(complete(db, payments, ticket, actor=ACTORS["platform"])) == "missing_proof"
    closed = await complete(db, payments, ticket, actor=ACTORS["platform"], proof="4200001234567890")
    assert closed["proof"] == "4200001234567890"
    assert payments.asked == []


@pytest.mark.parametrize(
    ("status", "actor", "expected"),
    [
        ("accepted", "merchant", "illegal_transition"),
        ("proposal_pending", "merchant", "illegal_transition"),
        ("closed", "merchant", "illegal_transition"),
        ("executing", "consumer", "not_allowed"),
    ],
)
async def test_what_is_refused_is_refused_before_money_moves(
    db: Database, payments: CountingPayments, status: str, actor: str, expected: str
) -> None:
    ticket = await at_status(db, status)
    assert await code(complete(db, payments, ticket, actor=ACTORS[actor])) == expected
    assert payments.asked == []


async def test_an_old_screen_pays_nothing(db: Database, payments: CountingPayments) -> None:
    ticket = await at_status(db, "executing")
    assert await code(complete(db, payments, ticket, version=ticket["version"] - 1)) == "stale_ticket"
    assert payments.asked == []
    assert (await complete(db, payments, ticket, version=ticket["version"]))["status"] == "closed"


async def test_while_payments_are_out_of_reach_the_ticket_stays_and_can_be_completed_later(
    db: Database, payments: CountingPayments
) -> None:
    ticket = await at_status(db, "executing")
    payments.fail = True
    assert await code(complete(db, payments, ticket)) == "payments_unavailable"
    assert (await find(db, ticket["id"]))[1] == ticket
    payments.fail = False
    assert (await complete(db, payments, ticket))["status"] == "closed"
    assert len({asked.key for asked in payments.asked}) == 1


async def test_two_who_complete_at_once_pay_once(db: Database, payments: CountingPayments) -> None:
    ticket = await at_status(db, "executing")
    done = await asyncio.gather(*(complete(db, payments, ticket) for _ in range(4)), return_exceptions=True)
    # whoever comes while the money is on its way is shown the closed ticket, whoever comes after it is refused
    assert {one["status"] if isinstance(one, dict) else type(one) for one in done} <= {
        "closed",
        IllegalTransition,
    }
    assert [one for one in done if isinstance(one, dict)]
    assert len({asked for asked in payments.asked}) == 1
    _, shown = await find(db, ticket["id"], history=True)
    assert [entry["trigger"] for entry in shown["history"]].count("complete") == 1


async def test_an_unknown_ticket_is_not_found(db: Database, payments: CountingPayments) -> None:
    assert await code(complete(db, payments, {"id": "AX1"})) == "not_found"
