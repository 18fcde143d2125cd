"""`anxin bench waiting`: how often a consumer's wait lay within the interval he was told, by simulation.

Desks of several sizes serve a day of arrivals on a virtual clock: two rush hours, a lunch break with fewer agents, and
handling times with a long tail. Every acceptance becomes history exactly as the service writes it, and the service's
own estimator (`handoff.core.waiting`) answers from it alone. Beside it stands the rule other desks use: a fixed two
minutes a place.
"""

import heapq
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.progress import track
from rich.table import Table

from handoff.core.waiting import GOAL, Served, interval

START = datetime(2026, 11, 27, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
DAY = 13 * 3600
WITH = (("2 agents", 2), ("8 agents", 8), ("40 agents", 40))
HANDLING = 240.0  # seconds, median


@dataclass
class Told:
    place: int
    joined: float
    low: int
    high: int
    fixed: float  # what two minutes a place would have said


@dataclass
class Day:
    """What one simulated day showed, by the place at joining."""

    inside: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    all: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    fixed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    width: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    untold: int = 0


def band(place: int) -> str:
    return "1" if place == 1 else "2-5" if place <= 5 else "6 and more"


def rate(second: float, agents: int) -> float:
    """Arrivals a second: calm, two rushes above what the desk can do, calm."""
    hour = second / 3600
    load = 0.7
    if 1 <= hour < 3 or 7 <= hour < 9:
        load = 1.12
    return load * agents / (HANDLING * 1.3)


def on_duty(second: float, agents: int) -> int:
    return max(1, agents * 2 // 3) if 4 * 3600 <= second < 5 * 3600 else agents


def simulate(agents: int, seed: int, day: Day) -> None:
    """One day; every second look at a waiting consumer is judged, not only the first."""
    rng = random.Random(seed)
    now = 0.0
    busy: list[float] = []
    first: list[tuple[float, Told | None, bool]] = []  # joined, told, blocked
    past: list[Served] = []
    arrival = rng.expovariate(rate(0, agents))
    while arrival < DAY:
        ends = busy[0] if busy else float("inf")
        now = min(arrival, ends)
        if ends <= arrival:
            heapq.heappop(busy)
        else:
            free = len(busy) < on_duty(now, agents)
            at = START + timedelta(seconds=now)
            told = interval(len(first) + 1, past, at, blocked=not free)
            place = len(first) + 1
            entry = Told(place, now, told[0], told[1], 120.0 * place) if told else None
            day.untold += told is None
            first.append((now, entry, not free))
            arrival = now + rng.expovariate(rate(now, agents))
        while first and len(busy) < on_duty(now, agents):
            joined, told_, blocked = first.pop(0)
            waited = now - joined
            held = None
            if told_:
                held = told_.low <= waited <= told_.high
                key = band(told_.place)
                day.all[key] += 1
                day.inside[key] += held
                day.width[key] += told_.high - told_.low
                day.fixed[key] += 0.5 * told_.fixed <= waited <= 1.5 * told_.fixed
            past.append(Served(START + timedelta(seconds=now), waited, blocked, held))
            del past[:-400]
            heapq.heappush(busy, now + rng.lognormvariate(0, 0.7) * HANDLING)


def main(console: Console, days: int = 10) -> None:
    table = Table(
        "desk",
        "place at joining",
        "waits",
        "within the interval",
        f"goal {GOAL:.0%}",
        "mean width",
        "fixed 2 min ± half",
        title="how often the told interval held",
    )
    for name, agents in WITH:
        day = Day()
        for seed in track(range(days), name, console=console):
            simulate(agents, 1000 * agents + seed, day)
        for key in ("1", "2-5", "6 and more"):
            if day.all[key]:
                share = day.inside[key] / day.all[key]
                table.add_row(
                    name,
                    key,
                    f"{day.all[key]:,}",
                    f"{share:.1%}",
                    "yes" if share >= GOAL else "no",
                    f"{day.width[key] / day.all[key]:.0f} s",
                    f"{day.fixed[key] / day.all[key]:.1%}",
                )
        table.add_row(name, "no interval told yet", f"{day.untold:,}", "", "", "", "")
    console.print(table)
