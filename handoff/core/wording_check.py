"""What an agent's message should say better: stiff words, words that push the consumer away, answers without a time.

The rules are domain-rules §7 as data (`handoff/phrases.yml`). A hit never stops a message; it is shown before
sending with the better phrase, and counted when the message is sent as it is.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

KINDS = {"stiff": "生硬", "shirk": "推诿", "vague": "没有时间"}
# A vague sentence is a hint how to say it better; only the others are a violation (指标: 话术违规率).
VIOLATIONS = frozenset({"stiff", "shirk"})
_ENDS = "。！？!?；;\n"


@dataclass(frozen=True)
class Rule:
    """One line of §7. `unless`: whatever is found in a sentence that matches it is left alone."""

    no: int
    kind: str
    found: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    better: str
    why: str

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "Rule":
        """A rule as written in the file; raises ValueError for an unknown kind or a broken pattern."""
        if raw["kind"] not in KINDS:
            raise ValueError(f"rule {raw['no']}: unknown kind {raw['kind']!r}")
        try:
            found = tuple(re.compile(one, re.MULTILINE) for one in raw["found"])
            unless = tuple(re.compile(one) for one in raw.get("unless", ()))
        except re.error as error:
            raise ValueError(f"rule {raw['no']}: {error}") from error
        return cls(int(raw["no"]), raw["kind"], found, unless, raw["better"], raw["why"])


@dataclass(frozen=True)
class Hit:
    """A place in a text, `text[start:end] == found`, with the better phrase and the reason."""

    rule: int
    kind: str
    start: int
    end: int
    found: str
    better: str
    why: str

    @property
    def is_violation(self) -> bool:
        return self.kind in VIOLATIONS


def check(text: str, rules: Iterable[Rule]) -> list[Hit]:
    """Every hit in the order of the text; of overlapping ones the longest, so that no word is marked twice."""
    found = [
        Hit(rule.no, rule.kind, match.start(), match.end(), match.group(), rule.better, rule.why)
        for rule in rules
        for pattern in rule.found
        for match in pattern.finditer(text)
        if match.group().strip() and not _is_excused(text, match.start(), match.end(), rule)
    ]
    kept: list[Hit] = []
    for hit in sorted(found, key=lambda one: (one.start - one.end, one.start, one.rule)):
        if all(hit.end <= other.start or hit.start >= other.end for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda one: one.start)


def _is_excused(text: str, start: int, end: int, rule: Rule) -> bool:
    if not rule.unless:
        return False
    begins = max(text.rfind(sign, 0, start) for sign in _ENDS) + 1
    ends = min((place for sign in _ENDS if (place := text.find(sign, end)) >= 0), default=len(text))
    return any(pattern.search(text[begins:ends]) for pattern in rule.unless)
