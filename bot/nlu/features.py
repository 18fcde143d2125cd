"""What the classifier looks at: character 1- to 3-grams and words of the flattened text, tf-idf weighted."""

import itertools
import math
from collections import Counter
from typing import Counter as CounterType
from typing import Dict, List, Sequence, Tuple

import numpy as np

from bot.nlu.words import cut

LONGEST = 400  # characters; what follows changes no label and would only cost time


def grams(text: str, longest: int, words: bool) -> CounterType[str]:
    """How often each n-gram and word occurs. `^` and `$` mark the ends, so that short answers stand out."""
    text = text[:LONGEST]
    marked = f"^{text}$"
    found: CounterType[str] = Counter()
    for n in range(1, longest + 1):
        found.update(marked[i : i + n] for i in range(len(marked) - n + 1))
    if words:
        cuts = [word for word in cut(text) if word.strip()]
        found.update("w:" + word for word in cuts)
        found.update(f"w:{left}_{right}" for left, right in itertools.pairwise(cuts))
    return found


class Vocabulary:
    """The n-grams seen often enough in training, with their idf."""

    def __init__(self, index: Dict[str, int], idf: np.ndarray, longest: int, words: bool) -> None:
        self.index, self.idf, self.longest, self.words = index, idf, longest, words

    @classmethod
    def learn(cls, texts: Sequence[str], longest: int, words: bool, least: int) -> "Vocabulary":
        seen: CounterType[str] = Counter()
        for text in texts:
            seen.update(grams(text, longest, words).keys())
        kept = sorted(gram for gram, count in seen.items() if count >= least)
        idf = np.array([math.log((1 + len(texts)) / (1 + seen[gram])) + 1 for gram in kept], dtype=np.float32)
        return cls({gram: place for place, gram in enumerate(kept)}, idf, longest, words)

    def vector(self, text: str) -> Tuple[np.ndarray, np.ndarray]:
        """`(places, values)` of the sparse vector, of length one: 1 + log(count) times idf."""
        places: List[int] = []
        values: List[float] = []
        for gram, count in grams(text, self.longest, self.words).items():
            place = self.index.get(gram)
            if place is not None:
                places.append(place)
                values.append(1.0 + math.log(count))
        at = np.array(places, dtype=np.int32)
        weights = np.array(values, dtype=np.float32) * self.idf[at] if places else np.zeros(0, np.float32)
        norm = float(np.sqrt(np.dot(weights, weights)))
        return at, weights / norm if norm else weights
