"""How far two trainers agree beyond chance: Cohen's kappa. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """Of the sentences that both labelled: how many, the share labelled alike, and kappa (None without a doubt left)."""

    count: int
    share: float
    kappa: float | None


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Cohen's kappa of two labellers' labels of the same sentences.

    Kappa is None when chance alone would have made them agree always (all sentences under one label).
    """
    if not pairs:
        return Agreement(0, 0.0, None)
    total = len(pairs)
    share = sum(one == other for one, other in pairs) / total
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(first[label] * second[label] for label in first) / total**2
    kappa = None if chance == 1 else (share - chance) / (1 - chance)
    return Agreement(total, share, kappa)


def confusions(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str, int]]:
    """Which two labels are taken for each other, the most frequent first."""
    counted = Counter((min(pair), max(pair)) for pair in pairs if pair[0] != pair[1])
    return [
        (one, other, count) for (one, other), count in sorted(counted.items(), key=lambda x: (-x[1], x[0]))
    ]
