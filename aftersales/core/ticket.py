"""A ticket's life as a table: which status, which trigger, by whom, to where, and what it needs.

Source: domain-rules §5. This version holds the part from application to 完结 without platform intervention.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from aftersales.core.rulebook import Rulebook
from kernel.errors import DomainError


class Status(StrEnum):
    SUBMITTED = "submitted"
    PENDING_EVIDENCE = "pending_evidence"
    ACCEPTED = "accepted"
    NEGOTIATING = "negotiating"
    PROPOSAL_PENDING = "proposal_pending"
    EXECUTING = "executing"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


STATUS_LABELS = {
    Status.SUBMITTED: "已申请",
    Status.PENDING_EVIDENCE: "待补充",
    Status.ACCEPTED: "已受理",
    Status.NEGOTIATING: "协商中",
    Status.PROPOSAL_PENDING: "方案待确认",
    Status.EXECUTING: "执行中",
    Status.CLOSED: "完结",
    Status.WITHDRAWN: "已撤销",
}

CONSUMER, MERCHANT, PLATFORM, SYSTEM = "consumer", "merchant", "platform", "system"
DESK = frozenset({MERCHANT, PLATFORM})


@dataclass(frozen=True)
class Need:
    """A field that a trigger asks its actor for; `type`: text, money (分), remedy, payer."""

    name: str
    label: str
    type: str = "text"
    required: bool = True


@dataclass(frozen=True)
class Row:
    to: Status
    actors: frozenset[str]
    label: str
    needs: tuple[Need, ...] = ()


REASON = Need("reason", "说明")
WHY = Need("reason", "说明", required=False)
PROPOSAL = (
    Need("remedy", "处理方式", "remedy"),
    Need("amount_fen", "退款或赔付金额", "money", required=False),
    Need("freight_payer", "运费由谁承担", "payer", required=False),
    Need("note", "给消费者的话", required=False),
    REASON,
)
PROOF = (Need("proof", "运单号或处理说明（退款由系统出流水号）", required=False), WHY)

_BEFORE_EXECUTION = (
    Status.SUBMITTED,
    Status.PENDING_EVIDENCE,
    Status.ACCEPTED,
    Status.NEGOTIATING,
    Status.PROPOSAL_PENDING,
)

TABLE: dict[tuple[Status, str], Row] = {
    (Status.SUBMITTED, "accept"): Row(Status.ACCEPTED, DESK | {SYSTEM}, "受理", (WHY,)),
    (Status.SUBMITTED, "request_evidence"): Row(
        Status.PENDING_EVIDENCE, DESK | {SYSTEM}, "请消费者补充", (REASON,)
    ),
    (Status.PENDING_EVIDENCE, "supply_evidence"): Row(Status.ACCEPTED, frozenset({CONSUMER}), "补充完成"),
    (Status.PENDING_EVIDENCE, "accept"): Row(Status.ACCEPTED, DESK, "按现有凭证受理", (REASON,)),
    (Status.ACCEPTED, "negotiate"): Row(Status.NEGOTIATING, DESK | {SYSTEM}, "开始协商", (WHY,)),
    (Status.ACCEPTED, "propose"): Row(Status.PROPOSAL_PENDING, DESK, "提出方案", PROPOSAL),
    (Status.NEGOTIATING, "propose"): Row(Status.PROPOSAL_PENDING, DESK, "提出方案", PROPOSAL),
    (Status.ACCEPTED, "agree"): Row(Status.EXECUTING, DESK, "同意消费者的诉求", PROPOSAL),
    (Status.PROPOSAL_PENDING, "accept_proposal"): Row(Status.EXECUTING, frozenset({CONSUMER}), "同意方案"),
    (Status.PROPOSAL_PENDING, "reject_proposal"): Row(
        Status.NEGOTIATING, frozenset({CONSUMER}), "不同意方案", (WHY,)
    ),
    (Status.EXECUTING, "complete"): Row(Status.CLOSED, DESK | {SYSTEM}, "执行完成并完结", PROOF),
    (Status.WITHDRAWN, "reopen"): Row(Status.SUBMITTED, frozenset({CONSUMER}), "重新提交"),
    **{
        (status, "withdraw"): Row(Status.WITHDRAWN, frozenset({CONSUMER, SYSTEM}), "撤销申请", (WHY,))
        for status in _BEFORE_EXECUTION
    },
}


@dataclass(frozen=True)
class Actor:
    """Who acts: a consumer, a merchant's or the platform's agent, or the system by rule."""

    kind: str
    id: str
    name: str
    party: str = ""


SYSTEM_ACTOR = Actor(SYSTEM, "system", "系统")


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


def row_for(status: Status, trigger: str, actor_kind: str) -> Row:
    """The row of the table. Raises IllegalTransition for a missing row, NotAllowed for another's step."""
    row = TABLE.get((status, trigger))
    if row is None:
        raise IllegalTransition(status, trigger)
    if actor_kind not in row.actors:
        raise NotAllowed(status, trigger, actor_kind)
    return row


