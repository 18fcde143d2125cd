"""七天无理由 and warranty, from the order line: an answer with its reason and clause."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aftersales.core.order import OrderLine
from aftersales.core.rulebook import Rulebook
from aftersales.core.times import months_later, next_midnight


@dataclass(frozen=True)
class Eligible:
    """Yes, until `until`; at that moment it is over."""

    until: datetime
    reason: str
    clause: str


@dataclass(frozen=True)
class Refused:
    """No, because of `reason`, by `clause`."""

    reason: str
    clause: str


def no_reason_return(line: OrderLine, rulebook: Rulebook, now: datetime) -> Eligible | Refused:
    """Whether the line may be returned without a reason at `now`, the moment of the application.

    The period begins at midnight in Shanghai after the day of receipt and lasts 168 hours (L13). Excluded goods
    are refused only where the consumer's consent at purchase is on record (L03, L09, L11).
    """
    rule = rulebook.no_reason
    if not line.no_reason and line.no_reason_exclusion and line.consent_at:
        return Refused(f"这件商品属于{line.no_reason_exclusion}，下单时已确认不适用七天无理由", rule.clause)
    if line.signed_at is None:
        return Eligible(now + timedelta(hours=rule.hours), "还没有签收，可以申请退款或拒收", rule.clause)
    until = next_midnight(line.signed_at) + timedelta(hours=rule.hours)
    if now < until:
        return Eligible(until, "在七天无理由期限内", rule.clause)
    return Refused("已超过七天无理由期限", rule.clause)


def warranty(line: OrderLine, now: datetime, rulebook: Rulebook | None = None) -> Eligible | Refused:
    """Whether the line is in its warranty at `now`: calendar months from receipt (L18), as its seller promised.

    Without a rulebook the answer carries no clause.
    """
    clause = rulebook.warranty.clause if rulebook else ""
    if not line.warranty_months:
        return Refused("这件商品没有登记保修期", clause)
    if line.signed_at is None:
        return Refused("还没有签收，保修期从签收那天算起", clause)
    until = months_later(line.signed_at, line.warranty_months)
    if now < until:
        return Eligible(until, f"在{line.warranty_months}个月保修期内", clause)
    return Refused(f"已超过{line.warranty_months}个月保修期", clause)
