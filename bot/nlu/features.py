"""What the classifier looks at: character 1- to 3-grams and words of the flattened text, tf-idf weighted."""

import itertools
import math
from collections import Counter
from typing import Counter as CounterType
from typing import Dict, List, Sequence, Tuple

import numpy as np

from bot.nlu.words import cut

Sparse = Tuple[np.ndarray, np.ndarray]  # places and values
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
    def learn(
        cls, texts: Sequence[str], longest: int, words: bool, least: int
    ) -> Tuple["Vocabulary", List[Sparse]]:
        """The vocabulary of these texts, and the vector of each: they are cut only once."""
        numbers: Dict[str, int] = {}
        counted: List[Sparse] = []
        for text in texts:
            found = grams(text, longest, words)
            which = [numbers.setdefault(gram, len(numbers)) for gram in found]
            counted.append((np.array(which, np.int32), np.fromiter(found.values(), np.int32, len(found))))
        seen = np.bincount(np.concatenate([np.zeros(0, np.int32), *(which for which, _ in counted)]))
        kept = sorted(gram for gram, number in numbers.items() if seen[number] >= least)
        often = [int(seen[numbers[gram]]) for gram in kept]
        idf = np.array([math.log((1 + len(texts)) / (1 + count)) + 1 for count in often], dtype=np.float32)
        own = cls({gram: place for place, gram in enumerate(kept)}, idf, longest, words)
        place_of = np.full(len(numbers), -1, np.int32)
        place_of[[numbers[gram] for gram in kept]] = np.arange(len(kept))
        return own, [own._weighed(place_of[which], counts) for which, counts in counted]

    def vector(self, text: str) -> Sparse:
        """`(places, values)` of the sparse vector, of length one: 1 + log(count) times idf."""
        found = grams(text, self.longest, self.words)
        places = np.array([self.index.get(gram, -1) for gram in found], dtype=np.int32)
        return self._weighed(places, np.fromiter(found.values(), np.int32, len(found)))

    def _weighed(self, places: np.ndarray, counts: np.ndarray) -> Sparse:
        """Of n-grams that are not in the vocabulary the place is -1."""
        known = places >= 0
        at = places[known]
        weights = (1.0 + np.log(counts[known])).astype(np.float32) * self.idf[at]
        norm = float(np.sqrt(np.dot(weights, weights)))
        return at, weights / norm if norm else weights
