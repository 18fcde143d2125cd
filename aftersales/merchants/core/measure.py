"""A measure's life: proposed, signed by a person, notified, perhaps appealed, reviewed by another person (L24)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import rfc8785

from aftersales.merchants.core.rules import MeasureRule, MerchantRules
from kernel.errors import DomainError

MERCHANT, PLATFORM, SYSTEM = "merchant", "platform", "system"
PROPOSED, NOTIFIED, DISMISSED, APPEALED, UPHELD, OVERTURNED, FINAL = (
    "proposed",
    "notified",
    "dismissed",
    "appealed",
    "upheld",
    "overturned",
    "final",
)
STATES = (PROPOSED, NOTIFIED, DISMISSED, APPEALED, UPHELD, OVERTURNED, FINAL)
STATE_LABELS = {
    PROPOSED: "待签发",
    NOTIFIED: "已通知",
    DISMISSED: "未采纳",
    APPEALED: "申诉中",
    UPHELD: "申诉维持",
    OVERTURNED: "申诉撤销",
    FINAL: "生效",
}


@dataclass(frozen=True)
class Row:
    to: str
    actor: str
    label: str
    signs: bool = False  # a person puts his name under it
    adverse_only: bool = False


TABLE: dict[tuple[str, str], Row] = {
    (PROPOSED, "sign"): Row(NOTIFIED, PLATFORM, "签发并通知商家", signs=True),
    (PROPOSED, "dismiss"): Row(DISMISSED, PLATFORM, "不采纳", signs=True),
    (NOTIFIED, "appeal"): Row(APPEALED, MERCHANT, "申诉", adverse_only=True),
    (APPEALED, "uphold"): Row(UPHELD, PLATFORM, "维持", signs=True),
    (APPEALED, "overturn"): Row(OVERTURNED, PLATFORM, "撤销处理", signs=True),
    (NOTIFIED, "finish"): Row(FINAL, SYSTEM, "申诉期已过"),
}
TRIGGERS = tuple(sorted({trigger for _, trigger in TABLE}))
DECIDERS = frozenset({"supervisor", "admin"})  # roles whose name counts under a measure


def row_for(measure: Mapping[str, Any], trigger: str, actor: str) -> Row:
    """The row of the table. Raises DomainError `illegal_transition` (409) or `not_allowed` (403)."""
    row = TABLE.get((measure["state"], trigger))
    if row is None:
        label = STATE_LABELS[measure["state"]]
        raise DomainError("illegal_transition", f"这项处理现在是「{label}」，不能这样操作", 409)
    if row.actor != actor:
        raise DomainError("not_allowed", "这一步不由您来操作", 403)
    return row


def check(
    measure: Mapping[str, Any],
    trigger: str,
    actor: str,
    actor_id: str,
    role: str,
    reason: str,
    rule: MeasureRule,
    now: datetime,
) -> Row:
    """Whether this person may take the step now; the row when he may.

    Everything needs a reason; signatures need a supervisor or an administrator; the review of an appeal needs
    somebody else than who signed; appeals end with `appeal_until`, which the system waits for. Raises DomainError.
    """
    row = row_for(measure, trigger, actor)
    if row.adverse_only and not rule.adverse:
        raise DomainError("nothing_to_appeal", "表彰不需要申诉", 409)
    if not reason.strip():
        raise DomainError("missing_reason", "请填写理由", 422, field="reason")
    if row.signs and role not in DECIDERS:
        raise DomainError("not_allowed", "需要主管或管理员签名", 403)
    if measure["state"] == APPEALED and actor_id == measure["signed_by"]:
        raise DomainError("same_person", "申诉须由签发人以外的人复核", 403)
    until = measure["appeal_until"]
    if trigger == "appeal" and until is not None and now > until:
        raise DomainError("appeal_over", "申诉期已过", 409)
    if trigger == "finish" and until is not None and now <= until:
        raise DomainError("appeal_open", "申诉期还没有结束", 409)
    return row


def deadlines(kind: str, now: datetime, rules: MerchantRules) -> dict[str, datetime | None]:
    """What a notice starts: the time to appeal, and to put things right."""
    rule = rules.measures[kind]  # type: ignore[index]
    days = rule.rectify_days
    return {
        "notified_at": now,
        "appeal_until": now + timedelta(days=rules.appeal_days) if rule.adverse else None,
        "rectify_until": now + timedelta(days=days) if days else None,
    }


def signature(measure: Mapping[str, Any], trigger: str, reason: str, name: str) -> dict[str, str]:
    """The person's name with the hash of exactly what he decided on."""
    keys = ("id", "merchant_id", "kind", "facts", "reason", "clause", "evidence")
    text = {key: measure[key] for key in keys} | {"trigger": trigger, "why": reason}
    return {"name": name, "sha256": hashlib.sha256(rfc8785.dumps(text)).hexdigest()}


def is_in_force(state: str) -> bool:
    """Whether the measure counts: notified ones do while an appeal is open to them, appealed ones wait."""
    return state in (NOTIFIED, UPHELD, FINAL)
