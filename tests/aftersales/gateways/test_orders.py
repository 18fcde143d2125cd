"""One contract for orders: the demo's double and the HTTP client pass the same tests."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from aftersales.core.order import OrderLine
from aftersales.core.times import parsed
from aftersales.gateways.demo_orders import CONSUMERS, MERCHANTS, DemoOrders
from aftersales.gateways.orders import HttpOrders, Orders
from aftersales.gateways.signing import sign
from kernel.errors import DomainError

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
SECRET = "between the platform and us"


class Platform(httpx.AsyncBaseTransport):
    """A platform's order service: checks the signature and serves the demo's orders."""

    def __init__(self) -> None:
        self.orders = DemoOrders(NOW)
        self.down = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("refused")
        at, path = request.headers["X-Anxin-Time"], request.url.raw_path.decode()
        if request.headers["X-Anxin-Signature"] != sign(SECRET.encode(), at, "GET", path):
            return httpx.Response(401)
        parts = request.url.path.strip("/").split("/")
        if parts[0] == "merchants":
            since, until = (parsed(request.url.params[name]) for name in ("since", "until"))
            return httpx.Response(200, json={"count": await self.orders.count_paid(parts[1], since, until)})
        if parts[0] == "consumers":
            numbers = request.url.params.get_list("order_no") or None
            lines = await self.orders.lines_of(parts[1], numbers)
            return httpx.Response(200, json={"lines": [line.to_json() for line in lines]})
        line = await self.orders.line(parts[1])
        return httpx.Response(200, json={"line": line.to_json() if line else None})


@pytest.fixture(params=["demo", "http"])
async def orders(request: pytest.FixtureRequest) -> AsyncIterator[Orders]:
    if request.param == "demo":
        yield DemoOrders(NOW)
        return
    async with httpx.AsyncClient(base_url="http://platform", transport=Platform()) as client:
        yield HttpOrders("http://platform", SECRET, client)


async def test_a_consumers_lines_come_newest_first(orders: Orders) -> None:
    lines = await orders.lines_of(CONSUMERS[0].id)
    assert len(lines) >= 4
    assert [line.ordered_at for line in lines] == sorted((line.ordered_at for line in lines), reverse=True)
    assert {line.consumer_id for line in lines} == {CONSUMERS[0].id}


async def test_a_merchants_paid_orders_are_counted_within_the_time(orders: Orders) -> None:
    month = await orders.count_paid(MERCHANTS[0].id, NOW - timedelta(days=30), NOW)
    assert 3 <= month < 20
    assert await orders.count_paid(MERCHANTS[0].id, NOW - timedelta(days=999), NOW) > month
    assert await orders.count_paid("m_nobody", NOW - timedelta(days=30), NOW) == 0


async def test_a_token_for_some_orders_shows_only_those(orders: Orders) -> None:
    every = await orders.lines_of(CONSUMERS[1].id)
    some = await orders.lines_of(CONSUMERS[1].id, [every[0].order_no])
    assert some == [every[0]]
    assert await orders.lines_of(CONSUMERS[1].id, []) == []
    assert await orders.lines_of("nobody") == []


async def test_a_line_is_found_by_its_id_and_is_the_same_value(orders: Orders) -> None:
    line = (await orders.lines_of(CONSUMERS[2].id))[0]
    assert await orders.line(line.line_id) == line
    assert OrderLine.from_json(line.to_json()) == line
    assert await orders.line("no-such-line") is None


@pytest.mark.parametrize("breaks", ["down", "secret"])
async def test_when_the_platform_cannot_be_asked_the_refusal_is_clear(breaks: str) -> None:
    platform = Platform()
    platform.down = breaks == "down"
    async with httpx.AsyncClient(base_url="http://platform", transport=platform) as client:
        with pytest.raises(DomainError) as refusal:
            await HttpOrders("http://platform", "wrong" if breaks == "secret" else SECRET, client).lines_of(
                "u_1001"
            )
    assert (refusal.value.code, refusal.value.status) == ("orders_unavailable", 503)


def test_the_demo_has_every_age_that_a_deadline_distinguishes() -> None:
    lines = DemoOrders(NOW)._lines
    assert len(lines) == 40
    assert {line.merchant_id for line in lines} == {merchant.id for merchant in MERCHANTS}
    assert {line.status for line in lines} == {"paid", "shipped", "signed", "finished"}
    ages = sorted((NOW - line.signed_at).days for line in lines if line.signed_at)
    for low, high in ((0, 1), (1, 7), (7, 8), (8, 15), (15, 180), (360, 500)):
        assert any(low <= age <= high for age in ages)
    assert [line for line in DemoOrders(NOW)._lines] == lines
