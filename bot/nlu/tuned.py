"""The third vote on intents: a pretrained language model, tuned once on our sentences (see `bot/tuning`), kept as files.

Training takes minutes and must not wait for this one, which takes an hour: it stays as it is while sentences are added.
So it votes only where it can know better: not on a sentence that was taught word by word, and not against an intent
that was made after it.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import List, Sequence

import numpy as np

from bot.nlu.running import MADE, session

LONGEST = 126  # tokens of a text that are read
BEGIN, END = 0, 2  # the pieces before and after every text


class Tuned:
    """`share` is its part of the vote, `sharpness` the calibration of the vote that it took part in."""

    def __init__(self, folder: Path = MADE) -> None:
        from sentencepiece import SentencePieceProcessor

        about = json.loads((folder / "about.json").read_text(encoding="utf8"))
        self.classes: List[str] = about["classes"]
        self.share: float = about["share"]
        self.sharpness: float = about["sharpness"]
        self._pieces = SentencePieceProcessor(model_file=str(folder / "pieces.model"))
        self._network = session(folder / "model.onnx")

    def vote(self, flat: str, classes: Sequence[str]) -> np.ndarray:
        """A probability for each of `classes` by this text alone; nothing for those it does not know."""
        numbers = [BEGIN, *self._pieces.encode(flat, out_type=int)[:LONGEST], END]
        chances = self._network.run(None, {"ids": np.array(numbers, np.int64)})[0][0]
        found = dict(zip(self.classes, chances, strict=True))
        votes = np.array([found.get(name, 0.0) for name in classes], dtype=np.float32)
        return votes / max(float(votes.sum()), 1e-9)


@lru_cache(maxsize=1)
def shipped() -> Tuned:
    """The one that comes with the software; loaded once a process (half a second, 60 MB)."""
    return Tuned()
