"""One contract for both order clients: the demo's double, and the HTTP client against a service that serves it."""

import asyncio
import hmac
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sanic import Request, Sanic
from sanic.response import HTTPResponse, json

from aftersales.gateways import orders as gateway
from aftersales.gateways.demo_orders import CONSUMERS, DemoOrders
from aftersales.gateways.orders import HttpOrders, Orders
from aftersales.gateways.signing import sign
from kernel.errors import DomainError
from tests.aftersales.conftest import NOW
from tests.aftersales.serving import served

SECRET = "shared between the two"
ODD = "顾客/1?x=2&y#z %"  # what a shop may call a consumer


class WithOddConsumer(DemoOrders):
    """The demo's orders, where one consumer has an id that means something in an address."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self._lines = [
            replace(line, consumer_id=ODD) if line.consumer_id == CONSUMERS[0].id else line
            for line in self._lines
        ]


def platform(source: Orders) -> Sanic[Any, Any]:
    """A platform's order service as `HttpOrders` describes it."""
    app: Sanic[Any, Any] = Sanic(f"platform{time.monotonic_ns()}", configure_logging=False)

    @app.on_request
    async def check(request: Request) -> HTTPResponse | None:
        at = request.headers.get("x-anxin-time", "0")
        expected = sign(SECRET.encode(), at, "GET", request.raw_url.decode())
        if abs(time.time() - int(at)) > 60:
            return json({"error": "old"}, 401)
        if not hmac.compare_digest(expected, request.headers.get("x-anxin-signature", "")):
            return json({"error": "signature"}, 401)
        return None

    @app.get("/api/consumers/<consumer_id:str>/order-lines", unquote=True)
    async def lines(request: Request, consumer_id: str) -> HTTPResponse:
        found = await source.lines_of(consumer_id, request.args.getlist("order_no") or None)
        return json({"lines": [line.to_json() for line in found]})

    @app.get("/api/order-lines/<line_id:str>", unquote=True)
    async def line(_request: Request, line_id: str) -> HTTPResponse:
        found = await source.line(line_id)
        return json({"line": found.to_json()}) if found else json({"error": "unknown"}, 404)

    return app


@pytest.fixture(params=["demo", "http"])
async def orders(request: pytest.FixtureRequest) -> AsyncIterator[Orders]:
    demo = WithOddConsumer()
    if request.param == "demo":
        yield demo
        return
    async with served(platform(demo)) as url, httpx.AsyncClient() as client:
        yield HttpOrders(f"{url}/api/", SECRET, client)


# ---- the contract


async def test_a_consumers_lines_come_newest_first(orders: Orders) -> None:
    lines = await orders.lines_of(CONSUMERS[1].id)
    assert len(lines) >= 4
    assert [line.ordered_at for line in lines] == sorted((line.ordered_at for line in lines), reverse=True)
    assert {line.consumer_id for line in lines} == {CONSUMERS[1].id}


async def test_an_unknown_consumer_has_no_lines(orders: Orders) -> None:
    assert await orders.lines_of("u_nobody") == []


async def test_order_numbers_limit_the_lines(orders: Orders) -> None:
    every = await orders.lines_of(CONSUMERS[2].id)
    wanted = [every[1].order_no, every[3].order_no]
    assert [line.order_no for line in await orders.lines_of(CONSUMERS[2].id, wanted)] == wanted
    assert await orders.lines_of(CONSUMERS[2].id, ["339999999999999999"]) == []
    assert await orders.lines_of(CONSUMERS[2].id, []) == []


async def test_anothers_order_number_shows_nothing_of_it(orders: Orders) -> None:
    other = (await orders.lines_of(CONSUMERS[3].id))[0]
    assert await orders.lines_of(CONSUMERS[2].id, [other.order_no]) == []


async def test_all_lines_of_one_order_come_together(orders: Orders) -> None:
    lines = await orders.lines_of(CONSUMERS[7].id)
    double = next(line for line in lines if line.line_no == 2)
    found = await orders.lines_of(CONSUMERS[7].id, [double.order_no])
    assert {line.line_no for line in found} == {1, 2}


