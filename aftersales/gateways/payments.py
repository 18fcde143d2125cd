"""Refunds along the order's original payment route; the demo's double ships, a platform puts its own in its place."""

import hashlib
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Receipt:
    """The provider's proof of one refund."""

    receipt_no: str
    order_no: str
    amount_fen: int


class Payments(Protocol):
    async def refund(self, order_no: str, amount_fen: int, idempotency_key: str) -> Receipt:
        """Refunds once for a key; the same key again returns the first receipt. Raises `payments_unavailable`."""
        ...


class DemoPayments:
    """Refunds at once; the receipt is made from the key, so a repeat returns the same one after a restart too."""

    async def refund(self, order_no: str, amount_fen: int, idempotency_key: str) -> Receipt:
        digest = hashlib.sha256(f"{order_no}:{amount_fen}:{idempotency_key}".encode()).hexdigest()
        return Receipt(f"RF{int(digest[:12], 16) % 10**14:014d}", order_no, amount_fen)
