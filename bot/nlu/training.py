"""Trains the classifier: tf-idf and sentence vectors in, two logistic regressions a head, calibrated on held-out folds."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from bot.nlu import encoder
from bot.nlu.classifier import OPEN, IssueModel
from bot.nlu.features import Vocabulary
from bot.nlu.heads import Head, sharpen, softmax
from bot.nlu.normalise import flatten

FOLDS = 3
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
    vectors: bool = True
    least: int = 2  # how many sentences must hold an n-gram
    gram_strength: float = 30.0  # inverse regularisation (C)
    vector_strength: float = 1.0


def train(
    examples: Sequence[Example], options: Options = Options(), say: Say = lambda line: None
) -> IssueModel:
    """A model of all examples, the same for the same examples and options."""
    began = time.perf_counter()
    vocabulary, grams, vectors = features_of(examples, options)
    say(f"{len(examples)} sentences, {len(vocabulary.index)} n-grams")
    intents = fit_head(grams, vectors, [example.intent for example in examples], options, calibrate=True)
    say(f"intents: vote {intents.share}, sharpness {intents.sharpness} ({time.perf_counter() - began:.0f} s)")
    within, kinds = {}, {}
    for intent in sorted({example.intent for example in examples}):
        rows = [row for row, example in enumerate(examples) if example.intent == intent]
        details = [examples[row].detail or OPEN for row in rows]
        if intent == "not_complaint" or set(details) == {OPEN}:
            continue
        chosen = vectors[rows] if vectors is not None else None
        within[intent] = fit_head(grams[rows], chosen, details, options, calibrate=len(rows) >= 100)
        kinds[intent] = next(examples[row].kind for row in rows if examples[row].detail)
    say(f"{len(within)} intents told apart further ({time.perf_counter() - began:.0f} s)")
    return IssueModel(vocabulary, intents, within, kinds, options.vectors)


def features_of(
    examples: Sequence[Example], options: Options
) -> Tuple[Vocabulary, Any, Optional[np.ndarray]]:
    """The vocabulary learnt from the examples, their n-grams as a sparse matrix, and their sentence vectors."""
    flat = [flatten(example.text) for example in examples]
    vocabulary = Vocabulary.learn(flat, options.longest, options.words, options.least)
    vectors = encoder.encode(flat) if options.vectors else None
    return vocabulary, sparse_matrix(vocabulary, flat), vectors


def sparse_matrix(vocabulary: Vocabulary, flat: Sequence[str]) -> Any:
    from scipy.sparse import csr_matrix

    rows = [vocabulary.vector(text) for text in flat]
    starts = np.cumsum([0] + [len(places) for places, _ in rows])
    return csr_matrix(
        (
            np.concatenate([values for _, values in rows]),
            np.concatenate([places for places, _ in rows]),
            starts,
        ),
        shape=(len(flat), len(vocabulary.index)),
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


def regress(features: Any, target: np.ndarray, strength: float) -> Tuple[np.ndarray, np.ndarray]:
    """Logistic regression, each class counting alike; `(weights, bias)` with a column a class."""
    from sklearn.linear_model import LogisticRegression

    # balanced: how often a class is written about here says nothing about how often consumers mean it
    settings: Dict[str, Any] = {"C": strength, "class_weight": "balanced"}
    if isinstance(features, np.ndarray):
        model = LogisticRegression(max_iter=200, tol=1e-3, **settings)
    else:
        # one class against the rest by liblinear: on n-grams as good as multinomial, and twenty times faster
        model = LogisticRegression(solver="liblinear", tol=1e-2, **settings)
    model.fit(features, target)
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
    """Probabilities of each sentence by models that have not seen it, n-grams and vectors apart; and the rows' order."""
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

    # both solvers leave the interpreter's lock while they work
    with ThreadPoolExecutor(min(FOLDS, os.cpu_count() or 1)) as threads:
        found = list(threads.map(one, range(FOLDS)))
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


def describe(model: IssueModel) -> Dict[str, List[str]]:
    """What the model can tell apart, for logs and the evaluation page."""
    return {
        "intents": model.intents.classes,
        **{intent: head.classes for intent, head in model.within.items()},
    }
