"""An order line: what was bought, from whom, for how much, and where it is."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from kernel.times import wire_time


@dataclass(frozen=True)
class PaymentPart:
    method: str
    paid_fen: int


@dataclass(frozen=True)
class OrderLine:
    """One article of one order; money in 分, times aware UTC."""

    order_no: str
    line_no: int
    consumer_id: str
    merchant_id: str
    merchant_name: str
    sku: str
    title: str
    category: str
    spec: dict[str, str]
    quantity: int
    paid_fen: int
    list_fen: int
    payment: tuple[PaymentPart, ...]
    image_url: str
    status: str  # paid | shipped | signed | finished
    ordered_at: datetime
    shipped_at: datetime | None = None
    signed_at: datetime | None = None
    carrier: str | None = None
    waybill_no: str | None = None
    no_reason: bool = True
    no_reason_exclusion: str | None = None
    consent_at: datetime | None = None
    gifts: tuple[str, ...] = ()
    warranty_months: int | None = None
    receiver_masked: str = ""
    line_id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "line_id", f"{self.order_no}-{self.line_no}")

    def to_json(self) -> dict[str, Any]:
        value = asdict(self)
        for name in ("ordered_at", "shipped_at", "signed_at", "consent_at"):
            value[name] = wire_time(value[name]) if value[name] else None
        return value

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "OrderLine":
        """The line that `to_json` made; raises ValueError or KeyError for anything else."""
        given: dict[str, Any] = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
        given.pop("line_id", None)
        for name in ("ordered_at", "shipped_at", "signed_at", "consent_at"):
            if given.get(name):
                given[name] = datetime.fromisoformat(given[name])
        given["payment"] = tuple(PaymentPart(**part) for part in given.get("payment") or ())
        given["gifts"] = tuple(given.get("gifts") or ())
        return cls(**given)
