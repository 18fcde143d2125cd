"""How good predictions are: F1 by label, confusions, calibration, and what acting from a threshold costs. Pure."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, List, Sequence, Tuple

from bot.nlu.labels import ISSUE_TYPES

MOST_WRONG = 0.03  # of all rows, acted on wrongly at the threshold that is picked (goal of the project)


@dataclass(frozen=True)
class Row:
    """One judged sentence. `gold` is None where labellers disagree; `accepted` are all labels one may defend."""

    text: str
    gold: Any
    accepted: FrozenSet[str]
    predicted: str
    confidence: float
    decision: str = "act"
    candidates: Tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        return self.predicted in self.accepted


def by_label(rows: Sequence[Row]) -> Dict[str, Dict[str, float]]:
    """Precision, recall, F1 and number of each label, over rows with a gold label."""
    hit: "Counter[str]" = Counter()
    said: "Counter[str]" = Counter()
    real: "Counter[str]" = Counter()
    for row in rows:
        if row.gold is not None:
            said[row.predicted] += 1
            real[row.gold] += 1
            hit[row.gold] += row.gold == row.predicted
    return {
        label: {
            "precision": hit[label] / said[label] if said[label] else 0.0,
            "recall": hit[label] / real[label] if real[label] else 0.0,
            "f1": 2 * hit[label] / (said[label] + real[label]) if said[label] + real[label] else 0.0,
            "n": real[label],
        }
        for label in ISSUE_TYPES
    }


def macro_f1(labels: Dict[str, Dict[str, float]]) -> float:
    """The mean F1 of the labels that occur."""
    seen = [one["f1"] for one in labels.values() if one["n"]]
    return sum(seen) / len(seen) if seen else 0.0


def confusions(rows: Sequence[Row]) -> List[Tuple[str, str, List[Row]]]:
    """`(gold, predicted, rows)` of each confusion, the most frequent first, the surest of its rows first."""
    found: Dict[Tuple[str, str], List[Row]] = {}
    for row in rows:
        if row.gold is not None and row.gold != row.predicted:
            found.setdefault((row.gold, row.predicted), []).append(row)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(gold, said, sorted(those, key=lambda row: -row.confidence)) for (gold, said), those in ordered]


def curve(rows: Sequence[Row], steps: int = 50) -> List[Tuple[float, float, float]]:
    """`(threshold, share acted on, share of all rows acted on wrongly)` for thresholds from 0 to 1."""
    total = max(1, len(rows))
    points = []
    for step in range(steps + 1):
        threshold = step / steps
        acted = [row for row in rows if row.confidence >= threshold]
        points.append((threshold, len(acted) / total, sum(not row.is_right for row in acted) / total))
    return points


def threshold_for(rows: Sequence[Row], most_wrong: float = MOST_WRONG) -> float:
    """The lowest threshold of the curve from which no more than `most_wrong` of all rows is acted on wrongly."""
    return next((at for at, _, wrong in curve(rows, 100) if wrong <= most_wrong), 1.0)


def calibration(rows: Sequence[Row], bins: int = 10) -> List[Tuple[float, float, int]]:
    """`(mean confidence, share right, rows)` of each tenth of the confidence that has rows."""
    found = []
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        inside = [row for row in rows if low <= row.confidence < high or (high == 1 and row.confidence == 1)]
        if inside:
            sure = sum(row.confidence for row in inside) / len(inside)
            found.append((sure, sum(row.is_right for row in inside) / len(inside), len(inside)))
    return found


def summary(rows: Sequence[Row]) -> Dict[str, Any]:
    """Everything that is compared from model to model, as JSON."""
    labels = by_label(rows)
    total = max(1, len(rows))
    acted = [row for row in rows if row.decision == "act"]
    asked = [row for row in rows if row.decision == "ask"]
    return {
        "rows": len(rows),
        "macro_f1": macro_f1(labels),
        "lenient": sum(row.is_right for row in rows) / total,
        "acted": len(acted) / total,
        "acted_wrongly": sum(not row.is_right for row in acted) / total,
        "asked": len(asked) / total,
        "helped": sum(bool(row.accepted & set(row.candidates)) for row in asked) / max(1, len(asked)),
        "threshold": threshold_for(rows),
        "labels": labels,
    }


def below(found: Dict[str, Any], floors: Dict[str, Any]) -> List[str]:
    """Which floors are not held, each as a sentence; none is good."""
    missed = []
    if found["macro_f1"] < floors.get("macro_f1", 0):
        missed.append(f"macro-F1 is {found['macro_f1']:.3f}, its floor {floors['macro_f1']:.3f}")
    for label, floor in (floors.get("labels") or {}).items():
        reached = found["labels"][label]["f1"]
        if reached < floor:
            missed.append(f"F1 of {label} is {reached:.3f}, its floor {floor:.3f}")
    if found["acted_wrongly"] > floors.get("acted_wrongly", 1):
        missed.append(
            f"{found['acted_wrongly']:.1%} are acted on wrongly, at most {floors['acted_wrongly']:.1%}"
        )
    return missed
