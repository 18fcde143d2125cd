"""One contract for payments: the demo's double, and the HTTP client against a service on a real port."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sanic import Request
from sanic.response import HTTPResponse, json

from aftersales.core.refund import RefundPart
from aftersales.gateways.payments import DemoPayments, HttpPayments, PaidPart, Payments, Refund, RefundOrder
from aftersales.gateways.trouble import Trouble
from kernel.errors import DomainError
from tests.aftersales.gateways.platform import SECRET, platform
from tests.aftersales.serving import served

ORDER = RefundOrder(
    "AX1:refund", "refund", "33001", "u_1", (RefundPart("支付宝", 19400), RefundPart("平台优惠券", 500))
)


@pytest.fixture(params=["demo", "http"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def through(kind: str, double: DemoPayments) -> AsyncIterator[Payments]:
    if kind == "demo":
        yield double
        return
    async with served(platform(payments=double)) as url, httpx.AsyncClient() as client:
        yield HttpPayments(f"{url}/api", SECRET, client)


@pytest.fixture
async def payments(kind: str) -> AsyncIterator[Payments]:
    async for one in through(kind, DemoPayments()):
        yield one


async def code(coming: Any) -> tuple[str, int]:
    with pytest.raises(DomainError) as caught:
        await coming
    return caught.value.code, caught.value.status


# ---- the contract


async def test_every_part_is_paid_and_has_its_own_receipt(payments: Payments) -> None:
    found = await payments.refund(ORDER)
    assert found.state == "done"
    assert [(part.method, part.amount_fen) for part in found.parts] == [
        ("支付宝", 19400),
        ("平台优惠券", 500),
    ]
    assert len({part.receipt_no for part in found.parts}) == 2


async def test_the_same_key_pays_nothing_more(payments: Payments) -> None:
    assert await payments.refund(ORDER) == await payments.refund(ORDER)


@pytest.mark.parametrize(
    "changed",
    [{"order_no": "33002"}, {"consumer_id": "u_2"}, {"kind": "compensation"}, {"parts": ORDER.parts[:1]}],
)
async def test_a_key_used_for_something_else_is_refused(payments: Payments, changed: dict[str, Any]) -> None:
    await payments.refund(ORDER)
    assert await code(payments.refund(replace(ORDER, **changed))) == ("refund_conflict", 409)


@pytest.mark.parametrize("parts", [(), (RefundPart("支付宝", 0),), (RefundPart("支付宝", -1),)])
async def test_nothing_is_refunded_for_nothing(payments: Payments, parts: tuple[RefundPart, ...]) -> None:
    assert await code(payments.refund(replace(ORDER, parts=parts))) == ("refund_refused", 422)


async def test_a_part_that_comes_later_is_pending_until_it_has_its_receipt(kind: str) -> None:
    async for payments in through(kind, DemoPayments(Trouble(later=1.0))):
        states = [(await payments.refund(ORDER)).state for _ in range(3)]
        assert states == ["pending", "pending", "done"]


async def test_a_part_that_was_refused_is_tried_again_and_the_other_is_not_paid_twice(kind: str) -> None:
    seed = next(n for n in range(99) if _refuses_one(Trouble(seed=n, refused=0.5)))
    async for payments in through(kind, DemoPayments(Trouble(seed=seed, refused=0.5))):
        first, second = await payments.refund(ORDER), await payments.refund(ORDER)
        assert (first.state, second.state) == ("partial", "done")
        kept = [(a, b) for a, b in zip(first.parts, second.parts, strict=True) if a.state == "done"]
        assert [a == b for a, b in kept] == [True]


def _refuses_one(trouble: Trouble) -> bool:
    return sum(trouble.draw("refused", ORDER.key, part.method) < 0.5 for part in ORDER.parts) == 1


async def test_receipts_are_the_same_after_a_restart(kind: str) -> None:
    found = []
    for _ in range(2):
        async for payments in through(kind, DemoPayments()):
            found.append(await payments.refund(ORDER))
    assert found[0] == found[1]


async def test_a_service_that_is_down_is_said_to_be_down(kind: str) -> None:
    async for payments in through(kind, DemoPayments(Trouble(away=1.0))):
        assert await code(payments.refund(ORDER)) == ("payments_unavailable", 503)


async def test_the_double_fails_in_the_same_places_whenever_it_runs() -> None:
    async def states(seed: int) -> list[str]:
        payments = DemoPayments(Trouble(seed=seed, away=0.3, later=0.3, refused=0.3))
        seen = []
        for number in range(40):
            try:
                seen.append((await payments.refund(replace(ORDER, key=f"k{number}"))).state)
            except DomainError as error:
                seen.append(error.code)
        return seen

    assert await states(1) == await states(1) != await states(2)
    assert set(await states(1)) == {"done", "pending", "partial", "failed", "payments_unavailable"}


# ---- what only happens on a wire


async def test_an_answer_that_was_lost_is_asked_for_again_and_paid_once() -> None:
    double, calls = DemoPayments(), []

    async def lose_the_first(request: Request) -> HTTPResponse | None:
        calls.append(request.headers["idempotency-key"])
        if len(calls) == 1:
            await double.refund(ORDER)  # it was paid …
            return json({}, 502)  # … but the answer did not arrive
        return None

    async with served(platform(payments=double, before=lose_the_first)) as url, httpx.AsyncClient() as client:
        found = await HttpPayments(f"{url}/api", SECRET, client).refund(ORDER)
    assert found == await DemoPayments().refund(ORDER)
    assert calls == [ORDER.key, ORDER.key]


class Saying(DemoPayments):
    """A service that says something else than it was asked."""

    def __init__(self, key: str, *parts: PaidPart) -> None:
        super().__init__()
        self.answer = Refund(key, parts)

    async def refund(self, order: RefundOrder) -> Refund:
        return self.answer


ALI = PaidPart(method="支付宝", amount_fen=19400, state="done", receipt_no="RF1")
COUPON = PaidPart(method="平台优惠券", amount_fen=500, state="done", receipt_no="RF2")


@pytest.mark.parametrize(
    "said",
    [
        Saying("AX2:refund", ALI, COUPON),
        Saying(ORDER.key, ALI),
        Saying(ORDER.key, COUPON, ALI),
        Saying(ORDER.key, ALI, COUPON.model_copy(update={"amount_fen": 400})),
        Saying(ORDER.key, ALI, COUPON.model_copy(update={"method": "微信支付"})),
        Saying(ORDER.key, ALI, COUPON.model_copy(update={"receipt_no": ""})),
    ],
)
async def test_an_answer_about_something_else_is_not_believed(said: Saying) -> None:
    async with served(platform(payments=said)) as url, httpx.AsyncClient() as client:
        assert await code(HttpPayments(f"{url}/api", SECRET, client).refund(ORDER)) == (
            "payments_unavailable",
            503,
        )


async def test_a_wrong_secret_pays_nothing() -> None:
    double = DemoPayments()
    async with served(platform(payments=double)) as url, httpx.AsyncClient() as client:
        await code(HttpPayments(f"{url}/api", "another", client).refund(ORDER))
    assert double._orders == {}
