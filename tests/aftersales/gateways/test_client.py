"""The client towards the platform: signed anew for every try, patient with a hiccup, and quiet while it is down."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sanic import Request
from sanic.response import HTTPResponse, json

from aftersales.gateways import client as module
from aftersales.gateways.client import FAILURES_BEFORE_OPEN, SignedClient
from aftersales.gateways.signing import TOLERANCE_SECONDS, is_signed, sign
from kernel.errors import DomainError
from tests.aftersales.gateways.platform import SECRET, platform
from tests.aftersales.serving import served

Answer = Callable[[int], httpx.Response]


def asking(answer: Answer, **given_: float) -> tuple[SignedClient, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer(len(seen))

    http = httpx.AsyncClient(transport=httpx.MockTransport(reply))
    return SignedClient("orders", "连不上", "http://platform", SECRET, http, **given_), seen  # type: ignore[arg-type]


async def away(client: SignedClient) -> None:
    with pytest.raises(DomainError) as caught:
        await client.send("GET", "/x")
    assert (caught.value.code, caught.value.status, caught.value.message) == (
        "orders_unavailable",
        503,
        "连不上",
    )


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_hiccup_is_tried_again(status: int) -> None:
    client, seen = asking(lambda nth: httpx.Response(status if nth < 3 else 200, json={"ok": 1}))
    assert (await client.send("GET", "/x")).status_code == 200
    assert len(seen) == 3


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 404, 409, 410, 422])
async def test_an_answer_is_an_answer(status: int) -> None:
    client, seen = asking(lambda _nth: httpx.Response(status))
    assert (await client.send("POST", "/x", body={})).status_code == status
    assert len(seen) == 1


async def test_after_some_failures_the_service_is_left_alone_and_then_asked_again() -> None:
    up = False
    client, seen = asking(lambda _nth: httpx.Response(200 if up else 503), attempts=1, open_seconds=0.3)
    for _ in range(FAILURES_BEFORE_OPEN):
        await away(client)
    for _ in range(20):
        await away(client)
    assert len(seen) == FAILURES_BEFORE_OPEN  # the last twenty were answered without asking
    await asyncio.sleep(0.35)
    await away(client)  # one request finds out that it is still down
    await away(client)
    assert len(seen) == FAILURES_BEFORE_OPEN + 1
    await asyncio.sleep(0.35)
    up = True
    assert [(await client.send("GET", "/x")).status_code for _ in range(3)] == [200, 200, 200]


async def test_refusals_do_not_open_the_circuit() -> None:
    client, seen = asking(lambda _nth: httpx.Response(422))
    for _ in range(3 * FAILURES_BEFORE_OPEN):
        await client.send("POST", "/x", body={})
    assert len(seen) == 3 * FAILURES_BEFORE_OPEN


async def test_a_caller_that_goes_away_says_nothing_about_the_service() -> None:
    async def slow(_request: Request) -> HTTPResponse:
        await asyncio.sleep(0.2)
        return json({})

    async with served(platform(before=slow)) as url, httpx.AsyncClient() as http:
        client = SignedClient("orders", "连不上", url, SECRET, http)
        for _ in range(2 * FAILURES_BEFORE_OPEN):
            task = asyncio.create_task(client.send("GET", "/x"))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert (await client.send("GET", "/x")).status_code == 200


async def test_every_try_has_its_own_time_and_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter((1_800_000_000, 1_800_000_002))
    monkeypatch.setattr(module, "utcnow", lambda: datetime.fromtimestamp(next(seconds), UTC))
    client, seen = asking(lambda nth: httpx.Response(503 if nth == 1 else 200))
    await client.send("POST", "/x?y=1", body={"a": "您"})
    assert [request.headers["x-anxin-time"] for request in seen] == ["1800000000", "1800000002"]
    for request in seen:
        at, given_ = request.headers["x-anxin-time"], request.headers["x-anxin-signature"]
        assert is_signed(SECRET.encode(), given_, at, int(at), "POST", "/x?y=1", request.content)


async def test_a_dead_port_is_unavailable_within_the_time_of_a_turn() -> None:
    async with httpx.AsyncClient() as http:
        began = time.monotonic()
        await away(SignedClient("orders", "连不上", "http://127.0.0.1:9", SECRET, http))
        assert time.monotonic() - began < 3


@given(
    st.binary(min_size=1),
    st.integers(0, 2**40),
    st.sampled_from(["GET", "POST"]),
    st.text(),
    st.binary(),
    st.data(),
)
def test_a_signature_fits_one_request_only(
    secret: bytes, at: int, method: str, path: str, body: bytes, data: st.DataObject
) -> None:
    signature = sign(secret, str(at), method, path, body)
    assert is_signed(secret, signature, str(at), at, method, path, body)
    assert not is_signed(secret, signature, str(at), at, method, path, body + b"x")
    assert not is_signed(secret, signature, str(at), at, method, path + "x", body)
    assert not is_signed(secret + b"x", signature, str(at), at, method, path, body)
    assert not is_signed(secret, signature, str(at + 1), at, method, path, body)
    late = at + data.draw(st.integers(TOLERANCE_SECONDS + 1, 10**6))
    assert not is_signed(secret, signature, str(at), late, method, path, body)
