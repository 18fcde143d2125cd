"""`python -m bot.evaluate [--rows FILE.tsv]`: how well the bot understands, as a report, a page and an exit code.

`--data` names another folder with `nlu/` in it. Without `--rows` every training sentence is judged by a model that has
not seen it (three folds), and without the votes of the tuned models, which have. With it the trained model judges the rows
of a file with all its votes: `id, text, label_a, also_a, label_b, also_b`. Fails when a floor of
`bot/nlu/floors.yml` is not held. Writes `report.html`, `report.json` and every judged row (`rows.jsonl`), and compares
with the report before.
"""

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Dict, FrozenSet, List, Optional, Sequence, Tuple

import numpy as np
from ruamel.yaml import YAML

from bot.evaluation_page import page
from bot.nlu import scores
from bot.nlu.decision import decide
from bot.nlu.examples import read_examples
from bot.nlu.judging import judge
from bot.nlu.labels import by_issue_type, issue_type_of
from bot.nlu.training import Options
from bot.parse import load_model

ROOT = Path(__file__).resolve().parent.parent
SENTENCES = ROOT / "data"
PICKED_FOR = 0.024  # below what is allowed: the rows that decide are others
FLOORS = Path(__file__).parent / "nlu" / "floors.yml"


def row_of(
    text: str,
    gold: Optional[str],
    accepted: FrozenSet[str],
    ranking: Sequence[Tuple[str, float]],
) -> scores.Row:
    """A ranking of intents, judged by issue type."""
    intent = ranking[0][0]
    decision = decide(intent, ranking)
    predicted = issue_type_of(intent, ranking)
    sure = max(by_issue_type(ranking).values())
    return scores.Row(text, gold, accepted, predicted, sure, decision.name, decision.candidates)


def judge_training(sentences: Path = SENTENCES) -> List[scores.Row]:
    """Every training sentence, by a model of the other two thirds; says which vote would have fitted best."""
    examples, options = read_examples(sentences / "nlu"), Options()
    judged = judge(examples, options, say=lambda line: print(f"{line} …", file=sys.stderr, flush=True))
    print("the vote that fits best: share %.1f, sharpness %.1f" % judged.best, end="; ")
    print(f"used: {options.share}, {options.sharpness}")
    rows = []
    for example, chances in zip(examples, judged.chances, strict=True):
        ranking = [(judged.classes[i], float(chances[i])) for i in np.argsort(-chances)]
        gold = issue_type_of(example.intent, ranking)
        rows.append(row_of(example.text, gold, frozenset({gold}), ranking))
    return rows


def judge_file(path: Path, model: Path) -> List[scores.Row]:
    """The rows of a labelled file, by the trained model. Raises ValueError for a file of another shape."""
    lines = [line.split("\t") for line in path.read_text(encoding="utf8").splitlines() if line.strip()][1:]
    if any(len(line) != 6 for line in lines):
        raise ValueError(f"{path} must have six columns: id, text, label_a, also_a, label_b, also_b")
    understood = load_model(model).understand_all([line[1] for line in lines])
    rows = []
    for (_, text, first, also_first, second, also_second), said in zip(lines, understood, strict=True):
        also = {label for one in (also_first, also_second) for label in one.split(",") if label}
        gold = first if first == second else None
        row = row_of(text, gold, frozenset({first, second} | also), said.ranking)
        # what clauses say may have changed what the whole ranking says
        row = replace(row, predicted=said.issue_type, decision=said.decision.name)
        rows.append(replace(row, candidates=said.decision.candidates))
    return rows


def write_rows(path: Path, rows: Sequence[scores.Row]) -> None:
    """Every judged row, one JSON object a line; `read_rows` gives them back."""
    with path.open("w", encoding="utf8") as out:
        for row in rows:
            line = {**asdict(row), "accepted": sorted(row.accepted)}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


def read_rows(path: Path) -> List[scores.Row]:
    rows = []
    for line in path.read_text(encoding="utf8").splitlines():
        said = json.loads(line)
        said["accepted"], said["candidates"] = frozenset(said["accepted"]), tuple(said["candidates"])
        rows.append(scores.Row(**said))
    return rows


def report(found: Dict[str, Any], before: Optional[Dict[str, Any]]) -> str:
    """The figures as text, each with its change against the report before."""

    def change(now: float, path: Sequence[str]) -> str:
        value: Any = before
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return f"{now - value:+.3f}" if isinstance(value, (int, float)) else ""

    lines = [f"{'label':22s} precision recall    F1      n  change"]
    for label, one in found["labels"].items():
        lines.append(
            f"{label:22s}   {one['precision']:.3f}   {one['recall']:.3f}   {one['f1']:.3f}  {one['n']:5.0f}"
            f"  {change(one['f1'], ('labels', label, 'f1'))}"
        )
    lines.append(f"macro-F1 {found['macro_f1']:.3f} {change(found['macro_f1'], ('macro_f1',))}")
    lines.append(f"right, also by a second label {found['lenient']:.3f}")
    lines.append(
        f"acted on {found['acted']:.3f}, of all rows wrongly {found['acted_wrongly']:.3f}; "
        f"asked {found['asked']:.3f}, right among the buttons {found['helped']:.3f}"
    )
    lines.append(f"at most {scores.MOST_WRONG:.0%} wrong from the threshold {found['threshold']:.2f}")
    return "\n".join(lines)


def main() -> int:
    arguments = argparse.ArgumentParser(description="how well the bot understands")
    arguments.add_argument(
        "--rows", type=Path, help="labelled rows to judge instead of the training sentences"
    )
    arguments.add_argument("--model", type=Path, default=ROOT / "models" / "current.tar.gz")
    arguments.add_argument("--out", type=Path, default=ROOT / "var" / "evaluation")
    arguments.add_argument("--data", type=Path, default=SENTENCES, help="the folder with nlu/ in it")
    asked = arguments.parse_args()
    try:
        rows = judge_file(asked.rows, asked.model) if asked.rows else judge_training(asked.data)
    except (OSError, ValueError) as error:
        print(f"cannot evaluate: {error}", file=sys.stderr)
        return 2
    kind = "rows" if asked.rows else "held_out"
    found = scores.summary(rows)
    folder = asked.out / kind
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "report.json"
    before = json.loads(kept.read_text(encoding="utf8")) if kept.is_file() else None
    print(report(found, before))
    if asked.rows:
        at = scores.threshold_for(rows, PICKED_FOR)
        print(f"a threshold (decision.yml) that acts wrongly on {PICKED_FOR:.1%} of the rows: {at:.2f}")
    (folder / "report.html").write_text(page(rows, found, before), encoding="utf8")
    kept.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf8")
    write_rows(folder / "rows.jsonl", rows)
    print(f"page: {folder / 'report.html'}")
    floors = YAML(typ="safe").load(FLOORS.read_text(encoding="utf8")).get(kind) or {}
    missed = scores.below(found, floors)
    for sentence in missed:
        print(f"below the floor: {sentence}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
