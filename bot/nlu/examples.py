"""The training sentences as they stand in `data/nlu`, read without Rasa."""

import re
from pathlib import Path
from typing import List

from bot.nlu.training import Example

ROOT = Path(__file__).resolve().parents[2]
_MARK = re.compile(r"\[([^\[\]]+)\](?:\(\w+\)|\{[^{}]*\"entity\"[^{}]*\})")  # a fact: [卫衣](product)
BUTTONS = frozenset({"start_case", "choose_order", "choose_remedy"})  # said by buttons, never by words


def read_examples(folder: Path = ROOT / "data" / "nlu", marks: bool = False) -> List[Example]:
    """Every sentence with its intent and its sub-type or topic, in the order of the files.

    `marks`: with its facts as they are marked there; without, as a consumer would write it.
    """
    from ruamel.yaml import YAML

    found = []
    for path in sorted(folder.glob("*.yml")):
        for block in YAML(typ="safe").load(path.read_text(encoding="utf8"))["nlu"]:
            if "intent" not in block or block["intent"] in BUTTONS:
                continue
            about = block.get("metadata") or {}
            for line in block["examples"].splitlines():
                text = line[2:].strip() if marks else _MARK.sub(r"\1", line[2:].strip())
                found.append(Example.of(text, block["intent"], about))
    return found
