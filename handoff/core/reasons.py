"""Why a conversation goes to a person: every reason has a name, a place in the queue and who should take it.

Source: domain-rules §4 (转人工), L31-L32 (GB/T 47746-2026). Urgent ones come first in every queue.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """`priority`: 0 in turn, 1 before plain requests, 2 priority of L32, 3 at once; `skill` names who is at home in it."""

    label: str
    priority: int = 0
    skill: str | None = None


REASONS: dict[str, Reason] = {
    "asked_for_person": Reason("消费者要求人工"),
    "button": Reason("消费者点了转人工"),
    "menu": Reason("消费者在菜单里选了人工"),
    "failed_turns": Reason("智能助手连续没听懂"),
    "bot_slow": Reason("智能助手超过三分钟未回复", 1),
    "waited_long": Reason("等待超过三分钟", 1),
    "personal_danger": Reason("涉及人身或财产安全", 3, "safety"),
    "legal_or_media": Reason("提到12315、律师或媒体", 2, "complaint"),
    "amount": Reason("金额超出自动处理范围", 1, "payment"),
    "fraud": Reason("疑似假冒或欺诈", 2, "counterfeit"),
    "counterfeit": Reason("假冒争议，必须人工认定", 2, "counterfeit"),
    "food": Reason("食品安全", 3, "food"),
    "anger": Reason("情绪激动，已确认接人工", 2, "complaint"),
    "complaint": Reason("投诉，已确认接人工", 1, "complaint"),
    "minor": Reason("未成年消费者", 2),
    "elder": Reason("老年消费者", 2),
    "third_contact": Reason("24 小时内第三次来访", 1),
    "ai_appealed": Reason("对自动判定不服，要求人工复核", 2, "arbitration"),
    "intervention": Reason("申请平台介入", 1, "arbitration"),
    "transfer": Reason("同事转接", 1),
    "agent_gone": Reason("接待的同事离线", 2),
    "reassigned": Reason("主管重新分配", 1),
}


def label_of(reason: str | None) -> str:
    """The words of a reason; one that is not in the table stands for itself."""
    if not reason:
        return ""
    known = REASONS.get(reason)
    return known.label if known else reason


def priority_of(reason: str, given: int = 0) -> int:
    """The higher of the table's priority and the caller's."""
    known = REASONS.get(reason)
    return max(known.priority if known else 0, given)


def skill_of(reason: str | None, issue_type: str | None = None) -> str | None:
    """What the agent should be at home in: the reason's own skill before the ticket's issue type."""
    known = REASONS.get(reason or "")
    return known.skill if known and known.skill else issue_type
