"""A fact found in a consumer's text: what it is, where it stands, and its value in one spelling."""

from dataclasses import dataclass
from typing import Iterable, List, Union

Value = Union[str, int, bool]

KEYS = (
    "order_no",
    "waybill_no",
    "ticket_no",
    "amount_fen",
    "size",
    "color",
    "quantity",
    "defect_place",
    "received_on",
    "remedy",
    "cannot_provide_photo",
    "photo_attached",
    "product",
)


@dataclass(frozen=True)
class Fact:
    """`text[start:end]` of the text as typed says `key` = `value`."""

    key: str
    value: Value
    start: int
    end: int


def overlaps(fact: Fact, others: Iterable[Fact]) -> bool:
    return any(fact.start < other.end and other.start < fact.end for other in others)


def longest(facts: Iterable[Fact]) -> List[Fact]:
    """Of facts that overlap only the longest stays, then the earliest; in the order of the text."""
    kept: List[Fact] = []
    for fact in sorted(facts, key=lambda f: (f.start - f.end, f.start)):
        if not overlaps(fact, kept):
            kept.append(fact)
    return sorted(kept, key=lambda f: f.start)
