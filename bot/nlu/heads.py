"""A soft vote of two models, a linear one over n-grams and another, with its probabilities calibrated."""

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from bot.nlu.features import Sparse


@dataclass
class Head:
    """Predicts one of `classes`. `share` is the n-grams' part of the vote, `sharpness` the calibration's exponent.

    The other vote is that of the sentence vector here, or of a reader (see `bot.nlu.reader`), which then stands in.
    """

    classes: List[str]
    gram_weights: np.ndarray  # (n-grams, classes)
    gram_bias: np.ndarray
    vector_weights: np.ndarray  # (512, classes); empty without sentence vectors
    vector_bias: np.ndarray
    share: float = 0.5
    sharpness: float = 1.0

    def votes(self, grams: Sparse, other: Optional[np.ndarray]) -> np.ndarray:
        """One vote a class, adding up to one, before calibration; `other` is the second vote, if there is one."""
        votes = self.by_grams(grams)
        return votes if other is None else self.share * votes + (1 - self.share) * other

    @property
    def reads(self) -> bool:
        """Whether the sentence vector has a vote."""
        return bool(self.vector_weights.size)

    def by_vector(self, vector: Optional[np.ndarray]) -> Optional[np.ndarray]:
        """The sentence vector's vote alone; None where there is no vector or nothing was learnt from vectors."""
        if vector is None or not self.reads:
            return None
        return softmax(vector @ self.vector_weights + self.vector_bias)

    def by_grams(self, grams: Sparse) -> np.ndarray:
        """The n-grams' vote alone, before calibration."""
        places, values = grams
        return softmax(values @ self.gram_weights[places].astype(np.float32) + self.gram_bias)

    def ranking(self, votes: np.ndarray, sharpness: Optional[float] = None) -> List[Tuple[str, float]]:
        """`(class, probability)`, the likeliest first; `sharpness` of votes in which more took part than here."""
        chances = sharpen(votes, self.sharpness if sharpness is None else sharpness)
        return [(self.classes[place], float(chances[place])) for place in np.argsort(-chances, kind="stable")]

    def arrays(self, name: str) -> Dict[str, np.ndarray]:
        """For storage; n-gram weights in half precision, which changes no prediction that matters (see the tests)."""
        return {
            f"{name}/gram_weights": self.gram_weights.astype(np.float16),
            f"{name}/gram_bias": self.gram_bias,
            f"{name}/vector_weights": self.vector_weights,
            f"{name}/vector_bias": self.vector_bias,
        }

    def about(self) -> Dict[str, Any]:
        return {"classes": self.classes, "share": self.share, "sharpness": self.sharpness}

    @classmethod
    def restore(cls, name: str, about: Dict[str, Any], arrays: Any) -> "Head":
        return cls(
            about["classes"],
            arrays[f"{name}/gram_weights"],
            arrays[f"{name}/gram_bias"],
            arrays[f"{name}/vector_weights"],
            arrays[f"{name}/vector_bias"],
            about["share"],
            about["sharpness"],
        )


def softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def sharpen(chances: np.ndarray, exponent: float) -> np.ndarray:
    """Probabilities to a power, adding up to one again: above 1 surer, below 1 less sure."""
    powers = np.clip(chances, 1e-9, 1.0) ** exponent
    return powers / powers.sum(axis=-1, keepdims=True)
