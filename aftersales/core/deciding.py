"""What the table of decisions grants in a case, what spoiled goods give back, how much compensation is lawful (§1, §4)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aftersales.core.eligibility import Eligible, Entitlements
from aftersales.core.figures import Decision, Punitive
from aftersales.core.money import yuan
from aftersales.core.order import OrderLine
from aftersales.core.rule import Rule
from aftersales.core.rulebook import Rulebook

_GROUPS = {
    "wrong_item": "wrong_item",
    "missing_item": "wrong_item",
    "size_mislabeled": "mismatch",
    "not_as_described": "mismatch",
    "logistics_damage": "transport",
    "not_received": "transport",
    "quality_spoiled": "spoiled",
    "refund_not_arrived": "account",
    "price_protection": "account",
    "invoice": "account",
}


def decision_for(
    line: OrderLine | None, sub_type: str | None, entitled: Entitlements | None, rulebook: Rulebook
) -> Decision | None:
    """The row of the table for a case, as its order stood when it was opened; None where the rulebook has no such row."""
    rows = {row.when: row for row in rulebook.decisions}
    return rows.get(_when(line, sub_type, entitled, rulebook))  # type: ignore[call-overload]


def _when(
    line: OrderLine | None, sub_type: str | None, entitled: Entitlements | None, rulebook: Rulebook
) -> str:
    issue = rulebook.issues.get(sub_type or "")
    if issue and issue.human == "fraud":
        return "fraud"
    if _GROUPS.get(sub_type or "") == "account":
        return "account"
    if line is None or entitled is None:
        return "unclear"
    if isinstance(entitled.not_shipped, Eligible):
        return "not_shipped"
    if sub_type == "quality_spoiled":
        fresh = line.category == "生鲜" and within_spoiled_time(line, rulebook, entitled.at)
        return "spoiled" if fresh else "food"
    if sub_type in _GROUPS:
        return _GROUPS[sub_type]
    if sub_type in ("no_reason_return", "size_unfit"):
        return "no_reason" if isinstance(entitled.no_reason, Eligible) else "no_reason_over"
    if issue is None:
        return "unclear"
    if isinstance(entitled.quality_return, Eligible):
        return "quality_return"
    if isinstance(entitled.quality_exchange, Eligible):
        return "quality_exchange"
    return "quality_warranty" if isinstance(entitled.warranty, Eligible) else "quality_over"


def within_spoiled_time(line: OrderLine, rulebook: Rulebook, now: datetime) -> bool:
    """Whether fresh goods are reported in time for the table of shares."""
    rule = rulebook.spoiled
    return bool(rule and line.signed_at and now <= line.signed_at + timedelta(hours=rule.hours))


_TENTHS = "零一二三四五六七八九"
_PERCENT = re.compile(r"(\d{1,3}) ?(?:%|％|个百分点)|百分之(\d{1,3})")
_TENTH = re.compile(r"([一二三四五六七八九1-9]) ?成")
_PART = re.compile(r"([一二两三四五六七八九十]|\d+) ?分之 ?([一二两三四五六七八九十]|\d+)")
_WHOLE = re.compile(
    r"(?:全|都|整)(?:部|都|箱|盒|袋|筐)?.{0,2}(?:坏|烂|臭|变质|发霉|不能吃|没法吃)|^(?:全部|全都|都)$|全坏|全烂"
)
_HALF = re.compile(r"一?半")
_OF = re.compile(r"(\d+) ?[个斤盒颗袋只包瓶]? ?(?:里|中|之中|当中).{0,4}?(\d+)")


def spoiled_share(text: str) -> int | None:
    """The percentage that has gone bad in a consumer's words, or None where they name no share: 坏了一半, 三成, 10个里坏了3个."""
    if found := _PERCENT.search(text):
        return _percent(int(found[1] or found[2]))
    if found := _TENTH.search(text):
        return 10 * _number(found[1])
    if found := _PART.search(text):
        whole, part = _number(found[1]), _number(found[2])
        return _percent(round(100 * part / whole)) if whole else None
    if found := _OF.search(text):
        whole, part = int(found[1]), int(found[2])
        return _percent(round(100 * part / whole)) if whole else None
    if _HALF.search(text):
        return 50 if not re.search(r"[多大]半|一半(?:多|以上)", text) else 60
    return 100 if _WHOLE.search(text) else None


def _number(word: str) -> int:
    if word.isdigit():
        return int(word)
    return {"十": 10, "两": 2}.get(word) or _TENTHS.index(word)


def _percent(value: int) -> int | None:
    return value if 0 < value <= 100 else None


@dataclass(frozen=True)
class Suggested:
    """A sum in 分 that a rule names, said to people who decide."""

    amount_fen: int
    reason: str


def spoiled_refund(said: str, paid_fen: int, rulebook: Rulebook) -> Suggested | None:
    """What the table of shares gives back for what the consumer said has gone bad."""
    share, rule = spoiled_share(said), rulebook.spoiled
    if share is None or rule is None:
        return None
    refund = next(step.refund for step in rule.shares if share <= step.spoiled)
    return Suggested(paid_fen * refund // 100, f"消费者说坏了约 {share}%，按生鲜变质标准退 {refund}%")


@dataclass(frozen=True)
class Limit:
    """The most that may be paid beside the price, in 分; `reason` and `rule` say why."""

    most_fen: int
    reason: str
    rule: Rule


def compensation_limit(
    rulebook: Rulebook, sub_type: str | None, line: Mapping[str, Any] | None, loss_fen: int = 0
) -> Limit | None:
    """The most compensation that law or a promise allows for an order line (its JSON); `loss_fen`: a loss that was shown.

    None without an order, or under a rulebook that names no figures.
    """
    rules = rulebook.compensation
    if rules is None or not line:
        return None
    paid = int(line["paid_fen"])
    issue = rulebook.issues.get(sub_type or "")
    found = [Limit(max(paid, loss_fen), "一般赔付不超过实付或有凭证的损失", rules.otherwise)]
    if issue and issue.human == "fraud":
        found.append(_punitive(rules.fraud, paid, loss_fen, "欺诈"))
        found += [
            Limit(paid * one["value"], f"商家承诺：{one['text']}", rulebook.terms.promise)
            for one in line.get("promises") or ()
            if one["kind"] == "fake_pay" and one.get("value")
        ]
    if issue and issue.human == "food_safety":
        found.append(_punitive(rules.food_safety, paid, loss_fen, "不符合安全标准的食品"))
    return max(found, key=lambda limit: limit.most_fen)


def _punitive(rule: Punitive, paid_fen: int, loss_fen: int, about: str) -> Limit:
    most = max(rule.times * paid_fen, rule.loss_times * loss_fen, rule.least_fen)
    least = f"，不足 {yuan(rule.least_fen)} 元按 {yuan(rule.least_fen)} 元"
    loss = f"或损失的 {rule.loss_times} 倍" if rule.loss_times else ""
    return Limit(most, f"{about}：价款的 {rule.times} 倍{loss}{least}", rule)
