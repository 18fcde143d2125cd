"""The last votes on intents: pretrained language models, tuned once on our sentences (see `bot/tuning`), kept as files.

Training takes minutes and must not wait for these, which take an hour: they stay as they are while sentences are added.
So they vote only where they can know better: not on a sentence that was taught word by word, and not against an intent
that was made after them.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import List, Sequence

import numpy as np

from bot.nlu.running import MADE, session

LONGEST = 126  # pieces of a text that are read: characters, or parts of words
# In the order in which they are asked: the first knows more of Chinese and takes half the time, and two that were
# pretrained apart err apart.
NAMES = ("roformer", "e5")


class Tuned:
    """One of them, from the folder that `make tune` wrote."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        about = json.loads((folder / "about.json").read_text(encoding="utf8"))
        self.classes: List[str] = about["classes"]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._network = session(folder / "model.onnx")

    def vote(self, flat: str, classes: Sequence[str]) -> np.ndarray:
        """A probability for each of `classes` by this text alone; nothing for those it does not know."""
        numbers = np.array(self._tokenizer.encode(flat).ids, np.int64)
        chances = self._network.run(None, {"ids": numbers})[0][0]
        found = dict(zip(self.classes, chances, strict=True))
        votes = np.array([found.get(name, 0.0) for name in classes], dtype=np.float32)
        return votes / max(float(votes.sum()), 1e-9)


@lru_cache(maxsize=1)
def shipped() -> List[Tuned]:
    """Those that come with the software; loaded once a process (half a second, 90 MB)."""
    return [Tuned(MADE / name) for name in NAMES]
