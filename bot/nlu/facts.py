"""All facts of one utterance in one pass; patterns are disjoint, so no number is read as two things."""

import re
from typing import Any, Dict, List

from bot.nlu.days import find_received_on
from bot.nlu.describing import (
    find_colors,
    find_places,
    find_products,
    find_quantities,
    find_sizes,
)
from bot.nlu.fact import KEYS, Fact, overlaps
from bot.nlu.lexicon import Lexicon
from bot.nlu.normalise import PICTOGRAPH, align
from bot.nlu.numbers import find_numbers
from bot.nlu.numerals import find_sums
from bot.nlu.wishes import find_photo_talk, find_remedies

_DRAWN_OUT = re.compile(r"~+(?!\d)")  # 没拍照～ ends there; 100~200 does not
AS_TYPED = frozenset({"color", "defect_place", "received_on", "product"})


class FactFinder:
    """Finds facts; holds the matcher over the dictionaries."""

    def __init__(self) -> None:
        self._lexicon = Lexicon()

    def find(self, text: str) -> List[Fact]:
        """Facts in the order of the text, with start and end in `text` as typed."""
        plain = _DRAWN_OUT.sub(_blank, PICTOGRAPH.sub(_blank, align(text)))
        wishes = find_remedies(plain)
        found = find_numbers(plain)
        for facts in (find_sums(plain), find_sizes(plain), find_quantities(plain)):
            found += [fact for fact in facts if not overlaps(fact, found)]
        words = self._lexicon.find(plain)
        colors = find_colors(plain, words["color"])
        words["product"] = [word for word in words["product"] if not overlaps(word, colors)]
        found += colors
        found += find_places(plain, words)
        found += find_products(plain, words)
        found += find_received_on(plain)
        found += wishes + find_photo_talk(plain)
        found = [_as_typed(fact, text) for fact in found]
        return sorted(found, key=lambda fact: (fact.start, KEYS.index(fact.key)))


def _blank(found: "re.Match[str]") -> str:
    return " " * len(found.group())


def _as_typed(fact: Fact, text: str) -> Fact:
    """Colours, places, days and goods keep the consumer's own signs, traditional ones too."""
    if fact.key not in AS_TYPED:
        return fact
    return Fact(fact.key, text[fact.start : fact.end], fact.start, fact.end)


def as_dict(facts: List[Fact]) -> Dict[str, Any]:
    """`{key: value}`; a key that was said with several values has the list of them, in order."""
    said: Dict[str, List[Any]] = {}
    for fact in facts:
        values = said.setdefault(fact.key, [])
        if fact.value not in values:
            values.append(fact.value)
    return {key: values[0] if len(values) == 1 else values for key, values in said.items()}
