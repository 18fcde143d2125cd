"""From the intents of the training data to the eleven issue types of the annotation guideline."""

from typing import Dict, Sequence, Tuple

ISSUE_TYPES = (
    "quality",
    "wrong_item",
    "size",
    "no_reason",
    "not_as_described",
    "logistics",
    "refund_status",
    "request_human",
    "service_complaint",
    "after_sales_question",
    "not_complaint",
)

# An intent that moves the dialogue is, by itself, about one of these; the first the classifier ranks highest wins.
_DIALOGUE: Dict[str, Tuple[str, ...]] = {
    "check_ticket": ("after_sales_question", "refund_status"),
    "cancel_case": ("after_sales_question",),
    "bot_challenge": ("request_human",),
}

ISSUE_LABELS = {
    "quality": "商品质量问题",
    "wrong_item": "发错或少发",
    "size": "尺码不合适",
    "no_reason": "不想要了，七天无理由退货",
    "not_as_described": "和页面描述不符",
    "logistics": "物流问题",
    "refund_status": "退款进度",
    "request_human": "找人工客服",
    "service_complaint": "投诉服务态度",
    "after_sales_question": "咨询售后规则",
}


def issue_type_of(intent: str, ranking: Sequence[Tuple[str, float]]) -> str:
    """The issue type that an intent stands for, given all intents with their probabilities."""
    if intent in ISSUE_TYPES:
        return intent
    choices = _DIALOGUE.get(intent)
    if not choices:
        return "not_complaint"
    probability = dict(ranking)
    return max(choices, key=lambda choice: probability.get(choice, 0.0))


def by_issue_type(ranking: Sequence[Tuple[str, float]]) -> Dict[str, float]:
    """The probabilities of intents added up by issue type, highest first."""
    added = {issue_type: 0.0 for issue_type in ISSUE_TYPES}
    for intent, probability in ranking:
        added[issue_type_of(intent, ranking)] += probability
    return dict(sorted(added.items(), key=lambda item: -item[1]))
