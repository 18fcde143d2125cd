"""What a ticket is: its statuses, the phases of execution, who acts on it, and what is told when it moves.

Source: domain-rules §5. The table of moves is in `core.table`, times in `core.deadline`, sentences in `core.telling`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from kernel.errors import DomainError


class Status(StrEnum):
    SUBMITTED = "submitted"
    PENDING_EVIDENCE = "pending_evidence"
    ACCEPTED = "accepted"
    NEGOTIATING = "negotiating"
    VERIFYING = "verifying"
    PROPOSAL_PENDING = "proposal_pending"
    PLATFORM_INTERVENTION = "platform_intervention"
    EVIDENCE_PERIOD = "evidence_period"
    ADJUDICATING = "adjudicating"
    SUSPENDED = "suspended"
    EXECUTING = "executing"
    REJECTED_CLAIM = "rejected_claim"
    APPEAL_REVIEW = "appeal_review"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    ARCHIVED = "archived"


STATUS_LABELS = {
    Status.SUBMITTED: "已申请",
    Status.PENDING_EVIDENCE: "待补充",
    Status.ACCEPTED: "已受理",
    Status.NEGOTIATING: "协商中",
    Status.VERIFYING: "核实中",
    Status.PROPOSAL_PENDING: "方案待确认",
    Status.PLATFORM_INTERVENTION: "平台介入",
    Status.EVIDENCE_PERIOD: "举证中",
    Status.ADJUDICATING: "判定中",
    Status.SUSPENDED: "已中止",
    Status.EXECUTING: "执行中",
    Status.REJECTED_CLAIM: "未支持",
    Status.APPEAL_REVIEW: "申诉复核",
    Status.CLOSED: "完结",
    Status.WITHDRAWN: "已撤销",
    Status.ARCHIVED: "已归档",
}
# Nothing is left to do for anybody; what can still come is an appeal, a new submission or the archive.
OVER = frozenset({Status.CLOSED, Status.WITHDRAWN, Status.ARCHIVED})


class Phase(StrEnum):
    """Where the execution stands; what is only confirmed in words (an invoice) has no phase."""

    AWAITING_RETURN = "awaiting_return"
    AWAITING_RECEIPT = "awaiting_receipt"
    REFUNDING = "refunding"
    EXCHANGING = "exchanging"
    RESHIPPING = "reshipping"
    REPAIRING = "repairing"
    COMPENSATING = "compensating"


PHASE_LABELS = {
    Phase.AWAITING_RETURN: "待寄回",
    Phase.AWAITING_RECEIPT: "待收货",
    Phase.REFUNDING: "退款中",
    Phase.EXCHANGING: "换货中",
    Phase.RESHIPPING: "补发中",
    Phase.REPAIRING: "维修中",
    Phase.COMPENSATING: "赔付中",
}
PAYING = frozenset({Phase.REFUNDING, Phase.COMPENSATING})
SENDING = frozenset({Phase.EXCHANGING, Phase.RESHIPPING, Phase.REPAIRING})
_FIRST = {
    "refund_only": Phase.REFUNDING,
    "price_difference": Phase.REFUNDING,
    "return_refund": Phase.AWAITING_RETURN,
    "exchange": Phase.AWAITING_RETURN,
    "repair": Phase.AWAITING_RETURN,
    "reship": Phase.RESHIPPING,
    "compensation": Phase.COMPENSATING,
    "goodwill": Phase.COMPENSATING,
}
_AFTER_RECEIPT = {
    "return_refund": Phase.REFUNDING,
    "exchange": Phase.EXCHANGING,
    "repair": Phase.REPAIRING,
}
PARCEL_KINDS = {Phase.EXCHANGING: "exchange", Phase.RESHIPPING: "reship", Phase.REPAIRING: "repair"}


def first_phase(remedy: str | None) -> Phase | None:
    """The phase that the execution of a remedy begins with."""
    return _FIRST.get(remedy or "")


def phase_after_receipt(remedy: str | None) -> Phase | None:
    """The phase that follows when the merchant has the consumer's goods back."""
    return _AFTER_RECEIPT.get(remedy or "")


CONSUMER, MERCHANT, PLATFORM, SYSTEM = "consumer", "merchant", "platform", "system"


@dataclass(frozen=True)
class Actor:
    """Who acts: a consumer, a merchant's or the platform's agent, or the system by rule."""

    kind: str
    id: str
    name: str
    party: str = ""


SYSTEM_ACTOR = Actor(SYSTEM, "system", "系统")


def roles_of(actor: Actor, ticket_party: str) -> frozenset[str]:
    """The sides for which an actor may act on a ticket: the platform stands in where no merchant is concerned."""
    if actor.kind == PLATFORM and ticket_party == PLATFORM:
        return frozenset({PLATFORM, MERCHANT})
    if actor.kind == MERCHANT and actor.party and actor.party != ticket_party:
        return frozenset()
    return frozenset({actor.kind})


class IllegalTransition(DomainError):
    def __init__(self, status: str, trigger: str) -> None:
        label = STATUS_LABELS.get(Status(status), status)
        super().__init__(
            "illegal_transition", f"工单现在是「{label}」，不能这样操作", 409, at=status, trigger=trigger
        )


class NotAllowed(DomainError):
    def __init__(self, status: str, trigger: str, actor: str) -> None:
        super().__init__("not_allowed", "这一步不由您来操作", 403, at=status, trigger=trigger, actor=actor)


@dataclass(frozen=True)
class TicketOpened:
    """A ticket was opened; `view` is its JSON, `text` what the consumer is told."""

    view: dict[str, Any]
    text: str
    at: datetime


@dataclass(frozen=True)
class TicketMoved:
    """A ticket changed its status."""

    view: dict[str, Any]
    from_status: str
    to_status: str
    trigger: str
    actor: Actor
    text: str
    at: datetime


@dataclass(frozen=True)
class TicketReminded:
    """Somebody is reminded of a ticket's deadline; its status stays."""

    view: dict[str, Any]
    text: str
    at: datetime
