"""Money to consumers: refunds along the order's original payment route, and compensation.

The demo's double ships; a platform puts its own service in its place. Both keep the contract of `Payments`.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from aftersales.core.refund import RefundPart
from aftersales.gateways.client import SignedClient
from aftersales.gateways.trouble import CALM, Trouble
from kernel.errors import DomainError

TIMEOUT_SECONDS = 5.0
PartState = Literal["done", "pending", "failed"]


@dataclass(frozen=True)
class RefundOrder:
    """What is to be paid. `kind`: a `refund` goes back the way it came, a `compensation` is paid on top of it."""

    key: str
    kind: Literal["refund", "compensation"]
    order_no: str
    consumer_id: str
    parts: tuple[RefundPart, ...]

    @property
    def amount_fen(self) -> int:
        return sum(part.amount_fen for part in self.parts)


class PaidPart(BaseModel):
    """What became of one part; `receipt_no` is the provider's proof and is there when it is done."""

    model_config = ConfigDict(frozen=True)

    method: str
    amount_fen: int
    state: PartState
    receipt_no: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Refund:
    """How a refund stands."""

    key: str
    parts: tuple[PaidPart, ...]

    @property
    def state(self) -> Literal["done", "pending", "partial", "failed"]:
        """`done` when every part is; `pending` while one may still come; `partial` when some came and others failed."""
        states = {part.state for part in self.parts}
        if states == {"done"}:
            return "done"
        if "pending" in states:
            return "pending"
        return "partial" if "done" in states else "failed"


class Payments(Protocol):
    """What we ask of a payment service."""

    async def refund(self, order: RefundOrder) -> Refund:
        """Pays every part once for the order's key. The same key again says how it stands, tries the parts again that
        failed, and pays nothing twice.

        Raises `refund_conflict` (409) when the key was used for something else, `refund_refused` (422),
        `payments_unavailable` (503).
        """
        ...

    async def close(self) -> None:
        """Lets go of its connections."""
        ...


class DemoPayments:
    """Pays at once, unless its `trouble` says otherwise. Receipts are made from the key, so that a repeat after a
    restart returns the same ones."""

    def __init__(self, trouble: Trouble = CALM) -> None:
        self._trouble = trouble
        self._orders: dict[str, RefundOrder] = {}
        self._calls: dict[str, int] = {}

    async def refund(self, order: RefundOrder) -> Refund:
        if not order.parts or any(part.amount_fen <= 0 for part in order.parts):
            raise DomainError("refund_refused", "退款金额应大于 0", 422)
        call = self._calls[order.key] = self._calls.get(order.key, 0) + 1
        await self._trouble.delay(order.key, call)
        if self._trouble.draw("away", order.key, call) < self._trouble.away:
            raise unavailable()
        if self._orders.setdefault(order.key, order) != order:
            raise conflict()
        return Refund(order.key, tuple(self._part(order, part, call) for part in order.parts))

    def _part(self, order: RefundOrder, part: RefundPart, call: int) -> PaidPart:
        if call == 1 and self._trouble.draw("refused", order.key, part.method) < self._trouble.refused:
            return PaidPart(
                method=part.method, amount_fen=part.amount_fen, state="failed", reason="渠道暂时拒绝"
            )
        if call <= 2 and self._trouble.draw("later", order.key, part.method) < self._trouble.later:
            return PaidPart(method=part.method, amount_fen=part.amount_fen, state="pending")
        number = int(hashlib.sha256(f"{order.key}\n{part.method}".encode()).hexdigest()[:15], 16) % 10**14
        return PaidPart(
            method=part.method, amount_fen=part.amount_fen, state="done", receipt_no=f"RF{number:014d}"
        )

    async def close(self) -> None:
        pass


class _Answer(BaseModel):
    key: str
    parts: tuple[PaidPart, ...]


class HttpPayments:
    """The platform's own payment service.

    `POST {base}/refunds` with `{key, kind, order_no, consumer_id, parts: [{method, amount_fen}]}` and the header
    `Idempotency-Key` answers `{key, parts: [{method, amount_fen, state: done|pending|failed, receipt_no, reason}]}`,
    the parts in the order asked. 409: the key was used for something else; 422: refused. Every request is signed, see
    `signing`. An answer about another key, method or amount, or a done part without a receipt, is not believed.
    """

    def __init__(self, base_url: str, secret: str, client: httpx.AsyncClient | None = None) -> None:
        self._client = SignedClient(
            "payments", unavailable().message, base_url, secret, client, timeout_seconds=TIMEOUT_SECONDS
        )

    async def close(self) -> None:
        await self._client.close()

    async def refund(self, order: RefundOrder) -> Refund:
        parts = [{"method": part.method, "amount_fen": part.amount_fen} for part in order.parts]
        body: dict[str, Any] = {
            "key": order.key,
            "kind": order.kind,
            "order_no": order.order_no,
            "consumer_id": order.consumer_id,
            "parts": parts,
        }
        answer = await self._client.send(
            "POST", "/refunds", body=body, headers={"idempotency-key": order.key}
        )
        if answer.status_code == 409:
            raise conflict()
        if answer.status_code == 422:
            raise DomainError("refund_refused", "支付服务拒绝了这笔退款", 422)
        try:
            found = _Answer.model_validate(self._client.value(answer))
        except ValidationError as error:
            raise self._client.unavailable() from error
        said = [{"method": part.method, "amount_fen": part.amount_fen} for part in found.parts]
        proven = all(part.receipt_no for part in found.parts if part.state == "done")
        if found.key != order.key or said != parts or not proven:
            raise self._client.unavailable()
        return Refund(found.key, found.parts)


def conflict() -> DomainError:
    return DomainError("refund_conflict", "这笔退款已经办过，金额或订单不一致", 409)


def unavailable() -> DomainError:
    return DomainError("payments_unavailable", "支付服务暂时连不上，请稍后再试", 503)
