"""The training sentences as they stand in `data/nlu`, read without Rasa."""

from pathlib import Path
from typing import List

from bot.nlu.training import Example

ROOT = Path(__file__).resolve().parents[2]
BY_BUTTON = frozenset({"start_case", "choose_order", "choose_remedy"})  # never said by words


def read_examples(folder: Path = ROOT / "data" / "nlu") -> List[Example]:
    """Every sentence with its intent and its sub-type or topic, in the order of the files."""
    from ruamel.yaml import YAML

    found = []
    for path in sorted(folder.glob("*.yml")):
        for block in YAML(typ="safe").load(path.read_text(encoding="utf8"))["nlu"]:
            if block.get("intent") in BY_BUTTON or "intent" not in block:
                continue
            about = block.get("metadata") or {}
            kind = "topic" if "topic" in about else "sub_type"
            for line in block["examples"].splitlines():
                found.append(Example(line[2:].strip(), block["intent"], about.get(kind), kind))
    return found
