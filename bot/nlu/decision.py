"""What the bot does with what it understood: act on it, ask with buttons, or offer what it can do.

The thresholds are in `decision.yml`, picked from the coverage and error curve of a held-out split.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

from bot.nlu.labels import ISSUE_LABELS, ISSUE_TYPES, by_issue_type

DIALOGUE = "dialogue"  # the threshold of intents that are no issue type
SETTINGS = Path(__file__).with_name("decision.yml")


@dataclass(frozen=True)
class Decision:
    """`name`: act | ask | offer. `candidates`: the issue types to show as buttons, likeliest first."""

    name: str
    candidates: Tuple[str, ...]


@lru_cache(maxsize=1)
def settings() -> Dict[str, Any]:
    from ruamel.yaml import YAML

    loaded: Dict[str, Any] = YAML(typ="safe").load(SETTINGS.read_text(encoding="utf8"))
    return loaded


def decide(intent: str, ranking: Sequence[Tuple[str, float]]) -> Decision:
    """Sure enough of the issue type: act. A few likely ones: ask. Else: offer."""
    limits = settings()
    chances = by_issue_type(ranking)
    best = max(chances.values(), default=0.0)
    needed = limits["act"]["default" if intent in ISSUE_TYPES else DIALOGUE]
    likely = likely_issues(chances, limits)
    if best >= needed:
        return Decision("act", tuple(likely))
    if best >= limits["ask"] and likely:
        return Decision("ask", tuple(likely))
    return Decision("offer", tuple(likely))


def likely_issues(chances: Dict[str, float], limits: Dict[str, Any]) -> List[str]:
    """Up to three issue types that can be a button, without those that are hardly possible."""
    shown = [
        issue_type
        for issue_type, chance in chances.items()
        if issue_type in ISSUE_LABELS and chance >= limits["button"]
    ]
    return shown[: limits["buttons"]]
