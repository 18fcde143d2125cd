"""The state machine as a table: which status, which trigger, by whom, to where, and what it needs (domain-rules §5).

A row whose `to` is its own status moves something inside it: a phase of the execution, a deadline, a mark.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from aftersales.core.ticket import (
    CONSUMER,
    MERCHANT,
    PAYING,
    PLATFORM,
    SENDING,
    SYSTEM,
    IllegalTransition,
    NotAllowed,
    Phase,
    Status,
)


@dataclass(frozen=True)
class Need:
    """A field that a trigger asks its actor for; `type`: text, money (分), remedy, payer, liability, clause, proof."""

    name: str
    label: str
    type: str = "text"
    required: bool = True


@dataclass(frozen=True)
class Row:
    """`phases`: only in these phases of the execution, None inside for no phase; `keeps_clock`: no new deadline."""

    to: Status
    actors: frozenset[str]
    label: str
    needs: tuple[Need, ...] = ()
    phases: frozenset[Phase | None] | None = None
    keeps_clock: bool = False


REASON = Need("reason", "说明")
WHY = Need("reason", "说明", required=False)
REMEDY = Need("remedy", "处理方式", "remedy")
MONEY = (
    Need("amount_fen", "退款或赔付金额", "money", required=False),
    Need("freight_payer", "运费由谁承担", "payer", required=False),
    Need("loss_fen", "消费者的损失（有凭证的）", "money", required=False),
    Need("return_to", "退货地址、收货人和电话", required=False),
    Need("note", "给消费者的话", required=False),
)
PROPOSAL = (REMEDY, *MONEY, REASON)
RULING = (
    Need("liability", "责任方", "liability"),
    REMEDY,
    *MONEY,
    Need("clause", "依据的条款", "clause"),
    Need("reason", "判定理由"),
)
DENIAL = (
    Need("liability", "责任方", "liability"),
    Need("clause", "依据的条款", "clause"),
    Need("reason", "不支持的理由和可以怎么办"),
)
WAYBILL = (Need("carrier", "快递公司"), Need("waybill_no", "运单号"))
PROOF = (Need("proof", "执行凭证", "proof", required=False), WHY)

C, M, P, S = CONSUMER, MERCHANT, PLATFORM, SYSTEM
_T = dict[tuple[Status, str], Row]


def _by(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


_INTERVENE = "申请平台介入"
_APPLICATION: _T = {
    (Status.SUBMITTED, "accept"): Row(Status.ACCEPTED, _by(M, S), "受理", (WHY,)),
    (Status.SUBMITTED, "request_evidence"): Row(
        Status.PENDING_EVIDENCE,
        _by(M, S),
        "请消费者补充",
        (Need("ask", "还需要什么", required=False), Need("reason", "为什么需要（留档）")),
    ),
    (Status.PENDING_EVIDENCE, "supply_evidence"): Row(
        Status.ACCEPTED, _by(C), "补充完成", (Need("text", "补充说明", required=False),)
    ),
    (Status.PENDING_EVIDENCE, "accept"): Row(Status.ACCEPTED, _by(M), "按现有凭证受理", (REASON,)),
    (Status.ACCEPTED, "agree"): Row(Status.EXECUTING, _by(M, S), "同意消费者的诉求", PROPOSAL),
    (Status.ACCEPTED, "propose"): Row(Status.PROPOSAL_PENDING, _by(M), "提出方案", PROPOSAL),
    (Status.ACCEPTED, "negotiate"): Row(Status.NEGOTIATING, _by(M, S), "开始协商", (WHY,)),
    (Status.ACCEPTED, "verify"): Row(Status.VERIFYING, _by(M, S), "开始核实", (WHY,)),
    (Status.ACCEPTED, "intervene"): Row(Status.PLATFORM_INTERVENTION, _by(C, S), _INTERVENE, (REASON,)),
    (Status.ACCEPTED, "escalate"): Row(Status.ACCEPTED, _by(S), "超时升级", keeps_clock=True),
}
_NEGOTIATION: _T = {
    (Status.NEGOTIATING, "propose"): Row(Status.PROPOSAL_PENDING, _by(M), "提出方案", PROPOSAL),
    (Status.NEGOTIATING, "verify"): Row(Status.VERIFYING, _by(M), "开始核实", (WHY,)),
    (Status.NEGOTIATING, "intervene"): Row(Status.PLATFORM_INTERVENTION, _by(C, M), _INTERVENE, (REASON,)),
    (Status.NEGOTIATING, "offer_intervention"): Row(
        Status.NEGOTIATING, _by(S), "提示可以申请平台介入", keeps_clock=True
    ),
    (Status.VERIFYING, "propose"): Row(Status.PROPOSAL_PENDING, _by(M), "提出方案", PROPOSAL),
    (Status.VERIFYING, "request_evidence"): Row(
        Status.PENDING_EVIDENCE,
        _by(M),
        "就新的争点请消费者补充",
        (Need("ask", "还需要什么", required=False), Need("reason", "新的争点是什么（留档）")),
    ),
    (Status.VERIFYING, "intervene"): Row(Status.PLATFORM_INTERVENTION, _by(C, M, S), _INTERVENE, (REASON,)),
    (Status.PROPOSAL_PENDING, "accept_proposal"): Row(Status.EXECUTING, _by(C), "同意方案"),
    (Status.PROPOSAL_PENDING, "reject_proposal"): Row(
        Status.NEGOTIATING,
        _by(C),
        "不同意方案",
        (
            Need("remedy", "您希望的处理方式", "remedy", required=False),
            Need("amount_fen", "您希望的金额", "money", required=False),
            Need("reason", "说说您的想法", required=False),
        ),
    ),
    (Status.PROPOSAL_PENDING, "intervene"): Row(
        Status.PLATFORM_INTERVENTION, _by(C, M), _INTERVENE, (REASON,)
    ),
}
_INTERVENTION: _T = {
    (Status.PLATFORM_INTERVENTION, "take_up"): Row(
        Status.EVIDENCE_PERIOD, _by(P), "受理介入，双方举证", (WHY,)
    ),
    (Status.PLATFORM_INTERVENTION, "escalate"): Row(
        Status.PLATFORM_INTERVENTION, _by(S), "超时升级", keeps_clock=True
    ),
    (Status.EVIDENCE_PERIOD, "close_evidence"): Row(
        Status.ADJUDICATING, _by(P, S), "结束举证，开始判定", (WHY,)
    ),
    (Status.EVIDENCE_PERIOD, "extend"): Row(Status.EVIDENCE_PERIOD, _by(P), "延长举证（限一次）", (REASON,)),
    (Status.ADJUDICATING, "adjudicate"): Row(Status.EXECUTING, _by(P), "判定支持并签字", RULING),
    (Status.ADJUDICATING, "reject_claim"): Row(Status.REJECTED_CLAIM, _by(P), "判定不支持并签字", DENIAL),
    (Status.ADJUDICATING, "suspend"): Row(Status.SUSPENDED, _by(P), "中止（鉴定或司法程序）", (REASON,)),
    (Status.ADJUDICATING, "escalate"): Row(Status.ADJUDICATING, _by(S), "超时升级", keeps_clock=True),
    (Status.SUSPENDED, "resume"): Row(Status.ADJUDICATING, _by(P), "恢复判定", (REASON,)),
    (Status.SUSPENDED, "escalate"): Row(Status.SUSPENDED, _by(S), "到期复核", keeps_clock=True),
    (Status.REJECTED_CLAIM, "appeal"): Row(Status.APPEAL_REVIEW, _by(C), "申诉", (REASON,)),
    (Status.REJECTED_CLAIM, "close"): Row(Status.CLOSED, _by(S), "申诉期满，完结"),
    (Status.APPEAL_REVIEW, "uphold_appeal"): Row(Status.EXECUTING, _by(P), "支持申诉并签字", RULING),
    (Status.APPEAL_REVIEW, "dismiss_appeal"): Row(Status.CLOSED, _by(P), "维持原处理并签字", DENIAL),
    (Status.APPEAL_REVIEW, "escalate"): Row(Status.APPEAL_REVIEW, _by(S), "超时升级", keeps_clock=True),
}
_NOT_PAYING = frozenset({*Phase, None}) - PAYING
_EXECUTION: _T = {
    (Status.EXECUTING, "send_back"): Row(
        Status.EXECUTING, _by(C), "填写寄回运单号", WAYBILL, frozenset({Phase.AWAITING_RETURN})
    ),
    (Status.EXECUTING, "goods_received"): Row(
        Status.EXECUTING, _by(M, S), "已收到退回的商品", (WHY,), frozenset({Phase.AWAITING_RECEIPT})
    ),
    (Status.EXECUTING, "ship"): Row(Status.EXECUTING, _by(M), "已寄出，填写运单号", WAYBILL, SENDING),
    (Status.EXECUTING, "quote"): Row(
        Status.EXECUTING,
        _by(M),
        "维修报价",
        (Need("amount_fen", "报价", "money"), Need("reason", "为什么收费")),
        frozenset({Phase.REPAIRING}),
        keeps_clock=True,
    ),
    (Status.EXECUTING, "accept_quote"): Row(
        Status.EXECUTING, _by(C), "同意报价", (), frozenset({Phase.REPAIRING})
    ),
    (Status.EXECUTING, "refuse_quote"): Row(
        Status.EXECUTING, _by(C), "不同意报价", (WHY,), frozenset({Phase.REPAIRING})
    ),
    (Status.EXECUTING, "complete"): Row(
        Status.CLOSED, _by(M, P, S), "执行完成并完结", PROOF, frozenset({None}) | PAYING | SENDING
    ),
    (Status.EXECUTING, "substitute"): Row(
        Status.EXECUTING,
        _by(P),
        "平台代为退款",
        (Need("amount_fen", "退款金额", "money", required=False), REASON),
        _NOT_PAYING - {Phase.AWAITING_RETURN},
    ),
    (Status.EXECUTING, "withdraw"): Row(
        Status.WITHDRAWN, _by(S), "没有寄回，撤下申请", (), frozenset({Phase.AWAITING_RETURN})
    ),
    (Status.EXECUTING, "intervene"): Row(
        Status.PLATFORM_INTERVENTION, _by(C, M), _INTERVENE, (REASON,), _NOT_PAYING
    ),
    (Status.EXECUTING, "escalate"): Row(Status.EXECUTING, _by(S), "超时升级", keeps_clock=True),
}
_END: _T = {
    (Status.CLOSED, "appeal"): Row(Status.APPEAL_REVIEW, _by(C, M), "申诉", (REASON,)),
    (Status.CLOSED, "archive"): Row(Status.ARCHIVED, _by(S), "归档"),
    (Status.WITHDRAWN, "reopen"): Row(Status.SUBMITTED, _by(C), "重新提交"),
    (Status.WITHDRAWN, "archive"): Row(Status.ARCHIVED, _by(S), "归档"),
}
# Before execution a consumer may withdraw at any time; time does it only where he was asked and said nothing.
_BEFORE_EXECUTION = (
    Status.SUBMITTED,
    Status.PENDING_EVIDENCE,
    Status.ACCEPTED,
    Status.NEGOTIATING,
    Status.VERIFYING,
    Status.PROPOSAL_PENDING,
    Status.PLATFORM_INTERVENTION,
    Status.EVIDENCE_PERIOD,
    Status.ADJUDICATING,
    Status.SUSPENDED,
)
_ASKED = (Status.PENDING_EVIDENCE, Status.PROPOSAL_PENDING)
_WITHDRAWALS: _T = {
    (status, "withdraw"): Row(Status.WITHDRAWN, _by(C, S) if status in _ASKED else _by(C), "撤销申请", (WHY,))
    for status in _BEFORE_EXECUTION
}

TABLE: _T = _APPLICATION | _NEGOTIATION | _INTERVENTION | _EXECUTION | _END | _WITHDRAWALS
# What settles a case about money: above the rulebook's sum a second person has to sign it.
DECISIONS = frozenset({"agree", "propose", "adjudicate", "uphold_appeal", "substitute"})
RULINGS = frozenset({"adjudicate", "reject_claim", "uphold_appeal", "dismiss_appeal"})


def row_for(status: Status, trigger: str, actors: str | Iterable[str], phase: Phase | None = None) -> Row:
    """The row of the table for any of these kinds of actor.

    Raises IllegalTransition for a missing row or another phase, NotAllowed for another's step.
    """
    row = TABLE.get((status, trigger))
    if row is None or (status is Status.EXECUTING and row.phases is not None and phase not in row.phases):
        raise IllegalTransition(status, trigger)
    kinds = {actors} if isinstance(actors, str) else set(actors)
    if not kinds & row.actors:
        raise NotAllowed(status, trigger, "、".join(sorted(kinds)))
    return row


def steps_of(
    status: Status, actors: str | Iterable[str], phase: Phase | None = None
) -> list[tuple[str, Row]]:
    """Everything these kinds of actor may do next, in the table's order."""
    kinds = {actors} if isinstance(actors, str) else set(actors)
    return [
        (name, row)
        for (at, name), row in TABLE.items()
        if at is status
        and kinds & row.actors
        and (status is not Status.EXECUTING or row.phases is None or phase in row.phases)
    ]
