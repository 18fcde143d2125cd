"""Every training sentence judged by a model that has not seen it: what evaluation and the search for wrong labels use."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable, List, Sequence, Tuple

import numpy as np
from threadpoolctl import threadpool_limits

from bot.nlu.heads import sharpen, softmax
from bot.nlu.training import (
    FOLDS,
    Example,
    Features,
    Options,
    calibrated,
    classes_of,
    fit_intents,
    fit_reader,
)


@dataclass(frozen=True)
class Judged:
    """A row a sentence: `chances` of the classes (intents), as the product would vote, and the sentences' `vectors`.

    `best` is the share and sharpness that would have fitted these sentences best.
    """

    classes: List[str]
    given: np.ndarray
    chances: np.ndarray
    vectors: np.ndarray
    best: Tuple[float, float]


def judge(
    examples: Sequence[Example],
    options: Options,
    say: Callable[[str], None] = lambda line: None,
) -> Judged:
    """Learns as often as there are folds, each time from the others. The same for the same examples and options."""
    features = Features.of(examples, options)
    seen = features.seen
    if seen is None:
        raise ValueError("sentences are judged with the reader, or not at all")
    classes = classes_of(examples)
    fold = np.random.RandomState(7).permutation(len(examples)) % FOLDS
    by_grams, by_reader = np.zeros((2, len(examples), len(classes)), dtype=np.float32)
    ends = np.cumsum(seen.lengths)

    def learn(number: int) -> None:
        known, others = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        head = fit_intents(features, examples, known, options)
        by_grams[others] = softmax(features.grams[others] @ head.gram_weights + head.gram_bias)
        reader = fit_reader(features, examples, known, options)
        assert reader is not None
        for row in others:
            tokens = seen.tokens[ends[row] - seen.lengths[row] : ends[row]].astype(np.float32)
            by_reader[row] = reader.probabilities(tokens, seen.lengths[row : row + 1])[0]
        say(f"part {number + 1} of {FOLDS}")

    # parts beside one another use the cores better than the threads of one part's small products
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(min(FOLDS, os.cpu_count() or 1)) as threads:
        list(threads.map(learn, range(FOLDS)))
    given = np.array([classes.index(example.intent) for example in examples])
    chances = sharpen(options.share * by_grams + (1 - options.share) * by_reader, options.sharpness)
    return Judged(classes, given, chances, seen.vectors, calibrated(by_grams, by_reader, given))
