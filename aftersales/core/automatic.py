"""What the rulebook lets the system settle by itself at once (domain-rules §4), and for whom two people sign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aftersales.core.eligibility import Eligible, Entitlements
from aftersales.core.order import OrderLine
from aftersales.core.rulebook import Rulebook


@dataclass(frozen=True)
class Settled:
    """The remedy that fixed rules grant, and why."""

    remedy: str
    reason: str


def settle(
    line: OrderLine | None,
    sub_type: str | None,
    remedy: str | None,
    evidence: Sequence[Mapping[str, Any]],
    entitled: Entitlements | None,
    rulebook: Rulebook,
    now: datetime,
) -> Settled | None:
    """The remedy that needs nobody's decision, or None: then people decide.

    Never above the rulebook's limit, never where a person must decide (fraud, food), never a refund of goods that
    were sent and stay with the consumer (L25), and only with every mandatory item really provided.
    """
    rule = rulebook.automatic
    issue = rulebook.issues.get(sub_type or "")
    if line is None or issue is None or entitled is None or issue.human or line.paid_fen > rule.limit_fen:
        return None
    if any(item["required"] and item["status"] != "provided" for item in evidence):
        return None
    if isinstance(entitled.not_shipped, Eligible):
        cancels = "not_shipped" in rule.cases and "refund_only" in rulebook.remedies
        wanted = remedy in (None, "refund_only", "return_refund") and issue.issue_type == "no_reason"
        return Settled("refund_only", entitled.not_shipped.reason) if cancels and wanted else None
    if line.signed_at is None:
        return None
    if sub_type == "no_reason_return":
        granted = "no_reason" in rule.cases and isinstance(entitled.no_reason, Eligible)
        return (
            Settled("return_refund", entitled.no_reason.reason)
            if granted and remedy in (None, "return_refund")
            else None
        )
    if sub_type == "missing_item":
        return (
            Settled("reship", "少发的商品价值不高，凭证齐全，直接补发")
            if "missing_item" in rule.cases and remedy == "reship"
            else None
        )
    if issue.issue_type == "quality" and "quality" in rule.cases and remedy in issue.remedies:
        window = entitled.quality_return  # later than that, people decide also on an exchange (§4)
        if remedy in ("return_refund", "exchange", "repair") and isinstance(window, Eligible):
            return Settled(remedy, f"{window.reason}，凭证齐全")
    return None


def needs_two(amount_fen: int | None, rulebook: Rulebook) -> bool:
    """Whether a decision about this sum needs a second person (§4)."""
    return bool(amount_fen and amount_fen > rulebook.automatic.two_people_fen)
