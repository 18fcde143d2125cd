"""`python -m bot.check --data FOLDER --out FILE`: training sentences whose label is likely wrong.

Two looks by models that have not seen the sentence: confident learning (Northcutt et al. 2021: the label is doubted
when another reaches that label's usual self-confidence), and the distance of its vector to the centres of the intents.
Also facts that are marked and that the finder does not see. Writes a JSON list of findings; tells its progress on
standard output, a JSON object a line.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from bot.nlu.examples import read_examples
from bot.nlu.facts import FactFinder
from bot.nlu.judging import judge
from bot.nlu.training import Example, Options

MARK = re.compile(
    r"\[(?P<said>[^\[\]]+)\](?:\((?P<key>\w+)\)|\{[^{}]*\"entity\": \"(?P<other>\w+)\"[^{}]*\})"
)
MOST = 400  # findings of a kind: the worst first; more is not read by anybody
FAR = 0.08  # of cosine, by which another intent's centre must be nearer


def doubted(chances: np.ndarray, given: np.ndarray) -> List[Tuple[int, int, float]]:
    """`(row, likelier label, margin)` of the rows whose given label confident learning doubts, the surest first.

    `chances`: a row a sentence, a column a label, by models that have not seen the row.
    """
    own = chances[np.arange(len(given)), given]
    usual = np.array(
        [own[given == label].mean() if (given == label).any() else 1.0 for label in range(chances.shape[1])]
    )
    reached = np.where(chances >= usual, chances, -1.0)
    likelier = reached.argmax(axis=1)
    found = [
        (int(row), int(likelier[row]), float(chances[row, likelier[row]] - own[row]))
        for row in np.flatnonzero((reached.max(axis=1) > 0) & (likelier != given))
        if chances[row, likelier[row]] > own[row]
    ]
    return sorted(found, key=lambda one: -one[2])


def astray(vectors: np.ndarray, given: np.ndarray, labels: int) -> List[Tuple[int, int, float]]:
    """`(row, nearer label, by how much)` of the rows whose vector is nearer to another label's centre than to its own.

    A sentence does not count towards the centre of its own label.
    """
    sums = np.zeros((labels, vectors.shape[1]))
    np.add.at(sums, given, vectors)
    counts = np.bincount(given, minlength=labels)
    centres = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    near = vectors @ centres.T
    rest = sums[given] - vectors
    own = (vectors * rest).sum(axis=1) / np.maximum(np.linalg.norm(rest, axis=1), 1e-9)
    rows = np.arange(len(given))
    near[rows, given] = own
    near[:, counts < 5] = -1.0  # too few for a centre
    best = near.argmax(axis=1)
    found = [
        (int(row), int(best[row]), float(near[row, best[row]] - own[row]))
        for row in rows
        if best[row] != given[row] and counts[given[row]] >= 5 and near[row, best[row]] - own[row] >= FAR
    ]
    return sorted(found, key=lambda one: -one[2])


def label_findings(examples: Sequence[Example]) -> List[Dict[str, Any]]:
    """Likely label errors by both looks; a sentence that both doubt is told once."""
    judged = judge(examples, Options(), tell)
    classes, given, chances = judged.classes, judged.given, judged.chances
    found, told = [], set()
    for kind, rows in (
        ("likely_error", doubted(chances, given)[:MOST]),
        ("astray", astray(judged.vectors, given, len(classes))[:MOST]),
    ):
        for row, label, weight in rows:
            if row not in told:
                told.add(row)
                chance = float(chances[row, label])
                other = {"intent": classes[label], "chance": round(chance, 3)}
                found.append(finding(kind, examples[row], weight, other))
    return found


def fact_findings(lines: Sequence[str], examples: Sequence[Example]) -> List[Dict[str, Any]]:
    """Marked facts that the finder does not see: it is rules, and these are what they miss."""
    finder, found = FactFinder(), []
    for raw, example in zip(lines, examples, strict=True):
        marks = [(mark["key"] or mark["other"], mark["said"]) for mark in MARK.finditer(raw)]
        if not marks:
            continue
        seen = {(fact.key, example.text[fact.start : fact.end]) for fact in finder.find(example.text)}
        missed = [
            mark
            for mark in marks
            if not any(key == mark[0] and (mark[1] in said or said in mark[1]) for key, said in seen)
        ]
        if missed:
            found.append(
                finding("fact", example, float(len(missed)), {"missed": [list(mark) for mark in missed]})
            )
    return found[:MOST]


def finding(kind: str, example: Example, weight: float, other: Dict[str, Any]) -> Dict[str, Any]:
    return {
        "kind": kind,
        "text": example.text,
        "intent": example.intent,
        "about": example.kind if example.detail else None,
        "detail": example.detail,
        "weight": round(weight, 4),
        "other": other,
    }


def tell(what: str) -> None:
    print(json.dumps({"step": what}), flush=True)


def main() -> int:
    asked = argparse.ArgumentParser(description="training sentences whose label is likely wrong")
    asked.add_argument("--data", type=Path, required=True, help="a folder of NLU files")
    asked.add_argument("--out", type=Path, required=True)
    arguments = asked.parse_args()
    try:
        marked = read_examples(arguments.data, marks=True)
        examples = read_examples(arguments.data)
    except (OSError, ValueError, KeyError) as error:
        print(f"cannot read the data: {error}", file=sys.stderr)
        return 2
    tell(f"{len(examples)} sentences")
    found = fact_findings([example.text for example in marked], examples)
    if len({example.intent for example in examples}) > 1:
        found += label_findings(examples)
    arguments.out.write_text(json.dumps(found, ensure_ascii=False), encoding="utf8")
    tell(f"{len(found)} findings")
    return 0


if __name__ == "__main__":
    sys.exit(main())
