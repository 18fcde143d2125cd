"""How long it will take until a person comes: an interval out of the queue's own past, and nothing else.

The past is a list of acceptances. The time each took is counted from the one before or from its own joining,
whichever was later, so that quiet hours do not count as work. The interval for the k-th in the queue is between two
quantiles of the time that k acceptances in a row really took; how wide, the queue learns from how often its earlier
intervals held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

GOAL = 0.8  # so often the wait shall lie within its interval
FEWEST = 5  # acceptances, below which nothing honest can be said
KEPT = 150  # the newest so many count
FRESH = timedelta(hours=3)
STEP = 0.08  # how much one wait outside its interval stretches the next ones
FIRST_STRETCH, MOST_STRETCH = 0.25, 2.0


@dataclass(frozen=True)
class Served:
    """One acceptance: when, how long that consumer had waited, and whether he had to wait behind somebody or for room.

    `held` says whether the interval he was first told was right, None when none was told.
    """

    at: datetime
    waited: float
    blocked: bool = True
    held: bool | None = None


def interval(
    place: int, past: Sequence[Served], now: datetime, *, blocked: bool = True
) -> tuple[int, int] | None:
    """(seconds, seconds) until the consumer at `place` (from 1) is with a person; None without enough history.

    `past` may be in any order. `blocked`: nobody has room at the moment.
    """
    recent = sorted((one for one in past if one.at > now - FRESH), key=lambda one: one.at)[-KEPT:]
    gaps = _gaps(recent, blocked)
    if len(gaps) < FEWEST:
        gaps = _gaps(recent, None)
    if len(gaps) < FEWEST:
        return None
    sums = _sums(gaps, place)
    tail = (1 - GOAL) / 2
    low, high = _quantile(sums, tail), _quantile(sums, 1 - tail)
    # Few sums say little about their own ends, and waits that missed their interval say it was too narrow.
    slack = 1 + stretch(recent, blocked) + 1 / len(sums)
    return int(low / slack), max(int(high * slack) + 1, int(low / slack) + 5)


def stretch(past: Sequence[Served], blocked: bool) -> float:
    """How much wider than the past itself intervals are told, so that GOAL of them hold: learned from the outcomes."""
    found = FIRST_STRETCH
    for one in past:
        if one.held is not None and one.blocked == blocked:
            found += STEP * ((1 - GOAL) * -1 if one.held else GOAL)
            found = min(MOST_STRETCH, max(0.0, found))
    return found


def _gaps(past: Sequence[Served], blocked: bool | None) -> list[float]:
    gaps, before = [], None
    for one in past:
        own = one.waited
        since = own if before is None else min(own, (one.at - before).total_seconds())
        if blocked is None or one.blocked == blocked:
            gaps.append(max(0.0, since))
        before = one.at
    return gaps


def _sums(gaps: Sequence[float], place: int) -> list[float]:
    """What `place` gaps in a row came to; of a place beyond the history, the history's own length scaled."""
    width = min(place, max(1, len(gaps) // 3))
    total = sum(gaps[:width])
    sums = [total]
    for end in range(width, len(gaps)):
        total += gaps[end] - gaps[end - width]
        sums.append(total)
    return [one * place / width for one in sums]


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)
