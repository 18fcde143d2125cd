"""Refunds along the order's original payment route; the demo's double ships, a platform puts its own in its place."""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from kernel.errors import DomainError


@dataclass(frozen=True)
class Receipt:
    """The provider's proof of one refund."""

    receipt_no: str
    order_no: str
    amount_fen: int


class Payments(Protocol):
    async def refund(self, order_no: str, amount_fen: int, idempotency_key: str) -> Receipt:
        """Refunds once for a key; the same key again returns the first receipt.

        Raises `refund_conflict` (409) when the key was used for another order or amount, `payments_unavailable` (503).
        """
        ...


class DemoPayments:
    """Refunds at once; the number is made from the key, so a repeat returns the same one after a restart too."""

    def __init__(self) -> None:
        self._done: dict[str, Receipt] = {}

    async def refund(self, order_no: str, amount_fen: int, idempotency_key: str) -> Receipt:
        if amount_fen <= 0:
            raise DomainError("bad_amount", "退款金额应大于 0", 422)
        number = int(hashlib.sha256(idempotency_key.encode()).hexdigest()[:15], 16) % 10**14
        receipt = Receipt(f"RF{number:014d}", order_no, amount_fen)
        first = self._done.setdefault(idempotency_key, receipt)
        if first != receipt:
            raise DomainError("refund_conflict", "这笔退款已经办过，金额或订单不一致", 409)
        return first
