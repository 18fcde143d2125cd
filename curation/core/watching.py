"""Whether a new model makes things worse for consumers: more of them fall back or end with a person than before."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

FEWEST = 30  # conversations, or turns, on the new side before anything is concluded (自定)
SURE = 1.645  # one-sided 95 %


@dataclass(frozen=True)
class Counts:
    """What a model did in a span of time."""

    turns: int = 0
    fallbacks: int = 0  # turns the bot did not act on
    conversations: int = 0
    handoffs: int = 0  # conversations that went to a person
    one_pass: int = 0  # conversations in which nothing was asked twice and nobody had to be called

    def to_json(self) -> dict[str, Any]:
        return {
            "turns": self.turns,
            "fallbacks": self.fallbacks,
            "fallback_rate": rate(self.fallbacks, self.turns),
            "conversations": self.conversations,
            "handoffs": self.handoffs,
            "handoff_rate": rate(self.handoffs, self.conversations),
            "one_pass": self.one_pass,
            "one_pass_rate": rate(self.one_pass, self.conversations),
        }


@dataclass(frozen=True)
class Limits:
    """By how much each rate may grow before the model is taken back."""

    fallback: float = 0.08
    handoff: float = 0.06
    fewest: int = FEWEST


@dataclass(frozen=True)
class Jump:
    """A rate that grew beyond its margin, and surely so."""

    what: str  # fallback | handoff
    before: float
    after: float
    reason: str


def rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def jump(before: Counts, after: Counts, limits: Limits = Limits()) -> Jump | None:
    """The first rate that jumped, or None: too few to tell, within the margin, or still explained by chance."""
    for what, name, margin, (old, old_all), (new, new_all) in (
        (
            "fallback",
            "没听懂的比例",
            limits.fallback,
            (before.fallbacks, before.turns),
            (after.fallbacks, after.turns),
        ),
        (
            "handoff",
            "转人工的比例",
            limits.handoff,
            (before.handoffs, before.conversations),
            (after.handoffs, after.conversations),
        ),
    ):
        if min(old_all, new_all) < limits.fewest:
            continue
        then, now = old / old_all, new / new_all
        if now - then > margin and now - then > SURE * _spread(then, old_all, now, new_all):
            return Jump(what, then, now, f"{name}从 {then:.0%} 升到 {now:.0%}（{new_all} 个样本），自动退回")
    return None


def _spread(then: float, old_all: int, now: float, new_all: int) -> float:
    """The standard error of the difference of two shares."""
    return sqrt(then * (1 - then) / old_all + now * (1 - now) / new_all)
