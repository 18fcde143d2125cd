"""One file of Rasa's training data: its sentences, and the smallest change that adds or removes one. Pure."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import LiteralScalarString

from curation.core.markup import unmarked

KINDS = ("sub_type", "topic")


@dataclass(frozen=True)
class About:
    """What a sentence means: its intent and, within it, a sub-type or a topic."""

    intent: str
    kind: str | None = None  # sub_type | topic
    detail: str | None = None

    @classmethod
    def of(cls, intent: str, kind: str | None, detail: str | None) -> "About":
        """With neither kind nor detail unless both are there."""
        return cls(intent, kind, detail) if kind in KINDS and detail else cls(intent)

    @property
    def metadata(self) -> dict[str, str]:
        return {self.kind: self.detail} if self.kind and self.detail else {}


@dataclass(frozen=True)
class Line:
    """A sentence of the data: `text` without marks, `raw` as it stands there."""

    file: str
    about: About
    text: str
    raw: str


def read_lines(name: str, content: str) -> Iterator[Line]:
    """The sentences of a file in its order. Raises ValueError for one that is not Rasa's."""
    loaded = YAML(typ="safe").load(content)
    blocks = loaded.get("nlu") if isinstance(loaded, dict) else None
    if not isinstance(blocks, list):
        raise ValueError("没有 nlu 一节")
    for block in blocks:
        if not isinstance(block, dict) or "intent" not in block:
            continue
        examples = block.get("examples")
        if not isinstance(examples, str):
            raise ValueError(f"意图 {block['intent']} 的 examples 不是一段文本")
        about = _about(block)
        for row in examples.splitlines():
            if row.startswith("- ") and row[2:].strip():
                yield Line(name, about, unmarked(row[2:].strip())[0], row[2:].strip())


def _about(block: Any) -> About:
    metadata = block.get("metadata") or {}
    kind = next((kind for kind in reversed(KINDS) if kind in metadata), None)
    return About.of(str(block["intent"]), kind, str(metadata[kind]) if kind else None)


class NluFile:
    """A file held open for changes; comments, order and every line that is not touched stay as they are."""

    def __init__(self, content: str) -> None:
        self._yaml = YAML()
        self._yaml.preserve_quotes = True
        self._yaml.width = 1_000_000
        self._data = self._yaml.load(content) if content.strip() else CommentedMap(version="3.1", nlu=[])

    def add(self, raw: str, about: About) -> None:
        """`raw` becomes the last sentence of the last block about the same, or of a new block at the end."""
        same = [block for block in self._blocks() if _about(block) == about]
        if same:
            old = same[-1]["examples"]
            same[-1]["examples"] = _literal(old, f"{old.rstrip()}\n- {raw}\n")
            return
        block = CommentedMap(intent=about.intent)
        if about.metadata:
            block["metadata"] = CommentedMap(about.metadata)
            block["metadata"].fa.set_flow_style()
        block["examples"] = LiteralScalarString(f"- {raw}\n")
        self._data["nlu"].append(block)

    def add_all(self, raws: Sequence[str], about: About) -> None:
        """A new block with all these sentences, which must not be none."""
        self.add(raws[0], about)
        block = next(block for block in reversed(self._blocks()) if _about(block) == about)
        lines = "".join(f"- {raw}\n" for raw in raws[1:])
        block["examples"] = _literal(block["examples"], f"{block['examples'].rstrip()}\n{lines}")

    def remove(self, text: str, about: About) -> str | None:
        """Takes the sentence of that meaning out and returns it as it stood there; None when it is not there.

        A block that has lost its last sentence goes too: Rasa refuses an empty one.
        """
        for block in self._blocks():
            if _about(block) != about:
                continue
            rows = block["examples"].splitlines()
            for number, row in enumerate(rows):
                if row.startswith("- ") and unmarked(row[2:].strip())[0] == text:
                    left = rows[:number] + rows[number + 1 :]
                    if any(one.startswith("- ") for one in left):
                        block["examples"] = _literal(block["examples"], "\n".join(left) + "\n")
                    else:
                        self._data["nlu"].remove(block)
                    return row[2:].strip()
        return None

    def content(self) -> str:
        """The file's text; empty when no block is left."""
        if not self._data["nlu"]:
            return ""
        out = io.StringIO()
        self._yaml.dump(self._data, out)
        return out.getvalue()

    def _blocks(self) -> list[Any]:
        return [block for block in self._data["nlu"] if "intent" in block]


def _literal(old: Any, new: str) -> LiteralScalarString:
    made = LiteralScalarString(new)
    if hasattr(old, "comment"):
        made.comment = old.comment  # what stands between this block and the next
    return made
