"""An order line: what was bought, from whom, for how much, and where it is."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from aftersales.core import times
from kernel.times import wire_time

_TIMES = ("ordered_at", "shipped_at", "signed_at", "consent_at", "installed_at")
_WHOLE = ("line_no", "quantity", "paid_fen", "list_fen")


@dataclass(frozen=True)
class PaymentPart:
    method: str
    paid_fen: int


@dataclass(frozen=True)
class Promise:
    """What the merchant promised at purchase, as it was shown then. What `kind` means is in `core.eligibility`."""

    kind: str
    text: str
    value: int | None = None


@dataclass(frozen=True)
class OrderLine:
    """One article of one order; money in 分 for the whole line, times aware UTC."""

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
    status: str  # paid 待发货 | shipped 运输中 | signed 已签收 | finished 交易成功
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
    promises: tuple[Promise, ...] = ()
    installed_at: datetime | None = None
    return_to: str = ""  # where its merchant takes returns: address, name and telephone
    line_id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "line_id", f"{self.order_no}-{self.line_no}")

    def to_json(self) -> dict[str, Any]:
        """The line as plain JSON values, with `line_id`; times as on the wire."""
        value = asdict(self)
        for name in _TIMES:
            value[name] = wire_time(value[name]) if value[name] else None
        for name in ("payment", "gifts", "promises"):
            value[name] = list(value[name])
        return value

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "OrderLine":
        """The line that `to_json` made; fields it does not know are passed over. Raises ValueError."""
        try:
            given: dict[str, Any] = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
            given.pop("line_id", None)
            for name in _TIMES:
                if given.get(name):
                    given[name] = times.parsed(given[name])
            if any(type(given.get(name)) is not int for name in _WHOLE):
                raise ValueError(f"whole numbers are expected for {', '.join(_WHOLE)}")
            given["payment"] = tuple(PaymentPart(**part) for part in given.get("payment") or ())
            given["gifts"] = tuple(given.get("gifts") or ())
            given["promises"] = tuple(Promise(**one) for one in given.get("promises") or ())
            return cls(**given)
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"not an order line: {error}") from error
