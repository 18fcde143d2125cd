"""`python -m bot.compare`: a new model beside the one in use, as one JSON file for the trainers' report.

Both are judged on the same sentences: the training sentences, each by a model that has not seen it (`bot.evaluate`
wrote them); the fixed evaluation rows, where there are any; and the sentences that only the new data hold, which the
model in use never saw. Latency is measured in turns in one process, so that their ratio means something.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from bot.evaluate import judge_file, read_rows, row_of
from bot.nlu import scores
from bot.nlu.classifier import IssueModel
from bot.nlu.scores import Row
from bot.parse import load_model

MOST_SHOWN = 60  # sentences of a kind
TIMED = 200  # sentences
EXAMPLES = 5


def side(rows: Sequence[Row]) -> Dict[str, Any]:
    """One model on one set of rows: figures, curve, calibration and confusions."""
    return {
        **scores.summary(rows),
        "curve": [[round(part, 4) for part in point] for point in scores.curve(rows)],
        "calibration": [[round(sure, 4), round(right, 4), n] for sure, right, n in scores.calibration(rows)],
        "confusions": [
            {"gold": gold, "said": said, "n": len(those), "examples": [row.text for row in those[:EXAMPLES]]}
            for gold, said, those in scores.confusions(rows)
        ],
    }


def changed(before: Sequence[Row], after: Sequence[Row]) -> Dict[str, Any]:
    """The sentences both judged whose verdict turned; first those of which both models were sure."""
    known = {row.text: row for row in before}
    turned = [
        (known[row.text], row)
        for row in after
        if row.text in known and known[row.text].is_right != row.is_right
    ]
    turned.sort(key=lambda one: -min(one[0].confidence, one[1].confidence))
    better = [pair(old, new) for old, new in turned if new.is_right]
    worse = [pair(old, new) for old, new in turned if old.is_right]
    return {
        "better": len(better),
        "worse": len(worse),
        "sentences_better": better[:MOST_SHOWN],
        "sentences_worse": worse[:MOST_SHOWN],
    }


def pair(old: Row, new: Row) -> Dict[str, Any]:
    return {
        "text": new.text,
        "gold": new.gold or sorted(new.accepted)[0],
        "before": {"said": old.predicted, "confidence": round(old.confidence, 3), "decision": old.decision},
        "after": {"said": new.predicted, "confidence": round(new.confidence, 3), "decision": new.decision},
        "right": new.is_right,
    }


def fresh(live: IssueModel, before: Sequence[Row], after: Sequence[Row]) -> Dict[str, Any]:
    """What the new data added: judged by the model in use, and by a new one that has not seen that sentence either.

    Both without the tuned models' votes, as held-out sentences are judged.
    """
    known = {row.text for row in before}
    added = [row for row in after if row.text not in known]
    understood = live.as_trained().understand_all([row.text for row in added])
    old = [
        row_of(row.text, row.gold, row.accepted, said.ranking)
        for row, said in zip(added, understood, strict=True)
    ]
    pairs = [pair(one, other) for one, other in zip(old, added, strict=True)]
    return {
        "n": len(added),
        "right_before": sum(row.is_right for row in old),
        "right_after": sum(row.is_right for row in added),
        "acted_before": sum(row.decision == "act" for row in old),
        "acted_after": sum(row.decision == "act" for row in added),
        "sentences": pairs[:MOST_SHOWN],
    }


def learnt(
    live: IssueModel, new: IssueModel, before: Sequence[Row], after: Sequence[Row]
) -> List[Dict[str, Any]]:
    """The added sentences as the two models take them now: what a consumer will meet who says just that."""
    known = {row.text for row in before}
    added = [row for row in after if row.text not in known][:MOST_SHOWN]
    texts = [row.text for row in added]
    return [
        pair(
            row_of(row.text, row.gold, row.accepted, old.ranking),
            row_of(row.text, row.gold, row.accepted, now.ranking),
        )
        for row, old, now in zip(added, live.understand_all(texts), new.understand_all(texts), strict=True)
    ]


def latencies(models: Dict[str, IssueModel], texts: Sequence[str]) -> Dict[str, Dict[str, float]]:
    """Milliseconds of one parse at a time, the models taking turns."""
    took: Dict[str, List[float]] = {name: [] for name in models}
    for model in models.values():
        model.warm_up()
    for text in texts:
        for name, model in models.items():
            began = time.perf_counter()
            model.understand(text)
            took[name].append((time.perf_counter() - began) * 1000)
    return {
        name: {
            "p50": round(sorted(those)[len(those) // 2], 2),
            "p95": round(sorted(those)[len(those) * 95 // 100], 2),
        }
        for name, those in took.items()
        if those
    }


def compare(asked: argparse.Namespace) -> Dict[str, Any]:
    new, live = load_model(asked.model), load_model(asked.live)
    after, before = read_rows(asked.held_out), read_rows(asked.live_held_out)
    found: Dict[str, Any] = {
        "held_out": {"after": side(after), "before": side(before), **changed(before, after)},
        "fresh": {**fresh(live, before, after), "learnt": learnt(live, new, before, after)},
        "latency": latencies(
            {"after": new, "before": live}, [row.text for row in after[:: max(1, len(after) // TIMED)]]
        ),
        "size": {"after": asked.model.stat().st_size, "before": asked.live.stat().st_size},
    }
    rows: Optional[Path] = asked.rows
    if rows:
        one, other = judge_file(rows, asked.live), judge_file(rows, asked.model)
        found["rows"] = {"after": side(other), "before": side(one), **changed(one, other)}
    return found


def main() -> int:
    arguments = argparse.ArgumentParser(description="a new model beside the one in use")
    arguments.add_argument("--model", type=Path, required=True, help="the new archive")
    arguments.add_argument("--live", type=Path, required=True, help="the archive in use")
    arguments.add_argument("--held-out", type=Path, required=True, help="rows.jsonl of the new data")
    arguments.add_argument("--live-held-out", type=Path, required=True, help="rows.jsonl of the model in use")
    arguments.add_argument("--rows", type=Path, help="the fixed evaluation set")
    arguments.add_argument("--out", type=Path, required=True)
    asked = arguments.parse_args()
    try:
        found = compare(asked)
    except (OSError, ValueError) as error:
        print(f"cannot compare: {error}", file=sys.stderr)
        return 2
    asked.out.write_text(json.dumps(found, ensure_ascii=False), encoding="utf8")
    print(f"compared {found['held_out']['after']['rows']} sentences: {asked.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
