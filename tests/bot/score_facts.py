"""Per key precision, recall and F1 of the facts against sentences annotated by hand; `python -m tests.bot.score_facts`.

A fact counts when key and value are exactly those annotated; several values of one key count each.
"""

import sys
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterable, List, NamedTuple, Tuple

from ruamel.yaml import YAML

from bot.nlu.facts import FactFinder, as_dict

ANNOTATED = Path(__file__).with_name("facts")
NOT_SCORED = frozenset({"ticket_no"})  # our own numbers, not of the contract

Sentences = Dict[str, Dict[str, Any]]


class Score(NamedTuple):
    """How a key was found: true, false and missed facts."""

    true: int
    false: int
    missed: int

    @property
    def f1(self) -> float:
        return 2 * self.true / ((2 * self.true + self.false + self.missed) or 1)


def annotated(names: Iterable[str] = ()) -> Sentences:
    """The sentences of the named files (all without a name) with their facts."""
    wanted = set(names)
    sentences: Sentences = {}
    for path in sorted(ANNOTATED.glob("*.yml")):
        if not wanted or path.stem in wanted:
            sentences.update(YAML(typ="safe").load(path.read_text(encoding="utf8")))
    return sentences


def pairs(facts: Dict[str, Any]) -> Counter:  # type: ignore[type-arg]
    """Facts as countable `(key, value)`; order is of no account."""
    return Counter(
        (key, str(one))
        for key, value in facts.items()
        if key not in NOT_SCORED
        for one in (value if isinstance(value, list) else [value])
    )


def score(finder: FactFinder, sentences: Sentences) -> Tuple[Dict[str, Score], List[str]]:
    """The score of each key, and the sentences read wrongly with what was missed and what was made up."""
    true: Counter = Counter()  # type: ignore[type-arg]
    false: Counter = Counter()  # type: ignore[type-arg]
    missed: Counter = Counter()  # type: ignore[type-arg]
    wrong = []
    for text, facts in sentences.items():
        wanted, found = pairs(facts), pairs(as_dict(finder.find(text)))
        true.update(key for key, _ in (wanted & found).elements())
        false.update(key for key, _ in (found - wanted).elements())
        missed.update(key for key, _ in (wanted - found).elements())
        if wanted != found:
            wrong.append(f"{text}\n    missed {list(wanted - found)}  made up {list(found - wanted)}")
    keys = sorted({*true, *false, *missed})
    return {key: Score(true[key], false[key], missed[key]) for key in keys}, wrong


def main() -> None:
    by_key, wrong = score(FactFinder(), annotated(sys.argv[1:]))
    print("\n".join(wrong))
    for key, one in by_key.items():
        print(f"{key:22} F1 {one.f1:.3f}  {one.true} true, {one.false} false, {one.missed} missed")
    total = Score(*map(sum, zip(*by_key.values(), strict=True)))
    print(f"{'all':22} F1 {total.f1:.3f}")


if __name__ == "__main__":
    main()
