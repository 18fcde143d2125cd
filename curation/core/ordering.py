"""What teaches most comes first: pure arithmetic over what is known of a group of like sentences."""

import math
from dataclasses import dataclass

WEIGHTS = {"uncertainty": 0.35, "disagreement": 0.30, "frequency": 0.20, "novelty": 0.15}
OFTEN = 64  # sentences of a group; more teach no more

# How much what happened next says that the bot was wrong.
SAID_OTHERWISE, TICKET_OTHERWISE, HANDED_OFF, ASKED_BACK = 1.0, 0.9, 0.5, 0.35


@dataclass(frozen=True)
class Seen:
    """One consumer's turn as the bot took it and what came of it."""

    confidence: float
    decision: str  # act | ask | offer
    issue_type: str | None
    handed_off: bool = False
    corrected: bool = False
    relabelled_to: str | None = None


def uncertainty(seen: Seen) -> float:
    """1 where the bot had no idea, 0 where it was sure."""
    doubt = 1.0 - min(1.0, max(0.0, seen.confidence))
    return doubt if seen.decision == "act" else max(doubt, 0.5)


def disagreement(seen: Seen) -> float:
    """1 where the consumer said it was something else, 0 where nothing speaks against the prediction."""
    signs = [0.0]
    if seen.corrected:
        signs.append(SAID_OTHERWISE)
    if seen.relabelled_to and seen.relabelled_to != seen.issue_type:
        signs.append(TICKET_OTHERWISE)
    if seen.handed_off and seen.issue_type != "request_human":
        signs.append(HANDED_OFF)
    if seen.decision != "act":
        signs.append(ASKED_BACK)
    return max(signs)


def parts(group: list[Seen], size: int, novelty: float) -> dict[str, float]:
    """The four parts of a group's worth, each from 0 to 1, rounded to three places."""
    found = {
        "uncertainty": sum(map(uncertainty, group)) / len(group) if group else 0.5,
        "disagreement": max(map(disagreement, group), default=0.0),
        "frequency": min(1.0, math.log2(1 + max(size, 1)) / math.log2(1 + OFTEN)),
        "novelty": min(1.0, max(0.0, novelty)),
    }
    return {name: round(value, 3) for name, value in found.items()}


def worth(found: dict[str, float]) -> float:
    """From 0 to 100; the inbox shows the highest first."""
    return round(100 * sum(WEIGHTS[name] * value for name, value in found.items()), 2)
