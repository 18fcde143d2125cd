"""The platform's orders, behind one small contract: the demo's double and the HTTP client pass the same tests."""

import hashlib
import hmac
import time
from collections.abc import Sequence
from typing import Any, Protocol

import httpx

from aftersales.core.order import OrderLine
from kernel.errors import DomainError


class Orders(Protocol):
    """What we ask of an order service."""

    async def lines_of(self, consumer_id: str, order_nos: Sequence[str] | None = None) -> list[OrderLine]:
        """The consumer's order lines, newest first; `order_nos` limits them. Raises `orders_unavailable` (503)."""
        ...

    async def line(self, line_id: str) -> OrderLine | None:
        """One line, or None. Raises `orders_unavailable` (503)."""
        ...


class HttpOrders:
    """The platform's own order service.

    `GET {base}/consumers/{consumer_id}/order-lines?order_no=…` answers `{"lines": [OrderLine JSON]}`,
    `GET {base}/order-lines/{line_id}` answers `{"line": OrderLine JSON | null}`. Every request carries
    `X-Anxin-Time` (Unix seconds) and `X-Anxin-Signature`: the hex HMAC-SHA256 of "time\\npath?query" under the secret.
    """

    def __init__(self, base_url: str, secret: str, client: httpx.AsyncClient | None = None) -> None:
        self._client = client or httpx.AsyncClient(base_url=base_url, timeout=3.0)
        self._secret = secret.encode()

    async def lines_of(self, consumer_id: str, order_nos: Sequence[str] | None = None) -> list[OrderLine]:
        params: list[tuple[str, str | int | float | bool | None]] = [
            ("order_no", number) for number in order_nos or ()
        ]
        if order_nos is not None and not order_nos:
            return []
        answer = await self._get(f"/consumers/{consumer_id}/order-lines", params)
        return [OrderLine.from_json(line) for line in answer["lines"]]

    async def line(self, line_id: str) -> OrderLine | None:
        answer = await self._get(f"/order-lines/{line_id}", [])
        return OrderLine.from_json(answer["line"]) if answer["line"] else None

    async def _get(
        self, path: str, params: list[tuple[str, str | int | float | bool | None]]
    ) -> dict[str, Any]:
        request = self._client.build_request("GET", path, params=httpx.QueryParams(params))
        now = str(int(time.time()))
        request.headers["X-Anxin-Time"] = now
        request.headers["X-Anxin-Signature"] = sign(self._secret, now, request.url.raw_path.decode())
        try:
            answer = await self._client.send(request)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise DomainError("orders_unavailable", "订单服务暂时连不上，请稍后再试", 503) from error
        return found


def sign(secret: bytes, at: str, path: str) -> str:
    """The signature of one request."""
    return hmac.new(secret, f"{at}\n{path}".encode(), hashlib.sha256).hexdigest()
