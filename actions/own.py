"""What a consumer's own order, and the rules read for it, say on a question: one sentence, or nothing. Pure.

Only what is verified is told: a rule that is a default of ours has no clause, and is left out (domain-rules).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from actions import orders, say
from aftersales.core.eligibility import Eligible, Entitlements, Finding, Verdict, entitlements
from aftersales.core.order import OrderLine, Promise
from aftersales.core.rulebook import Rulebook

Line = dict[str, Any]
MOST_DAYS = 31  # days left that are worth counting
NO_REASON = (
    "how_to_return", "can_i_return", "return_deadline", "opened_return", "excluded_goods", "partial_return",
    "price_drop", "cancel_failed", "refuse_parcel",
)  # fmt: skip
QUALITY = ("damaged_after_signing", "how_to_exchange", "factory_vs_seller_repair")
PROOF = ("inspection_report",)
WARRANTY = ("warranty_period", "repair_apply", "repair_cost", "warranty_card", "repair_where")
PARCEL = ("cancel_order", "change_address", "change_phone", "change_delivery_time", "merge_orders")
FREIGHT = ("who_pays_freight", "freight_insurance")
INTACT = ("return_packaging", "return_accessories")
ROUTE = ("refund_route", "installment_refund", "gift_card_refund", "points_return", "coupon_return")
MONEY = ("refund_time_rule", "invoice_apply", "invoice_type", "invoice_content")
TICKETS = (
    "service_ticket_progress", "exchange_progress", "reship_progress", "repair_progress", "application_rejected",
    "platform_intervention", "change_application", "refund_cancel_application", "return_waybill_fill",
    "return_address", "pickup_time", "pickup_change",
)  # fmt: skip


def own(
    topic: str | None,
    line: Line | None,
    tickets: Sequence[dict[str, Any]],
    rulebook: Rulebook,
    now: datetime,
    sub_type: str | None = None,
) -> str:
    """The sentence on the topic, with its clause; empty where the order says nothing to it.

    `sub_type` is that of the case under way: then its own freight and its own period are told.
    """
    if topic in TICKETS:
        return _ticket(tickets, line)
    if line is None or topic is None:
        return ""
    if topic in PARCEL:
        return orders.parcel_state(line)
    order = OrderLine.from_json(line)
    answer = entitlements(order, rulebook, now, sub_type=sub_type)
    issue = rulebook.issues.get(sub_type or "")
    if (
        issue
        and issue.freight == "merchant"
        and topic in ("can_i_return", "return_deadline", "how_to_return")
    ):
        topic = "damaged_after_signing"  # a fault has its own period, and its own freight
    for topics, tell in _TELL.items():
        if topic in topics and (said := tell(order, answer, now)):
            return f"{say.goods(line)}{said}。"
    return ""


def _verdict(verdict: Verdict, now: datetime) -> str:
    if not verdict.clause:
        return ""
    if isinstance(verdict, Eligible) and verdict.until:
        left = max(1, -((now - verdict.until) // timedelta(days=1)))
        rest = f"，还有{left}天" if left <= MOST_DAYS else ""
        return f"{verdict.reason}，到{say.day(verdict.until, now)}{rest}（{verdict.clause}）"
    return f"{verdict.reason}（{verdict.clause}）"


def _finding(one: Finding) -> str:
    return f"{one.reason}（{one.rule.clause}）" if one.rule.clause else ""


def _freight(order: OrderLine, answer: Entitlements, now: datetime) -> str:
    """For this order without a reason; the rule's sentence says the rest."""
    without = next((one for one in answer.freight if one.about == "no_reason"), answer.freight[0])
    return _finding(without)


def _intact(order: OrderLine, answer: Entitlements, now: datetime) -> str:
    gifts = f"；赠品{'、'.join(order.gifts)}也要一起退" if order.gifts else ""
    clause = f"（{answer.intact_rule.clause}）" if answer.intact_rule.clause else ""
    return f"退货要求是：{answer.intact}{gifts}{clause}"


def _gifts(order: OrderLine, answer: Entitlements, now: datetime) -> str:
    return f"带的赠品是{'、'.join(order.gifts)}" if order.gifts else "没有登记赠品"


def _route(order: OrderLine, answer: Entitlements, now: datetime) -> str:
    if not order.payment:
        return ""
    parts = "、".join(f"{part.method}{say.yuan(part.paid_fen)}" for part in order.payment)
    return f"是用{parts}付的"


def _money(order: OrderLine, answer: Entitlements, now: datetime) -> str:
    return f"实付{say.yuan(order.paid_fen)}"


def _promises(order: OrderLine, answer: Entitlements, now: datetime) -> str:
    held = _promise(order, "price_protection_days")
    if held is None or not held.value:
        return "下单时的页面没有价保承诺"
    until = order.ordered_at + timedelta(days=held.value)
    state = "还在价保期内" if now < until else "价保期已过"
    return f"下单时商家承诺{held.text}，到{say.day(until, now)}，{state}"


def _fake_pay(order: OrderLine, answer: Entitlements, now: datetime) -> str:
    promised = _promise(order, "fake_pay") or _promise(order, "spoiled_pays")
    return f"下单时商家承诺{promised.text}" if promised else ""


def _seller(order: OrderLine, answer: Entitlements, now: datetime) -> str:
    return f"的商家是{order.merchant_name}" if order.merchant_name else ""


def _order(order: OrderLine, answer: Entitlements, now: datetime) -> str:
    return f"的订单号是{order.order_no}，{say.moment(order.ordered_at)}下单"


def _proof(order: OrderLine, answer: Entitlements, now: datetime) -> str:
    return _verdict(answer.durable, now) if isinstance(answer.durable, Eligible) else ""


def _quality(order: OrderLine, answer: Entitlements, now: datetime) -> str:
    return _verdict(answer.quality_return, now)


def _ticket(tickets: Sequence[dict[str, Any]], line: Line | None) -> str:
    about = [t for t in tickets if line and (t.get("order") or {}).get("line_id") == line["line_id"]]
    ticket = next(iter(about or tickets), None)
    if ticket is None:
        return ""
    return f"工单 {ticket['id']}（{ticket['issue_label']}）现在是「{ticket['status_label']}」，{say.next_step(ticket)}。"


def _promise(order: OrderLine, kind: str) -> Promise | None:
    return next((one for one in order.promises if one.kind == kind), None)


_TELL: dict[tuple[str, ...], Callable[[OrderLine, Entitlements, datetime], str]] = {
    ("price_protection_apply", "price_protection_rule", "price_drop"): _promises,
    ("compensation_rule",): _fake_pay,
    NO_REASON: lambda order, answer, now: _verdict(answer.no_reason, now),
    QUALITY: _quality,
    PROOF: _proof,
    WARRANTY: lambda order, answer, now: _verdict(answer.warranty, now),
    FREIGHT: _freight,
    INTACT: _intact,
    ("return_gift",): _gifts,
    ROUTE: _route,
    MONEY: _money,
    ("seller_contact",): _seller,
    ("order_lookup",): _order,
}
