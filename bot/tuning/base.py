"""What tuning begins with: a pretrained language model of either make, in the names of `tune.Network`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

WIDTH, INNER = 384, 1536  # of both

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Base:
    """`words` has a row a piece of the tokenizer. `places` are added to them; where there are none, places turn pairs of
    numbers instead (rotary position embedding). `layers` hold each parameter of `tune.Layer` by its name."""

    tokenizer: Any
    words: np.ndarray
    places: np.ndarray | None
    gain: np.ndarray
    shift: np.ndarray
    layers: list[Arrays]
    heads: int


def layer(
    dense: Callable[[str], tuple[np.ndarray, np.ndarray]],
    level: Callable[[str], tuple[np.ndarray, np.ndarray]],
    names: dict[str, str],
) -> Arrays:
    """One layer's parameters: `dense` gives weight (outputs, inputs) and bias, `level` gain and shift, by their `names`."""
    parts = [dense(names[part]) for part in ("query", "key", "value")]
    found: Arrays = {
        "qkv": np.concatenate([weight for weight, _ in parts]),
        "qkv_bias": np.concatenate([bias for _, bias in parts]),
    }
    for part in ("out", "widen", "narrow"):
        found[part], found[f"{part}_bias"] = dense(names[part])
    found["gain"], found["shift"] = level(names["level"])
    found["last_gain"], found["last_shift"] = level(names["last_level"])
    return found
