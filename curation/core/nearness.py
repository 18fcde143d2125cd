"""Which sentences are nearly one of those the model is measured on: they must not be trained on. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable

SHORTEST = 7  # signs; shorter sentences are alike because there are not many ways to say them
ALIKE = 0.65  # share of the 3-grams of both


class Measured:
    """The sentences of the evaluation set, indexed by their 3-grams."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = [text for text in texts if len(_plain(text)) >= SHORTEST]
        self._grams = [_grams(_plain(text)) for text in self._texts]
        self._index: dict[str, list[int]] = defaultdict(list)
        for place, grams in enumerate(self._grams):
            for gram in grams:
                self._index[gram].append(place)

    def __len__(self) -> int:
        return len(self._texts)

    def near(self, text: str) -> str | None:
        """The measured sentence that `text` is nearly a copy of, or None."""
        own = _grams(_plain(text))
        shared: dict[int, int] = defaultdict(int)
        for gram in own:
            for place in self._index.get(gram, ()):
                shared[place] += 1
        for place, count in sorted(shared.items(), key=lambda pair: -pair[1]):
            if count / len(own | self._grams[place]) >= ALIKE:
                return self._texts[place]
        return None


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def _grams(text: str) -> set[str]:
    return {text[place : place + 3] for place in range(len(text) - 2)}
