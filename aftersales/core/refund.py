"""A refund over the parts in which an order line was paid: along the original route, never more than was paid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aftersales.core.money import yuan
from aftersales.core.order import PaymentPart
from kernel.errors import DomainError

ORIGINAL = "原支付方式"  # where the order service does not say how the line was paid


@dataclass(frozen=True)
class RefundPart:
    """Money in 分 that goes back the way it came."""

    method: str
    amount_fen: int


def split(
    amount_fen: int, paid_fen: int, payment: Sequence[PaymentPart], returned: Mapping[str, int] | None = None
) -> tuple[RefundPart, ...]:
    """`amount_fen` over the payment parts, in proportion to what is left of each (L15); sums exactly.

    `returned` is what earlier refunds of the line gave back, by method. Raises DomainError `amount_too_high` (422)
    when more is asked than is left.
    """
    back = dict(returned or {})
    paid: dict[str, int] = {}
    for part in payment or (PaymentPart(ORIGINAL, paid_fen),):
        paid[part.method] = paid.get(part.method, 0) + part.paid_fen
    left = {method: max(0, fen - back.get(method, 0)) for method, fen in paid.items()}
    total = sum(left.values())
    if amount_fen <= 0:
        raise DomainError("bad_amount", "退款金额应大于 0", 422)
    if amount_fen > total:
        raise DomainError(
            "amount_too_high",
            f"这件商品最多还能退 {yuan(total)} 元",
            422,
            left_fen=total,
            asked_fen=amount_fen,
        )
    shares = {method: amount_fen * fen // total for method, fen in left.items()}
    rest = amount_fen - sum(shares.values())
    # The 分 that do not divide go to the largest remainders; no part has less left than its rounded-up share.
    for method in sorted(left, key=lambda name: -(amount_fen * left[name] % total))[:rest]:
        shares[method] += 1
    return tuple(RefundPart(method, fen) for method, fen in shares.items() if fen)
