"""A small network over what the encoder sees at each token: the strongest token of a text may decide, not only the sum."""

from dataclasses import dataclass
from typing import Any, Dict, Tuple

import numpy as np

from bot.nlu.heads import softmax


@dataclass
class Reader:
    """Features of each token, their maximum and mean over the text, and from these the classes."""

    token_weights: np.ndarray  # (encoder.SEEN, features)
    token_bias: np.ndarray
    class_weights: np.ndarray  # (2 * features, classes): of the maxima, then of the means
    class_bias: np.ndarray

    def probabilities(self, tokens: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """One row a text, one column a class; `tokens` and `lengths` as in `encoder.Seen`."""
        if not len(lengths):
            return np.zeros((0, len(self.class_bias)), dtype=np.float32)
        found = np.maximum(tokens @ self.token_weights + self.token_bias, 0)
        highest, mean = pooled(found, lengths)
        return softmax(np.concatenate([highest, mean], axis=1) @ self.class_weights + self.class_bias)

    def arrays(self, name: str) -> Dict[str, np.ndarray]:
        return {
            f"{name}/token_weights": self.token_weights.astype(np.float16),
            f"{name}/token_bias": self.token_bias,
            f"{name}/class_weights": self.class_weights,
            f"{name}/class_bias": self.class_bias,
        }

    @classmethod
    def restore(cls, name: str, arrays: Any) -> "Reader":
        return cls(
            arrays[f"{name}/token_weights"].astype(np.float32),
            arrays[f"{name}/token_bias"],
            arrays[f"{name}/class_weights"],
            arrays[f"{name}/class_bias"],
        )


def pooled(found: np.ndarray, lengths: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """The highest value of each feature in a text, and the sum over the root of its length."""
    starts = np.cumsum(lengths) - lengths
    total = np.add.reduceat(found, starts, axis=0)
    return np.maximum.reduceat(found, starts, axis=0), total / np.sqrt(lengths)[:, None].astype(np.float32)
