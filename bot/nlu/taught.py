"""Which sentences the model was trained on, remembered by a mark of eight bytes each."""

from hashlib import blake2b
from typing import Iterable

import numpy as np


class Taught:
    """`"坏了" in taught`: whether the flattened text is a training sentence, word by word."""

    def __init__(self, marks: np.ndarray) -> None:
        self.marks = marks  # sorted

    @classmethod
    def of(cls, flat: Iterable[str]) -> "Taught":
        return cls(np.unique(np.array([_mark(text) for text in flat], dtype=np.uint64)))

    def __contains__(self, flat: str) -> bool:
        mark = _mark(flat)
        place = int(np.searchsorted(self.marks, mark))
        return place < len(self.marks) and bool(self.marks[place] == mark)


def _mark(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little"))
