"""What the consumer is told of a ticket: what comes next, by when, and each move in one sentence."""

from datetime import datetime

from aftersales.core import times
from aftersales.core.ticket import SYSTEM, Phase, Status

NEXT_STEPS = {
    Status.SUBMITTED: "{party}会先受理您的申请",
    Status.PENDING_EVIDENCE: "等您补充凭证，补齐后继续处理",
    Status.ACCEPTED: "{party}正在核实，会给您处理方案",
    Status.NEGOTIATING: "客服正在和您协商处理方案",
    Status.VERIFYING: "{party}正在核实情况，核实后给您方案",
    Status.PROPOSAL_PENDING: "请您确认处理方案，不同意也可以继续协商",
    Status.PLATFORM_INTERVENTION: "平台客服会接手，请双方提交凭证",
    Status.EVIDENCE_PERIOD: "双方正在提交凭证，您可以补充说明和照片",
    Status.ADJUDICATING: "平台正在根据双方凭证判定",
    Status.SUSPENDED: "等鉴定或司法程序有结果后继续处理",
    Status.EXECUTING: "正在按方案处理，完成后会通知您",
    Status.REJECTED_CLAIM: "这次没有支持您的诉求，您可以申诉，由另一位专员复核",
    Status.APPEAL_REVIEW: "申诉由另一位专员人工复核",
    Status.CLOSED: "这件事已经处理完了，有问题随时再找我们",
    Status.WITHDRAWN: "申请已撤销，需要时可以重新提交",
    Status.ARCHIVED: "这件事已经归档，有新的问题随时再找我们",
}
_PHASES = {
    Phase.AWAITING_RETURN: "请把商品、配件和赠品一起寄回，寄出后填上运单号",
    Phase.AWAITING_RECEIPT: "商品在寄回的路上，{party}收到后{then}",
    Phase.REFUNDING: "正在按原支付方式退款，退好马上告诉您",
    Phase.EXCHANGING: "{party}正在安排换货，寄出后把运单号发给您",
    Phase.RESHIPPING: "{party}正在安排补发，寄出后把运单号发给您",
    Phase.REPAIRING: "{party}正在维修，修好寄出后把运单号发给您",
    Phase.COMPENSATING: "赔付正在办理，到账马上告诉您",
}
_THEN = {"return_refund": "按原支付方式退款", "exchange": "给您换新", "repair": "开始维修"}
DUE_LABELS = {
    Status.SUBMITTED: "前受理",
    Status.PENDING_EVIDENCE: "前补充",
    Status.ACCEPTED: "前给您方案",
    Status.NEGOTIATING: "前给您答复",
    Status.VERIFYING: "前核实完",
    Status.PROPOSAL_PENDING: "前确认",
    Status.PLATFORM_INTERVENTION: "前平台接手",
    Status.EVIDENCE_PERIOD: "前提交凭证",
    Status.ADJUDICATING: "前给出判定",
    Status.SUSPENDED: "前复核",
    Status.EXECUTING: "前处理完",
    Status.REJECTED_CLAIM: "前可以申诉",
    Status.APPEAL_REVIEW: "前给出复核结果",
    Status.CLOSED: "前可以申诉",
    Status.WITHDRAWN: "前可以重新提交",
}
_DUE_PHASES = {Phase.AWAITING_RETURN: "前寄出", Phase.AWAITING_RECEIPT: "前确认收货"}


def next_step(
    status: Status, *, has_merchant: bool, remedy: str | None = None, phase: Phase | None = None
) -> str:
    """What happens next, to the consumer; half a sentence that a time may follow."""
    said = _PHASES.get(phase) if phase and status is Status.EXECUTING else None
    return (said or NEXT_STEPS[status]).format(
        party="商家" if has_merchant else "客服", then=_THEN.get(remedy or "", "继续处理")
    )


def due_label(status: Status, due: datetime | None, phase: Phase | None = None) -> str | None:
    """11月27日 10:30前确认; None without a deadline."""
    label = (_DUE_PHASES.get(phase) if phase else None) or DUE_LABELS.get(status)
    return f"{times.spoken(due)}{label}" if due and label else None


