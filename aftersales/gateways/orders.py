"""The platform's orders, behind one small contract: the demo's double and the HTTP client pass the same tests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import quote

import httpx

from aftersales.core.order import OrderLine
from aftersales.gateways.client import SignedClient
from kernel.times import wire_time

TIMEOUT_SECONDS = 3.0


class Orders(Protocol):
    """What we ask of an order service."""

    async def lines_of(self, consumer_id: str, order_nos: Sequence[str] | None = None) -> list[OrderLine]:
        """The consumer's order lines, newest first; `order_nos` limits them. Raises `orders_unavailable` (503)."""
        ...

    async def line(self, line_id: str) -> OrderLine | None:
        """One line, or None. Raises `orders_unavailable` (503)."""
        ...

    async def count_paid(self, merchant_id: str, since: datetime, until: datetime) -> int:
        """How many orders of a merchant were paid from `since` to before `until`. Raises `orders_unavailable` (503)."""
        ...

    async def close(self) -> None:
        """Lets go of its connections."""
        ...


class HttpOrders:
    """The platform's own order service.

    `GET {base}/consumers/{consumer_id}/order-lines?order_no=…` answers `{"lines": [OrderLine JSON]}`,
    `GET {base}/order-lines/{line_id}` answers `{"line": OrderLine JSON | null}` (404 means null),
    `GET {base}/merchants/{merchant_id}/paid-orders?since=…&until=…` answers `{"count": n}`. Every request is signed, see `signing`. An answer later than TIMEOUT_SECONDS, or of another shape, is `orders_unavailable`.
    """

    def __init__(self, base_url: str, secret: str, client: httpx.AsyncClient | None = None) -> None:
        said = "订单服务暂时连不上，请稍后再试"
        self._client = SignedClient(
            "orders", said, base_url, secret, client, attempts=2, timeout_seconds=TIMEOUT_SECONDS
        )

    async def close(self) -> None:
        await self._client.close()

    async def lines_of(self, consumer_id: str, order_nos: Sequence[str] | None = None) -> list[OrderLine]:
        if order_nos is not None and not order_nos:
            return []
        answer = await self._client.send(
            "GET",
            f"/consumers/{quote(consumer_id, safe='')}/order-lines",
            params=[("order_no", no) for no in order_nos or ()],
        )
        try:
            lines = [OrderLine.from_json(line) for line in self._client.value(answer)["lines"]]
        except (KeyError, TypeError, ValueError) as error:
            raise self._client.unavailable() from error
        return sorted(lines, key=lambda line: line.ordered_at, reverse=True)

    async def line(self, line_id: str) -> OrderLine | None:
        answer = await self._client.send("GET", f"/order-lines/{quote(line_id, safe='')}")
        if answer.status_code == 404:
            return None
        value = self._client.value(answer)
        try:
            return OrderLine.from_json(value["line"]) if value["line"] else None
        except (KeyError, TypeError, ValueError) as error:
            raise self._client.unavailable() from error

    async def count_paid(self, merchant_id: str, since: datetime, until: datetime) -> int:
        answer = await self._client.send(
            "GET",
            f"/merchants/{quote(merchant_id, safe='')}/paid-orders",
            params=[("since", wire_time(since)), ("until", wire_time(until))],
        )
        try:
            count = self._client.value(answer)["count"]
        except (KeyError, TypeError) as error:
            raise self._client.unavailable() from error
        if type(count) is not int or count < 0:
            raise self._client.unavailable()
        return count
