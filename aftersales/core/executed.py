"""What happened while an agreement was carried out, and how it is proven."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aftersales.core.money import yuan

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)


@dataclass(frozen=True)
class RefundSettled:
    """Every part of a refund or compensation is paid; `proof` names the provider's receipts."""

    ticket_id: str
    key: str
    kind: str
    amount_fen: int
    proof: str
    at: datetime


@dataclass(frozen=True)
class RefundFailed:
    """A refund was tried as often as makes sense; a person has to look at it."""

    ticket_id: str
    key: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class ParcelSigned:
    """A parcel of a ticket (`kind`: return, exchange, reship, repair) was signed for."""

    ticket_id: str
    kind: str
    carrier: str
    waybill_no: str
    signed_at: datetime
    at: datetime


def pause_after(attempts: int) -> timedelta:
    """How long to wait after the nth failure: 10 seconds doubled, at most an hour."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(max(attempts, 1) - 1, 16))


def receipts_text(parts: Sequence[dict[str, Any]]) -> str:
    """退款流水号 RF1、RF2，金额 199.00 元: the proof of a refund that is done."""
    numbers = "、".join(part["receipt_no"] for part in parts)
    return f"退款流水号 {numbers}，金额 {yuan(sum(part['amount_fen'] for part in parts))} 元"