_NOTICES = {
    "accept": "您的售后申请已受理。",
    "request_evidence": "还差一些凭证，补上就能继续：{ask}",
    "supply_evidence": "凭证已补齐，继续为您处理。",
    "negotiate": "客服正在和您协商处理方案。",
    "verify": "正在核实您反馈的情况，核实后给您方案。",
    "propose": "处理方案：{proposal}。请您确认，不同意也可以继续协商。",
    "agree": "您的诉求已同意：{proposal}，正在处理。",
    "accept_proposal": "您已同意方案，马上为您处理。",
    "reject_proposal": "您不同意这个方案，我们继续协商。{wish}",
    "intervene": "已申请平台介入，平台客服会接手并请双方提交凭证。",
    "offer_intervention": "协商还没有结果，您可以随时申请平台介入，由平台来判定。",
    "take_up": "平台已介入，双方可以提交说明和凭证，到期后平台根据现有凭证判定。",
    "extend": "举证时间延长一次：{reason}",
    "close_evidence": "举证已结束，平台开始判定。",
    "adjudicate": "平台判定支持：{proposal}。理由：{reason}（依据：{clause}）",
    "reject_claim": "平台判定暂不支持：{reason}（依据：{clause}）。不认可可以申诉，由另一位专员复核。",
    "suspend": "判定暂时中止：{reason}",
    "resume": "判定已恢复：{reason}",
    "appeal": "申诉已收到，由另一位专员人工复核。",
    "uphold_appeal": "申诉复核支持：{proposal}。理由：{reason}（依据：{clause}）",
    "dismiss_appeal": "申诉复核维持原处理：{reason}（依据：{clause}）。工单完结。",
    "send_back": "已记下您寄回的运单：{waybill}，收到后继续办理。",
    "goods_received": "退回的商品已收到，{then}。",
    "ship": "商品已寄出：{waybill}，签收后告诉您。",
    "quote": "维修需要收费，请您先确认：{reason}",
    "accept_quote": "您已同意报价，开始维修。",
    "refuse_quote": "您不同意报价，商品会原样寄回给您。",
    "substitute": "平台代为处理：{proposal}。",
    "escalate": "处理超过了约定时间，已经升级到主管跟进。",
    "complete": "已按方案处理完成，工单完结。{proof}",
    "close": "申诉期已过，工单完结。有新的情况随时再找我们。",
    "reopen": "申请已重新提交。",
    "withdraw": "申请已撤销，需要时可以重新提交。",
    "archive": "工单已归档。",
}
_NOW = {"return_refund": "正在按原支付方式退款", "exchange": "正在给您换新", "repair": "开始维修"}
_TIMED_OUT = {
    (Status.SUBMITTED, "accept"): "您的售后申请已自动受理。",
    (
        Status.PENDING_EVIDENCE,
        "withdraw",
    ): "没有等到补充的凭证，申请先撤下了。之后随时可以重新提交，不影响您的权益。",
    (
        Status.PROPOSAL_PENDING,
        "withdraw",
    ): "没有等到您的确认，方案没有执行，申请先撤下了。需要的话随时可以重新提交。",
    (Status.EXECUTING, "withdraw"): "没有等到您寄回商品，申请先撤下了。期限内随时可以重新提交。",
    (Status.EXECUTING, "goods_received"): "退回的商品已签收，商家没有在约定时间内反馈，{then}。",
    (Status.ACCEPTED, "intervene"): "商家没有在约定时间内答复，已转平台客服处理。",
    (Status.VERIFYING, "intervene"): "商家没有在约定时间内核实完，已转平台客服处理。",
    (Status.EVIDENCE_PERIOD, "close_evidence"): "举证时间到了，平台根据现有凭证判定。",
}
_REMINDERS = {
    Status.PENDING_EVIDENCE: "提醒您：还差一些凭证，{due}补上就能继续；不方便提供也告诉我们，我们换个办法。",
    Status.PROPOSAL_PENDING: "提醒您：处理方案在等您确认（{due}），不同意也可以继续协商。",
    Status.EXECUTING: "提醒您：{step}（{due}）。",
}


def notice(
    trigger: str,
    *,
    reason: str = "",
    ask: str = "",
    proposal: str = "",
    clause: str = "",
    waybill: str = "",
    proof: str = "",
    wish: str = "",
    remedy: str | None = None,
    return_to: str = "",
    at: Status | None = None,
    actor_kind: str = "",
) -> str:
    """The sentence that tells the consumer of a move; `return_to` where goods are to be sent now. `at` and `actor_kind` tell a time-out from a person's step."""
    said = _TIMED_OUT.get((at, trigger)) if at and actor_kind == SYSTEM else None
    text = (said or _NOTICES[trigger]).format(
        reason=reason,
        ask=ask or reason,
        proposal=proposal,
        clause=clause,
        waybill=waybill,
        proof=f"凭证：{proof}" if proof else "",
        wish=f"您希望：{wish}。" if wish else "",
        then=_NOW.get(remedy or "", "继续为您处理"),
    )
    return f"{text}寄回地址：{return_to}。" if return_to else text


def reminder(status: Status, step: str, due: str) -> str:
    """The sentence that reminds a consumer of what is waiting for him."""
    return _REMINDERS[status].format(step=step, due=due)