def steps_of(status: Status, actor_kind: str) -> list[tuple[str, Row]]:
    """Everything this kind of actor may do next."""
    return [(name, row) for (at, name), row in TABLE.items() if at is status and actor_kind in row.actors]


def due_at(status: Status, entered: datetime, rulebook: Rulebook) -> datetime | None:
    """When the status has to be left, by the rulebook's hours."""
    deadline = rulebook.deadlines.get(status.value)
    return entered + timedelta(hours=deadline.hours) if deadline else None


NEXT_STEPS = {
    Status.SUBMITTED: "商家会先受理您的申请",
    Status.PENDING_EVIDENCE: "等您补充凭证，补齐后继续处理",
    Status.ACCEPTED: "商家正在核实，会给您处理方案",
    Status.NEGOTIATING: "客服正在和您协商处理方案",
    Status.PROPOSAL_PENDING: "请您确认处理方案，不同意也可以继续协商",
    Status.EXECUTING: "正在按方案处理，完成后会通知您",
    Status.CLOSED: "这件事已经处理完了，有问题随时再找我们",
    Status.WITHDRAWN: "申请已撤销，需要时可以重新提交",
}
DUE_LABELS = {
    Status.SUBMITTED: "前受理",
    Status.PENDING_EVIDENCE: "前补充",
    Status.ACCEPTED: "前给您方案",
    Status.NEGOTIATING: "前给您答复",
    Status.PROPOSAL_PENDING: "前确认",
    Status.EXECUTING: "前处理完",
}

_NOTICES = {
    "accept": "您的售后申请已受理。",
    "request_evidence": "还差一些凭证，补上就能继续：{reason}",
    "supply_evidence": "凭证已补齐，继续为您处理。",
    "negotiate": "客服正在和您协商处理方案。",
    "propose": "处理方案：{proposal}。请您确认，不同意也可以继续协商。",
    "agree": "商家同意您的诉求：{proposal}，正在处理。",
    "accept_proposal": "您已同意方案，马上为您处理。",
    "reject_proposal": "您不同意这个方案，我们继续协商。",
    "complete": "已按方案处理完成，工单完结。{proof}",
    "reopen": "申请已重新提交。",
    "withdraw": "申请已撤销，需要时可以重新提交。",
}


def notice(trigger: str, *, reason: str, proposal: str, proof: str) -> str:
    """The sentence that tells the consumer of a move."""
    return _NOTICES[trigger].format(reason=reason, proposal=proposal, proof=f"凭证：{proof}" if proof else "")


def proof_needed(remedy: str | None, rulebook: Rulebook) -> str:
    """What proves the execution: a refund's receipt, a waybill, or a note."""
    found = rulebook.remedies.get(remedy or "none")
    return found.proof if found else "note"
