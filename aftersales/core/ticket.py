"""A ticket's life as a table: which status, which trigger, by whom, to where, and what it needs.

Source: domain-rules §5. This version holds the part from application to 完结 without platform intervention; until
that comes, the platform's agents may take a merchant's steps, as the only agents of tickets without a merchant.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from aftersales.core import times
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
    """A field that a trigger asks its actor for; `type`: text, money (分), remedy, payer, proof."""

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
PROOF = (Need("proof", "执行凭证", "proof", required=False), WHY)
# Before execution a consumer may withdraw at any time; time does it only where he was asked and said nothing.
_WITHDRAWALS = {
    Status.SUBMITTED: frozenset({CONSUMER}),
    Status.PENDING_EVIDENCE: frozenset({CONSUMER, SYSTEM}),
    Status.ACCEPTED: frozenset({CONSUMER}),
    Status.NEGOTIATING: frozenset({CONSUMER}),
    Status.PROPOSAL_PENDING: frozenset({CONSUMER, SYSTEM}),
}

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
    (Status.ACCEPTED, "agree"): Row(Status.EXECUTING, DESK | {SYSTEM}, "同意消费者的诉求", PROPOSAL),
    (Status.PROPOSAL_PENDING, "accept_proposal"): Row(Status.EXECUTING, frozenset({CONSUMER}), "同意方案"),
    (Status.PROPOSAL_PENDING, "reject_proposal"): Row(
        Status.NEGOTIATING, frozenset({CONSUMER}), "不同意方案", (WHY,)
    ),
    (Status.EXECUTING, "complete"): Row(Status.CLOSED, DESK | {SYSTEM}, "执行完成并完结", PROOF),
    (Status.WITHDRAWN, "reopen"): Row(Status.SUBMITTED, frozenset({CONSUMER}), "重新提交"),
    **{
        (status, "withdraw"): Row(Status.WITHDRAWN, actors, "撤销申请", (WHY,))
        for status, actors in _WITHDRAWALS.items()
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


def due_at(
    status: Status, entered: datetime, rulebook: Rulebook, remedy: str | None = None
) -> datetime | None:
    """When the status has to be left, by the rulebook's hours; a repair may take longer than a refund."""
    deadline = rulebook.deadlines.get(status.value)
    return entered + timedelta(hours=deadline.hours_for(remedy)) if deadline else None


NEXT_STEPS = {
    Status.SUBMITTED: "{party}会先受理您的申请",
    Status.PENDING_EVIDENCE: "等您补充凭证，补齐后继续处理",
    Status.ACCEPTED: "{party}正在核实，会给您处理方案",
    Status.NEGOTIATING: "客服正在和您协商处理方案",
    Status.PROPOSAL_PENDING: "请您确认处理方案，不同意也可以继续协商",
    Status.EXECUTING: "正在按方案处理，完成后会通知您",
    Status.CLOSED: "这件事已经处理完了，有问题随时再找我们",
    Status.WITHDRAWN: "申请已撤销，需要时可以重新提交",
}
_EXECUTING = {
    "return_refund": "请把商品、配件和赠品一起寄回，{party}收到后按原支付方式退款",
    "refund_only": "正在按原支付方式退款，退好马上告诉您",
    "exchange": "{party}正在安排换货，寄出后把运单号发给您",
    "reship": "{party}正在安排补发，寄出后把运单号发给您",
    "repair": "{party}正在安排维修，有进展会通知您",
}
DUE_LABELS = {
    Status.SUBMITTED: "前受理",
    Status.PENDING_EVIDENCE: "前补充",
    Status.ACCEPTED: "前给您方案",
    Status.NEGOTIATING: "前给您答复",
    Status.PROPOSAL_PENDING: "前确认",
    Status.EXECUTING: "前处理完",
}


def next_step(status: Status, *, has_merchant: bool, remedy: str | None = None) -> str:
    """What happens next, to the consumer; half a sentence that a time may follow."""
    said = _EXECUTING.get(remedy or "") if status is Status.EXECUTING else None
    return (said or NEXT_STEPS[status]).format(party="商家" if has_merchant else "客服")


def due_label(status: Status, due: datetime | None) -> str | None:
    """11月27日 10:30前确认; None without a deadline."""
    return f"{times.spoken(due)}{DUE_LABELS[status]}" if due and status in DUE_LABELS else None


_NOTICES = {
    "accept": "您的售后申请已受理。",
    "request_evidence": "还差一些凭证，补上就能继续：{reason}",
    "supply_evidence": "凭证已补齐，继续为您处理。",
    "negotiate": "客服正在和您协商处理方案。",
    "propose": "处理方案：{proposal}。请您确认，不同意也可以继续协商。",
    "agree": "您的诉求已同意：{proposal}，正在处理。",
    "accept_proposal": "您已同意方案，马上为您处理。",
    "reject_proposal": "您不同意这个方案，我们继续协商。",
    "complete": "已按方案处理完成，工单完结。{proof}",
    "reopen": "申请已重新提交。",
    "withdraw": "申请已撤销，需要时可以重新提交。",
}
_TIMED_OUT = {
    Status.SUBMITTED: "您的售后申请已自动受理。",
    Status.PENDING_EVIDENCE: "没有等到补充的凭证，申请先撤下了。之后随时可以重新提交，不影响您的权益。",
    Status.PROPOSAL_PENDING: "没有等到您的确认，方案没有执行，申请先撤下了。需要的话随时可以重新提交。",
}


def notice(
    trigger: str,
    *,
    reason: str = "",
    proposal: str = "",
    proof: str = "",
    at: Status | None = None,
    actor_kind: str = "",
) -> str:
    """The sentence that tells the consumer of a move; `at` and `actor_kind` tell a time-out from a person's step."""
    if actor_kind == SYSTEM and at in _TIMED_OUT and trigger in ("accept", "withdraw"):
        return _TIMED_OUT[at]
    return _NOTICES[trigger].format(reason=reason, proposal=proposal, proof=f"凭证：{proof}" if proof else "")
