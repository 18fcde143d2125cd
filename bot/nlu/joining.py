"""Two sentences said in one breath, and what that is about: how people really write, made of sentences we have.

A consumer praises the courier and then names the fault, or names the fault and then asks who pays. The annotation
guideline says which of the two counts, so such a pair is a training sentence whose label is known.
"""

from typing import List, Optional, Sequence, Tuple

import numpy as np

FAULTS = frozenset({"quality", "wrong_item", "size", "not_as_described"})
LIGHT = frozenset({"not_complaint", "greet", "thanks", "affirm", "goodbye"})
SERIOUS = FAULTS | {
    "logistics",
    "refund_status",
    "request_human",
    "service_complaint",
    "no_reason",
    "after_sales_question",
    "cancel_case",
    "check_ticket",
}
# What counts, and beside what: the concrete cause before the anger, the wish and the question that come with it.
BEFORE = {
    **dict.fromkeys(
        FAULTS, frozenset({"logistics", "service_complaint", "no_reason", "after_sales_question"})
    ),
    "logistics": frozenset({"service_complaint", "no_reason", "after_sales_question"}),
    "refund_status": frozenset({"service_complaint", "no_reason"}),
    "service_complaint": frozenset({"no_reason", "after_sales_question"}),
    "no_reason": frozenset({"after_sales_question"}),
}
BETWEEN = (",", ",", ",", " ", ".", "!", ",但是", ",就是", ",不过")
LONGEST = 45  # characters of either


def counting(one: str, other: str) -> Optional[str]:
    """The intent of a text that says both, or None where the guideline leaves it open.

    >>> counting("after_sales_question", "quality")
    'quality'
    """
    for first, second in ((one, other), (other, one)):
        if second in LIGHT and first in SERIOUS:
            return first
        if second in BEFORE.get(first, ()):
            return first
    return None


def pairs(intents: Sequence[str], texts: Sequence[str], count: int, seed: int) -> List[Tuple[int, int, str]]:
    """Up to `count` times `(first, second, intent)`, as places in `intents`; the same for the same seed."""
    draw = np.random.RandomState(seed)
    short = [place for place, text in enumerate(texts) if 2 <= len(text) <= LONGEST]
    found: List[Tuple[int, int, str]] = []
    for first, second in draw.choice(short, (4 * count, 2)) if short else ():
        intent = counting(intents[first], intents[second])
        if intent is not None:
            found.append((int(first), int(second), intent))
        if len(found) == count:
            break
    return found


def joined(texts: Sequence[str], made: Sequence[Tuple[int, int, str]], seed: int) -> List[str]:
    """The pairs as flat texts."""
    draw = np.random.RandomState(seed)
    return [texts[first] + BETWEEN[draw.randint(len(BETWEEN))] + texts[second] for first, second, _ in made]
