"""Trains the classifier: n-grams and what the encoder sees in; for intents a logistic regression and a reader, and for
the sub-types within an intent two logistic regressions, calibrated on held-out folds."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from threadpoolctl import threadpool_limits

from bot.nlu import encoder
from bot.nlu.classifier import OPEN, IssueModel
from bot.nlu.features import Sparse, Vocabulary
from bot.nlu.heads import Head, sharpen, softmax
from bot.nlu.joining import joined, pairs
from bot.nlu.normalise import flatten
from bot.nlu.reader import Reader
from bot.nlu.reading import learn
from bot.nlu.taught import Taught

FOLDS = 3
ENOUGH = 3000  # sentences of which only a third is held out: a thousand are plenty for two numbers
NEVER = -30.0  # as a score before the softmax
SHARES = (0.4, 0.5, 0.6, 0.7, 0.8)
SHARPNESS = (0.8, 1.0, 1.2, 1.4, 1.7, 2.0, 2.4, 3.0, 3.6)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Example:
    """One training sentence; `detail` is its sub-type or topic, `kind` says which of the two."""

    text: str
    intent: str
    detail: Optional[str] = None
    kind: str = "sub_type"

    @classmethod
    def of(cls, text: str, intent: str, about: Mapping[str, Any]) -> "Example":
        """A sentence of a block whose metadata is `about`: `{sub_type}`, `{topic}` or nothing."""
        kind = "topic" if "topic" in about else "sub_type"
        return cls(text, intent, about.get(kind), kind)


@dataclass(frozen=True)
class Options:
    longest: int = 3
    words: bool = True
    reads: bool = True  # also by what the encoder sees
    tuned: bool = True  # with the votes of the tuned language models, where there is a reader
    least: int = 2  # how many sentences must hold an n-gram
    gram_strength: float = 30.0  # inverse regularisation (C)
    vector_strength: float = 1.0
    joined: float = 0.4  # sentences said in one breath, a sentence; in the n-grams' training each counts half
    features: int = 256  # of the reader
    rounds: int = 2
    # The n-grams' part of the vote on intents, and its sharpness: `anxin evaluate` says which fit held-out sentences best.
    share: float = 0.5
    sharpness: float = 1.7


@dataclass(frozen=True)
class Features:
    """What is known of the training sentences before anything is learnt; `seen` is None where nothing is read."""

    flat: List[str]
    vocabulary: Vocabulary
    grams: Any
    seen: Optional[encoder.Seen]

    @classmethod
    def of(cls, examples: Sequence[Example], options: Options) -> "Features":
        flat = [flatten(example.text) for example in examples]
        vocabulary, vectors = Vocabulary.learn(flat, options.longest, options.words, options.least)
        # half precision: the tokens of all sentences are most of what training needs of memory
        seen = encoder.see(flat, np.float16) if options.reads else None
        return cls(flat, vocabulary, sparse_matrix(vectors, len(vocabulary.index)), seen)


def train(
    examples: Sequence[Example], options: Options = Options(), say: Say = lambda line: None
) -> IssueModel:
    """A model of all examples, the same for the same examples and options."""
    began = time.perf_counter()
    features = Features.of(examples, options)
    say(
        f"{len(examples)} sentences, {len(features.vocabulary.index)} n-grams ({time.perf_counter() - began:.0f} s)"
    )
    everything = np.arange(len(examples))
    within, kinds = {}, {}
    # The n-grams' solver leaves the interpreter's lock, and so does most of what the reader does; threads of their
    # products would only wait for one another.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(1) as beside:
        reading = beside.submit(fit_reader, features, examples, everything, options)
        intents = fit_intents(features, examples, everything, options)
        say(f"intents by n-grams ({time.perf_counter() - began:.0f} s)")
        for intent in sorted({example.intent for example in examples}):
            rows = [row for row, example in enumerate(examples) if example.intent == intent]
            details = [examples[row].detail or OPEN for row in rows]
            if intent == "not_complaint" or set(details) == {OPEN}:
                continue
            chosen = features.seen.vectors[rows] if features.seen is not None else None
            within[intent] = fit_head(
                features.grams[rows], chosen, details, options, calibrate=len(rows) >= 100
            )
            kinds[intent] = next(examples[row].kind for row in rows if examples[row].detail)
        say(f"{len(within)} intents told apart further ({time.perf_counter() - began:.0f} s)")
        reader = reading.result()
    say(f"intents by the reader ({time.perf_counter() - began:.0f} s)")
    taught = Taught.of(features.flat) if options.tuned and options.reads else None
    return IssueModel(features.vocabulary, intents, within, kinds, reader, taught)


def classes_of(examples: Sequence[Example]) -> List[str]:
    return sorted({example.intent for example in examples})


def fit_intents(features: Features, examples: Sequence[Example], rows: np.ndarray, options: Options) -> Head:
    """The n-grams' vote on intents, learnt from the examples in `rows` and from pairs of them."""
    from scipy.sparse import vstack

    classes = classes_of(examples)
    intents = [examples[row].intent for row in rows]
    texts = [features.flat[row] for row in rows]
    made = pairs(intents, texts, int(options.joined * len(rows)), seed=0)
    together = sparse_matrix(
        [features.vocabulary.vector(text) for text in joined(texts, made, seed=1)],
        len(features.vocabulary.index),
    )
    labels = np.array([classes.index(intent) for intent in [*intents, *(intent for _, _, intent in made)]])
    # How often a class is written about here says little about how often consumers mean it, so a frequent one counts less
    counted = np.bincount(labels, minlength=len(classes)).clip(1)
    weight = counted[labels] ** -0.5 * np.where(np.arange(len(labels)) < len(rows), 1.0, 0.5)
    learnt = vstack([features.grams[rows], together]) if made else features.grams[rows]
    # of a class that none of the rows has nothing is learnt, and it is never said
    known = np.unique(labels)
    weights = np.zeros((learnt.shape[1], len(classes)), np.float32)
    bias = np.full(len(classes), NEVER, np.float32)
    if len(known) > 1:
        place = np.searchsorted(known, labels)
        weights[:, known], bias[known] = regress(learnt, place, options.gram_strength, weight / weight.mean())
    else:
        bias[known] = 0.0
    none = np.zeros((0, 0), np.float32), np.zeros(0, np.float32)
    return Head(classes, weights, bias, *none, options.share if options.reads else 1.0, options.sharpness)


