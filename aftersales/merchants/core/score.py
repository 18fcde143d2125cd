"""From metrics to points, from points to a score and a tier; every step can be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aftersales.merchants.core.cases import Case, Window, counted, in_window
from aftersales.merchants.core.metrics import METRICS, Counts, Measured
from aftersales.merchants.core.rules import Goal, MerchantRules


@dataclass(frozen=True)
class Report:
    """`score` and `tier` are None while there are too few cases, or nothing that may be graded."""

    score: float | None
    tier: str | None
    cases: int
    groups: dict[str, float | None]
    metrics: dict[str, Measured]
    points: dict[str, float | None]  # None: only shown

    def to_json(self, rules: MerchantRules) -> dict[str, Any]:
        """Without the tickets, which can be computed again from the same events."""
        return {
            "rules": rules.version,
            "groups": [
                {
                    "name": name,
                    "label": rules.group_labels[name],
                    "weight": weight,
                    "points": self.groups[name],
                }
                for name, weight in rules.weights.items()
            ],
            "metrics": [self._metric(name, rules.metrics[name]) for name in rules.metrics],
        }

    def _metric(self, name: str, goal: Goal) -> dict[str, Any]:
        found = self.metrics[name]
        meets = None
        if found.value is not None:
            meets = found.value >= goal.goal if goal.more_is_better else found.value <= goal.goal
        return {
            "name": name,
            "label": goal.label,
            "unit": goal.unit,
            "group": goal.group,
            "goal": goal.goal,
            "more_is_better": goal.more_is_better,
            "value": found.value,
            "count": found.count,
            "points": self.points[name],
            "meets": meets,
        }


def points_of(value: float, goal: Goal) -> float:
    """0 to 100: all for the goal or better, none for the worst or worse, evenly between."""
    part = (value - goal.worst) / (goal.goal - goal.worst)
    return 100.0 * min(1.0, max(0.0, part))


def assess(cases: Sequence[Case], window: Window, counts: Counts, rules: MerchantRules) -> Report:
    """The merchant's report for the window.

    A metric with fewer cases than `least_cases` is shown and not graded; a group's points are the mean of its
    graded metrics; groups without any are left out and the others weigh accordingly more. A merchant with fewer
    cases than `least_cases` in the window gets no score.
    """
    known = counted(cases, window)
    metrics = {name: METRICS[name](known, window, counts) for name in rules.metrics}
    points: dict[str, float | None] = {}
    for name, found in metrics.items():
        graded = found.value is not None and found.count >= rules.least_cases
        points[name] = (
            points_of(found.value, rules.metrics[name]) if graded and found.value is not None else None
        )
    groups: dict[str, float | None] = {}
    for group in rules.weights:
        given = [p for name, p in points.items() if rules.metrics[name].group == group and p is not None]
        groups[group] = sum(given) / len(given) if given else None
    number = len(in_window(known, window))
    score = _weighted(groups, rules) if number >= rules.least_cases else None
    tier = rules.tier_of(score) if score is not None else None
    return Report(score, tier, number, groups, metrics, points)


def _weighted(groups: dict[str, float | None], rules: MerchantRules) -> float | None:
    given = [(rules.weights[name], p) for name, p in groups.items() if p is not None]  # type: ignore[index]
    total = sum(weight for weight, _ in given)
    return round(sum(weight * p for weight, p in given) / total, 2) if total else None


def due_measures(score: float | None, earlier: float | None, rules: MerchantRules) -> list[str]:
    """What follows from a period's score and the one before it; proposals only, a person decides."""
    if score is None:
        return []
    tier = rules.tier_of(score)
    kinds = {"gold": ["commend"], "warning": ["warn"], "restricted": ["restrict"]}.get(tier, [])
    if tier == "restricted" and earlier is not None and rules.tier_of(earlier) == "restricted":
        kinds = ["restrict", "freeze"]
    return kinds
