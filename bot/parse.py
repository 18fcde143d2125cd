"""`python -m bot.parse`: utterances on stdin, one JSON object per line out, in order.

Loads the classifier straight from the newest model archive, without Rasa and TensorFlow, so it starts in a few
seconds and reads some hundred sentences a second. Keys: text, intent, confidence, facts, issue_type, sub_type,
topic, decision (act | ask | offer), candidates, problems (of several clauses, those that name one).
"""

import argparse
import json
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List

from bot.nlu.classifier import IssueModel, Understood
from bot.nlu.fact import Fact
from bot.nlu.facts import FactFinder, as_dict

ROOT = Path(__file__).resolve().parent.parent
BATCH = 256
# What the classifier tells apart inside intents that are no complaint with a checklist of its own.
KINDS = frozenset({"delivery", "praise", "remark", "presale", "chitchat"})


def load_model(archive: Path) -> IssueModel:
    """The classifier's part of a Rasa model archive. Raises FileNotFoundError when there is none."""
    with tarfile.open(archive) as tar, tempfile.TemporaryDirectory() as folder:
        for member in tar.getmembers():
            name = Path(member.name).name
            if member.isfile() and name in ("model.json", "model.npz") and "IssueClassifier" in member.name:
                source = tar.extractfile(member)
                assert source is not None
                (Path(folder) / name).write_bytes(source.read())
        if not (Path(folder) / "model.npz").exists():
            raise FileNotFoundError(f"{archive} holds no classifier")
        return IssueModel.load(Path(folder))


def as_line(understood: Understood, facts: List[Fact]) -> Dict[str, Any]:
    return {
        "text": understood.text,
        "intent": understood.intent,
        "confidence": round(understood.confidence, 4),
        "facts": {key: value for key, value in as_dict(facts).items() if key != "ticket_no"},
        "issue_type": understood.issue_type,
        "sub_type": None if understood.sub_type in KINDS else understood.sub_type,
        "topic": understood.topic,
        "decision": understood.decision.name,
        "candidates": list(understood.decision.candidates),
        "problems": [
            {
                "issue_type": one.issue_type,
                "sub_type": one.sub_type,
                "text": understood.text[one.start : one.end],
            }
            for one in understood.problems
        ],
    }


def parse(lines: Iterable[str], model: IssueModel, finder: FactFinder) -> Iterator[Dict[str, Any]]:
    """One result a line; also for an empty one, so that the order holds."""
    batch: List[str] = []
    for line in lines:
        batch.append(line.rstrip("\r\n"))
        if len(batch) == BATCH:
            yield from _parse_batch(batch, model, finder)
            batch = []
    yield from _parse_batch(batch, model, finder)


def _parse_batch(texts: List[str], model: IssueModel, finder: FactFinder) -> Iterator[Dict[str, Any]]:
    for understood, text in zip(model.understand_all(texts), texts, strict=True):
        yield as_line(understood, finder.find(text))


def main() -> int:
    arguments = argparse.ArgumentParser(description="understand utterances from stdin")
    arguments.add_argument("--model", type=Path, default=ROOT / "models" / "current.tar.gz")
    asked = arguments.parse_args()
    try:
        model = load_model(asked.model)
    except FileNotFoundError as error:
        print(f"no model: {error}. Run `python -m bot.train` first.", file=sys.stderr)
        return 1
    sys.stdin.reconfigure(encoding="utf8", errors="replace")  # type: ignore[union-attr]
    for result in parse(sys.stdin, model, FactFinder()):
        print(json.dumps(result, ensure_ascii=False), flush=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