def fit_reader(
    features: Features, examples: Sequence[Example], rows: np.ndarray, options: Options
) -> Optional[Reader]:
    """The reader's vote on intents, learnt from the examples in `rows` and from pairs of them."""
    if features.seen is None:
        return None
    classes = classes_of(examples)
    place = {intent: number for number, intent in enumerate(classes)}
    intents = [examples[row].intent for row in rows]
    singles = [(int(row), place[intent]) for row, intent in zip(rows, intents, strict=True)]
    texts = [features.flat[row] for row in rows]
    made = pairs(intents, texts, int(options.joined * len(rows)) * options.rounds, seed=2)
    both = [(int(rows[first]), int(rows[second]), place[intent]) for first, second, intent in made]
    return learn(features.seen, singles, both, len(classes), options.features, options.rounds)


def sparse_matrix(rows: Sequence[Sparse], width: int) -> Any:
    from scipy.sparse import csr_matrix

    starts = np.cumsum([0] + [len(places) for places, _ in rows])
    return csr_matrix(
        (
            np.concatenate([np.zeros(0, np.float32), *(values for _, values in rows)]),
            np.concatenate([np.zeros(0, np.int32), *(places for places, _ in rows)]),
            starts,
        ),
        shape=(len(rows), width),
    )


def fit_head(
    grams: Any, vectors: Optional[np.ndarray], labels: Sequence[str], options: Options, calibrate: bool
) -> Head:
    classes = sorted(set(labels))
    if len(classes) == 1:  # an intent with one sub-type only: it is always that one
        width = grams.shape[1]
        return Head(classes, np.zeros((width, 1)), np.zeros(1), np.zeros((0, 0)), np.zeros(0), 1.0, 1.0)
    target = np.array([classes.index(label) for label in labels])
    share, sharpness = 0.5, 1.0
    if calibrate:
        by_grams, by_vectors, order = held_out(grams, vectors, target, len(classes), options)
        share, sharpness = calibrated(by_grams, by_vectors, target[order])
    gram_weights, gram_bias = regress(grams, target, options.gram_strength)
    vector_weights, vector_bias = np.zeros((0, 0), np.float32), np.zeros(0, np.float32)
    if vectors is not None:
        vector_weights, vector_bias = regress(vectors, target, options.vector_strength)
    return Head(classes, gram_weights, gram_bias, vector_weights, vector_bias, share, sharpness)


