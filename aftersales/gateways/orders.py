"""The platform's orders, behind one small contract: the demo's double and the HTTP client pass the same tests."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from aftersales.core.order import OrderLine
from kernel.clock import utcnow
from kernel.errors import DomainError

TIMEOUT_SECONDS = 3.0


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
    `GET {base}/order-lines/{line_id}` answers `{"line": OrderLine JSON | null}` (404 means null). Every request
    carries `X-Anxin-Time` (Unix seconds) and `X-Anxin-Signature`: the hex HMAC-SHA256 of "time\\npath?query" under
    the secret, with the path as it is on the wire. An answer later than TIMEOUT_SECONDS, or of another shape, is
    `orders_unavailable`.
    """

    def __init__(self, base_url: str, secret: str, client: httpx.AsyncClient | None = None) -> None:
        self._base = base_url.rstrip("/")
        self._client = client or httpx.AsyncClient()
        self._secret = secret.encode()

    async def lines_of(self, consumer_id: str, order_nos: Sequence[str] | None = None) -> list[OrderLine]:
        if order_nos is not None and not order_nos:
            return []
        answer = await self._get(
            f"/consumers/{quote(consumer_id, safe='')}/order-lines",
            [("order_no", no) for no in order_nos or ()],
        )
        try:
            lines = [OrderLine.from_json(line) for line in answer["lines"]]
        except (KeyError, TypeError, ValueError) as error:
            raise _unavailable() from error
        return sorted(lines, key=lambda line: line.ordered_at, reverse=True)

    async def line(self, line_id: str) -> OrderLine | None:
        answer = await self._get(f"/order-lines/{quote(line_id, safe='')}", [], missing={"line": None})
        try:
            return OrderLine.from_json(answer["line"]) if answer["line"] else None
        except (KeyError, TypeError, ValueError) as error:
            raise _unavailable() from error

    async def _get(self, path: str, params: list[tuple[str, Any]], missing: Any = None) -> Any:
        """The JSON of the answer; `missing` for a 404 where the service may know no such thing."""
        request = self._client.build_request(
            "GET", self._base + path, params=httpx.QueryParams(params), timeout=TIMEOUT_SECONDS
        )
        now = str(int(utcnow().timestamp()))
        request.headers["X-Anxin-Time"] = now
        request.headers["X-Anxin-Signature"] = sign(self._secret, now, request.url.raw_path.decode())
        try:
            answer = await self._client.send(request)
            if answer.status_code == 404 and missing is not None:
                return missing
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise _unavailable() from error


def sign(secret: bytes, at: str, path: str) -> str:
    """The signature of one request."""
    return hmac.new(secret, f"{at}\n{path}".encode(), hashlib.sha256).hexdigest()


def _unavailable() -> DomainError:
    return DomainError("orders_unavailable", "订单服务暂时连不上，请稍后再试", 503)
