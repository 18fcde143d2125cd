"""Trains the reader: Adam on cross-entropy, with dropped tokens and features, and sentences said in one breath."""

from dataclasses import dataclass, field
from typing import Dict, List, Sequence, Tuple

import numpy as np

from bot.nlu.encoder import SEEN, Seen
from bot.nlu.heads import softmax
from bot.nlu.reader import Reader, pooled

BATCH = 64
RATE, WARM_UP, DECAY = 1e-3, 100, 1e-2
DROPPED_TOKENS, DROPPED_FEATURES = 0.1, 0.3
SAMPLE = 40_000  # tokens from which the features' mean and spread are taken
Item = Tuple[List[Tuple[int, int]], int]  # where the tokens of a text stand, and its class


@dataclass
class Learnt:
    """The weights, with Adam's running means of their slopes and of the slopes' squares."""

    weights: Dict[str, np.ndarray]
    slope: Dict[str, np.ndarray] = field(default_factory=dict)
    square: Dict[str, np.ndarray] = field(default_factory=dict)
    step: int = 0

    def move(self, slopes: Dict[str, np.ndarray], rate: float) -> None:
        self.step += 1
        for name, weight in self.weights.items():
            slope = slopes[name]
            first = self.slope.setdefault(name, np.zeros_like(weight))
            second = self.square.setdefault(name, np.zeros_like(weight))
            # in place: these are the largest arrays of a step
            first *= 0.9
            first += 0.1 * slope
            second *= 0.999
            second += 0.001 * slope**2
            spread = np.sqrt(second / (1 - 0.999**self.step))
            spread += 1e-8
            change = first / (1 - 0.9**self.step)
            change /= spread
            if weight.ndim == 2:
                change += DECAY * weight
            change *= rate
            weight -= change


def learn(
    seen: Seen,
    singles: Sequence[Tuple[int, int]],
    pairs: Sequence[Tuple[int, int, int]],
    classes: int,
    features: int,
    rounds: int,
) -> Reader:
    """A reader of `singles`, `(text, class)`, and `pairs`, `(first text, second text, class)`: places in `seen`.

    Each round goes once over the singles and over its share of the pairs. The same for the same input.
    """
    draw = np.random.RandomState(5)
    ends = np.cumsum(seen.lengths)
    starts = ends - seen.lengths
    alone: List[Item] = [([(starts[text], ends[text])], label) for text, label in singles]
    # of two texts as one the mark of the end in the middle goes, and that of the beginning
    both: List[Item] = [
        ([(starts[first], ends[first] - 1), (starts[second] + 1, ends[second])], label)
        for first, second, label in pairs
    ]
    some = seen.tokens[:SAMPLE].astype(np.float32)
    mean, spread = some.mean(axis=0), some.std(axis=0) + 1e-3
    heavy = np.sqrt(np.bincount([label for _, label in singles], minlength=classes).clip(1))
    weight = (1 / heavy) / np.mean([1 / heavy[label] for _, label in singles])
    learnt = Learnt(_first(draw, features, classes))
    share = len(both) // rounds
    steps = rounds * -(-(len(alone) + share) // BATCH)
    for number in range(rounds):
        items = alone + both[number * share : (number + 1) * share]
        order = draw.permutation(len(items))
        for at in range(0, len(items), BATCH):
            batch = [items[place] for place in order[at : at + BATCH]]
            spans = [span for parts, _ in batch for span in parts]
            tokens = np.concatenate([seen.tokens[start:end] for start, end in spans]).astype(np.float32)
            tokens -= mean
            tokens /= spread
            tokens *= draw.rand(len(tokens), 1) > DROPPED_TOKENS
            lengths = np.array([sum(end - start for start, end in parts) for parts, _ in batch])
            truth = np.array([label for _, label in batch])
            slopes = _slopes(learnt.weights, tokens, lengths, truth, weight[truth], draw)
            pace = min(1.0, (learnt.step + 1) / WARM_UP) * (1 - learnt.step / steps)
            learnt.move(slopes, RATE * pace + 1e-5)
    return _folded(learnt.weights, mean, spread)


def _first(draw: np.random.RandomState, features: int, classes: int) -> Dict[str, np.ndarray]:
    return {
        "token_weights": (draw.randn(SEEN, features) * np.sqrt(1.5 / SEEN)).astype(np.float32),
        "token_bias": np.zeros(features, np.float32),
        "class_weights": np.zeros((2 * features, classes), np.float32),
        "class_bias": np.zeros(classes, np.float32),
    }


def _slopes(
    weights: Dict[str, np.ndarray],
    tokens: np.ndarray,
    lengths: np.ndarray,
    truth: np.ndarray,
    weight: np.ndarray,
    draw: np.random.RandomState,
) -> Dict[str, np.ndarray]:
    """The slope of the batch's mean loss along each weight."""
    found = np.maximum(tokens @ weights["token_weights"] + weights["token_bias"], 0)
    highest, mean = pooled(found, lengths)
    both = np.concatenate([highest, mean], axis=1)
    kept = ((draw.rand(*both.shape) > DROPPED_FEATURES) / (1 - DROPPED_FEATURES)).astype(np.float32)
    loss = softmax(both * kept @ weights["class_weights"] + weights["class_bias"])
    loss[np.arange(len(truth)), truth] -= 1
    loss = (loss * (weight / len(truth))[:, None]).astype(np.float32)
    back = loss @ weights["class_weights"].T * kept
    text = np.repeat(np.arange(len(lengths)), lengths)
    width = highest.shape[1]
    to_mean = (back[:, width:] / np.sqrt(lengths)[:, None].astype(np.float32))[text]
    to_tokens = (np.where(found == highest[text], back[:, :width][text], 0) + to_mean) * (found > 0)
    return {
        "token_weights": tokens.T @ to_tokens,
        "token_bias": to_tokens.sum(axis=0),
        "class_weights": (both * kept).T @ loss,
        "class_bias": loss.sum(axis=0),
    }


def _folded(weights: Dict[str, np.ndarray], mean: np.ndarray, spread: np.ndarray) -> Reader:
    """The reader for tokens as the encoder gives them, not levelled."""
    token_weights = weights["token_weights"] / spread[:, None]
    return Reader(
        token_weights,
        weights["token_bias"] - mean @ token_weights,
        weights["class_weights"],
        weights["class_bias"],
    )