def regress(
    features: Any, target: np.ndarray, strength: float, weight: Optional[np.ndarray] = None
) -> Tuple[np.ndarray, np.ndarray]:
    """Logistic regression; `(weights, bias)` with a column a class. Each class counts alike where no `weight` is given."""
    from sklearn.linear_model import LogisticRegression

    settings: Dict[str, Any] = {"C": strength, "class_weight": "balanced" if weight is None else None}
    if isinstance(features, np.ndarray):
        model = LogisticRegression(max_iter=200, tol=1e-3, **settings)
    else:
        # one class against the rest by liblinear: on n-grams as good as multinomial, and twenty times faster
        model = LogisticRegression(solver="liblinear", tol=1e-2, **settings)
    model.fit(features, target, sample_weight=weight)
    columns, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one column stands for two classes
        columns, bias = np.vstack([-columns, columns]) / 2, np.concatenate([-bias, bias]) / 2
    return np.ascontiguousarray(columns.T, dtype=np.float32), bias.astype(np.float32)


def calibrated(
    by_grams: np.ndarray, by_vectors: Optional[np.ndarray], truth: np.ndarray
) -> Tuple[float, float]:
    """The share and sharpness with the least log loss on held-out probabilities, `truth` in their order."""
    best: Tuple[float, float, float] = (np.inf, 0.5, 1.0)
    for share in SHARES if by_vectors is not None else (1.0,):
        votes = by_grams if by_vectors is None else share * by_grams + (1 - share) * by_vectors
        for exponent in SHARPNESS:
            chances = sharpen(votes, exponent)[np.arange(len(truth)), truth]
            loss = float(-np.log(np.clip(chances, 1e-9, 1)).mean())
            best = min(best, (loss, share, exponent))
    return best[1], best[2]


def held_out(
    grams: Any, vectors: Optional[np.ndarray], target: np.ndarray, classes: int, options: Options
) -> Tuple[np.ndarray, Optional[np.ndarray], np.ndarray]:
    """Probabilities of sentences by models that have not seen them, n-grams and vectors apart; and which rows these are.

    All rows, or of ENOUGH of them a third.
    """
    fold = np.random.RandomState(7).permutation(len(target)) % FOLDS

    def one(number: int) -> Tuple[np.ndarray, Optional[np.ndarray], np.ndarray]:
        train_rows, test_rows = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        known = np.unique(target[train_rows])
        remap = {label: place for place, label in enumerate(known)}
        here = np.array([remap[label] for label in target[train_rows]])

        def spread(features: Any, strength: float) -> np.ndarray:
            return _spread(features, train_rows, test_rows, here, known, classes, strength)

        by_vectors = None if vectors is None else spread(vectors, options.vector_strength)
        return spread(grams, options.gram_strength), by_vectors, test_rows

    asked = range(FOLDS if len(target) < ENOUGH else 1)
    # both solvers leave the interpreter's lock while they work
    with ThreadPoolExecutor(min(len(asked), os.cpu_count() or 1)) as threads:
        found = list(threads.map(one, asked))
    by_grams, by_vectors, order = zip(*found, strict=True)
    return np.vstack(by_grams), None if vectors is None else np.vstack(by_vectors), np.concatenate(order)


def _spread(
    features: Any,
    train_rows: np.ndarray,
    test_rows: np.ndarray,
    target: np.ndarray,
    known: np.ndarray,
    classes: int,
    strength: float,
) -> np.ndarray:
    chances = np.full((len(test_rows), classes), 1e-9)
    if len(known) < 2:
        chances[:, known[0]] = 1.0
        return chances
    weights, bias = regress(features[train_rows], target, strength)
    chances[:, known] = softmax(np.asarray(features[test_rows] @ weights) + bias)
    return chances
