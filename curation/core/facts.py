"""Facts that a trainer marked: which there are, and that they lie within the sentence. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from curation.core.masking import Span
from kernel.errors import DomainError

# As the brain finds them (bot/nlu/fact.py) and the domain declares them.
KEYS = {
    "order_no": "订单号",
    "waybill_no": "运单号",
    "ticket_no": "工单号",
    "amount_fen": "金额",
    "size": "尺码",
    "color": "颜色",
    "quantity": "数量",
    "defect_place": "问题部位",
    "received_on": "收货时间",
    "remedy": "诉求",
    "cannot_provide_photo": "无法拍照",
    "photo_attached": "已发照片",
    "product": "商品",
}


def checked(text: str, facts: Sequence[Span]) -> None:
    """Raises DomainError `bad_facts` (422) for an unknown fact, one outside the sentence, or two that overlap."""
    end = 0
    for fact in sorted(facts, key=lambda one: one.start):
        if fact.key not in KEYS:
            raise DomainError("bad_facts", f"没有这种事实：{fact.key}", 422)
        if not 0 <= fact.start < fact.end <= len(text) or not text[fact.start : fact.end].strip():
            raise DomainError("bad_facts", "标出的位置不在句子里", 422)
        if fact.start < end:
            raise DomainError("bad_facts", "标出的两处重叠了", 422)
        end = fact.end


def carried(facts: Iterable[Span], start: int, end: int) -> list[Span]:
    """The facts within `[start, end)`, at their places counted from `start`."""
    return [
        replace(fact, start=fact.start - start, end=fact.end - start)
        for fact in facts
        if start <= fact.start and fact.end <= end
    ]