async def test_one_line_is_found_by_its_id_and_is_the_same_line(orders: Orders) -> None:
    for line in await orders.lines_of(CONSUMERS[4].id):
        found = await orders.line(line.line_id)
        assert found is not None
        assert found.to_json() == line.to_json()


@pytest.mark.parametrize("line_id", ["331-1", "none", "../consumers", "a b/c?d"])
async def test_an_unknown_line_is_none(orders: Orders, line_id: str) -> None:
    assert await orders.line(line_id) is None


async def test_an_id_that_means_something_in_an_address_is_only_an_id(orders: Orders) -> None:
    assert {line.consumer_id for line in await orders.lines_of(ODD)} == {ODD}
    assert await orders.lines_of(f"{CONSUMERS[1].id}/order-lines?") == []


# ---- the HTTP client alone


async def unavailable(coming: Any) -> None:
    with pytest.raises(DomainError) as caught:
        await coming
    assert (caught.value.code, caught.value.status) == ("orders_unavailable", 503)
    assert caught.value.message == "订单服务暂时连不上，请稍后再试"


async def test_a_wrong_secret_is_refused_by_the_platform() -> None:
    async with served(platform(DemoOrders(NOW))) as url, httpx.AsyncClient() as client:
        await unavailable(HttpOrders(f"{url}/api", "another", client).lines_of(CONSUMERS[0].id))


async def test_an_unreachable_service_is_said_to_be_unreachable() -> None:
    async with httpx.AsyncClient() as client:
        orders = HttpOrders("http://127.0.0.1:9", SECRET, client)
        await unavailable(orders.lines_of("u_1"))
        await unavailable(orders.line("331-1"))


async def test_a_slow_service_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "TIMEOUT_SECONDS", 0.1)
    app: Sanic[Any, Any] = Sanic("slow_platform", configure_logging=False)

    @app.get("/<path:path>")
    async def slow(_request: Request, path: str) -> HTTPResponse:
        await asyncio.sleep(1)
        return json({"lines": [], "path": path})

    async with served(app) as url, httpx.AsyncClient() as client:
        began = time.monotonic()
        await unavailable(HttpOrders(url, SECRET, client).lines_of("u_1"))
        assert time.monotonic() - began < 0.9


def answering(status: int, content: bytes) -> HttpOrders:
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, content=content))
    return HttpOrders("http://platform", SECRET, httpx.AsyncClient(transport=transport))


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (500, b"{}"),
        (302, b"{}"),
        (404, b'{"error": "no such path"}'),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"null"),
        (200, b'{"lines": null}'),
        (200, b'{"lines": [{"order_no": "1"}]}'),
        (200, b'{"orders": []}'),
    ],
)
async def test_an_answer_of_another_shape_is_no_empty_list(status: int, content: bytes) -> None:
    await unavailable(answering(status, content).lines_of("u_1"))


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"line": 5}', b'{"line": {"order_no": "1"}}'])
async def test_a_line_of_another_shape_is_no_line(content: bytes) -> None:
    await unavailable(answering(200, content).line("331-1"))


async def test_the_platform_may_say_null_or_404_for_an_unknown_line() -> None:
    assert await answering(200, b'{"line": null}').line("331-1") is None
    assert await answering(404, b"").line("331-1") is None


async def test_the_signature_covers_time_path_and_query() -> None:
    seen: list[httpx.Request] = []

    def remember(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"lines": []})

    client = httpx.AsyncClient(transport=httpx.MockTransport(remember))
    await HttpOrders("http://platform/v2/", SECRET, client).lines_of("u_1", ["331", "332"])
    at = seen[0].headers["x-anxin-time"]
    assert abs(int(at) - time.time()) < 5
    assert seen[0].url.raw_path == b"/v2/consumers/u_1/order-lines?order_no=331&order_no=332"
    signature = sign(SECRET.encode(), at, "GET", seen[0].url.raw_path.decode())
    assert seen[0].headers["x-anxin-signature"] == signature
    assert signature != sign(
        SECRET.encode(), at, "GET", "/v2/consumers/u_2/order-lines?order_no=331&order_no=332"
    )
