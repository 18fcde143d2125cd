# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.6",           # the field's standard for training; used here only, never where the bot runs
#     "tokenizers>=0.22",     # the models' tokenizers, as where the bot runs
#     "onnx>=1.17",           # the form in which the result is kept
#     "onnxruntime>=1.20",    # to make its weights bytes
#     "numpy>=1.26",
# ]
# ///
"""`make tune`: sentences (one JSON object a line, see `bot.tuning.sentences`) on standard input, files in `made/`.

A pretrained model learns to tell our intents apart, from the sentences and from pairs of them said in one breath. On two
cores 20 minutes for RoFormer-Sim and 40 for e5; needed anew only when many sentences or intents were added. If the
intents are the same, `--after network.pt --rounds 1` with six tenths of the rate (`--rate 6e-5` or `3e-5`) learns on in a
third of that, and keeps the mean of the weights before and after.
"""

import argparse
import copy
import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bot.nlu.joining import joined, pairs  # noqa: E402
from bot.nlu.tuned import LONGEST  # noqa: E402
from bot.tuning.base import WIDTH, Arrays, Base  # noqa: E402
from bot.tuning.e5 import e5  # noqa: E402
from bot.tuning.export import write  # noqa: E402
from bot.tuning.roformer import roformer  # noqa: E402

Reads = Callable[[list[str]], list[list[int]]]  # the numbers of each text's pieces
# What to begin with, and how fast each learns.
BASES: dict[str, tuple[Callable[[Path, list[str]], Base], float]] = {
    "roformer": (roformer, 1e-4),
    "e5": (e5, 5e-5),
}
BATCH, DROPPED, WARM_UP, DECAY = 32, 0.1, 0.06, 0.01
JOINED, JOINED_COUNTS = 0.4, 0.5  # pairs a sentence, and how much each counts
HIDDEN = 0.08  # of a text's pieces are unknown while learning, so that no single word decides
UNKNOWN = ("[UNK]", "<unk>")  # as the tokenizers call it
MEASURED = 300  # texts by which weights become bytes


class Layer(nn.Module):
    def __init__(self, arrays: Arrays, heads: int) -> None:
        super().__init__()
        self.heads = heads
        for name, array in arrays.items():
            self.register_parameter(name, nn.Parameter(torch.tensor(array)))

    def forward(self, x: Tensor, there: Tensor, turns: tuple[Tensor, Tensor] | None) -> Tensor:
        count, length, _ = x.shape
        parts = F.linear(x, self.qkv, self.qkv_bias).view(count, length, 3, self.heads, WIDTH // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        if turns is not None:
            query, key = turned(query, *turns), turned(key, *turns)
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=there[:, None, None, :])
        seen = F.linear(seen.transpose(1, 2).reshape(count, length, WIDTH), self.out, self.out_bias)
        x = normal(x + F.dropout(seen, DROPPED, self.training), self.gain, self.shift)
        inner = F.linear(F.gelu(F.linear(x, self.widen, self.widen_bias)), self.narrow, self.narrow_bias)
        return normal(x + F.dropout(inner, DROPPED, self.training), self.last_gain, self.last_shift)


class Network(nn.Module):
    """Chances of the classes before the softmax; the words' own vectors stay as they are, also those we never use."""

    def __init__(self, base: Base, classes: int) -> None:
        super().__init__()
        self.heads = base.heads
        fixed = {"words": base.words, "places": base.places}
        if base.places is None:
            fixed["sines"], fixed["cosines"] = angles(LONGEST + 2, WIDTH // base.heads)
        for name, array in fixed.items():
            self.register_buffer(name, None if array is None else torch.tensor(array), persistent=False)
        self.gain, self.shift = nn.Parameter(torch.tensor(base.gain)), nn.Parameter(torch.tensor(base.shift))
        self.layers = nn.ModuleList(Layer(arrays, base.heads) for arrays in base.layers)
        self.head = nn.Linear(WIDTH, classes)

    def forward(self, numbers: Tensor, lengths: Tensor) -> Tensor:
        length = numbers.shape[1]
        x = F.embedding(numbers, self.words)
        turns = (self.sines[:length], self.cosines[:length]) if self.places is None else None
        if self.places is not None:
            x = x + self.places[:length]
        x = F.dropout(normal(x, self.gain, self.shift), DROPPED, self.training)
        there = torch.arange(length)[None] < lengths[:, None]
        for layer in self.layers:
            x = layer(x, there, turns)
        mean = (x * there[..., None]).sum(1) / lengths[:, None]
        return self.head(F.dropout(mean, DROPPED, self.training))


def angles(length: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Sines and cosines by which each place turns the pairs of numbers of a head of this size."""
    turns = np.arange(length)[:, None] * 10_000.0 ** (-2 * np.arange(size // 2) / size)
    sines, cosines = (np.repeat(one, 2, axis=1).astype(np.float32) for one in (np.sin(turns), np.cos(turns)))
    return sines, cosines


def turned(x: Tensor, sines: Tensor, cosines: Tensor) -> Tensor:
    across = torch.stack([-x[..., 1::2], x[..., ::2]], dim=-1).reshape(x.shape)
    return x * cosines + across * sines


def normal(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    return F.layer_norm(x, (WIDTH,), gain, shift, 1e-12)


def batches(texts: list[list[int]], draw: np.random.RandomState) -> list[np.ndarray]:
    """Rows in random order, those of a batch of like length."""
    order = draw.permutation(len(texts))
    found = []
    for start in range(0, len(order), 50 * BATCH):
        part = sorted(order[start : start + 50 * BATCH], key=lambda row: len(texts[row]))
        found += [np.array(part[at : at + BATCH]) for at in range(0, len(part), BATCH)]
    draw.shuffle(found)
    return found


def tune(
    network: Network,
    read: Reads,
    said: list[str],
    intents: list[str],
    unknown: int,
    asked: argparse.Namespace,
    keep: Callable[[], None],
) -> None:
    """Learns for so many rounds; calls `keep` after each. `unknown` is the number of a piece that is not known."""
    texts = read(said)
    draw = np.random.RandomState(asked.seed)
    classes = sorted(set(intents))
    truth = np.array([classes.index(intent) for intent in intents])
    # How often a class is written about says little about how often it is meant.
    rare = np.bincount(truth) ** -0.5
    rare /= rare[truth].mean()
    groups = [
        {
            "params": [weight],
            "lr": asked.rate * (10 if name.startswith("head") else 1),
            "weight_decay": DECAY if weight.dim() > 1 else 0.0,
        }
        for name, weight in network.named_parameters()
    ]
    mover = torch.optim.AdamW(groups)
    rates = [group["lr"] for group in mover.param_groups]
    total = math.ceil(len(texts) * (1 + JOINED) / BATCH) * asked.rounds
    step, began = 0, time.monotonic()
    for round_ in range(asked.rounds):
        network.train()
        made = pairs(intents, said, int(JOINED * len(texts)), seed=100 * asked.seed + round_)
        rows = texts + read(joined(said, made, seed=100 * asked.seed + round_))
        label = np.concatenate([truth, np.array([classes.index(intent) for _, _, intent in made], int)])
        counts = rare[label] * np.concatenate([np.ones(len(texts)), np.full(len(made), JOINED_COUNTS)])
        for batch in batches(rows, draw):
            here = [rows[row] for row in batch]
            lengths = torch.tensor([len(one) for one in here])
            # what stands behind a text's end is not looked at
            numbers = torch.zeros((len(here), int(lengths.max())), dtype=torch.long)
            for place, one in enumerate(here):
                numbers[place, : len(one)] = torch.tensor(one)
            numbers[:, 1:].masked_fill_(torch.rand(numbers[:, 1:].shape) < HIDDEN, unknown)
            slope = min(1.0, (step + 1) / (WARM_UP * total)) * max(0.0, 1 - step / total)
            for group, rate in zip(mover.param_groups, rates, strict=True):
                group["lr"] = rate * slope
            loss = F.cross_entropy(network(numbers, lengths), torch.tensor(label[batch]), reduction="none")
            loss = (loss * torch.tensor(counts[batch], dtype=torch.float32)).mean()
            mover.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            mover.step()
            step += 1
            if step % 100 == 0:
                spent = time.monotonic() - began
                left = spent / step * (total - step) / 60
                print(f"{step}/{total}, loss {float(loss.detach()):.2f}, {left:.0f} minutes left", flush=True)
        network.eval()
        keep()


def main() -> None:
    arguments = argparse.ArgumentParser(
        description="tunes a pretrained model on the sentences of standard input"
    )
    arguments.add_argument("base", choices=BASES)
    arguments.add_argument("--wheels", type=Path, required=True, help="where the wheels were installed")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--rate", type=float, help="how fast it learns, if not as at first")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--after", type=Path, help="learn on from this network.pt of an earlier run")
    arguments.add_argument("--out", type=Path, default=Path(__file__).parent / "made")
    asked = arguments.parse_args()
    begin, rate = BASES[asked.base]
    asked.rate = asked.rate or rate
    torch.manual_seed(asked.seed)
    sentences = [json.loads(line) for line in sys.stdin]
    said, intents = [one["text"] for one in sentences], [one["intent"] for one in sentences]
    base = begin(asked.wheels, said)
    base.tokenizer.enable_truncation(LONGEST + 2)

    def read(texts: list[str]) -> list[list[int]]:
        return [one.ids for one in base.tokenizer.encode_batch(texts)]

    classes = sorted(set(intents))
    print(f"{asked.base}: {len(said)} sentences, {len(classes)} intents", flush=True)
    network = Network(base, len(classes))
    before = torch.load(asked.after) if asked.after else None
    if before:
        network.load_state_dict(before)
    some = read([said[place] for place in np.random.RandomState(asked.seed).choice(len(said), MEASURED)])
    out = asked.out / asked.base

    def keep() -> None:
        kept = copy.deepcopy(network)
        if before:  # halfway between what was known before and now: better than either, of both models
            kept.load_state_dict(
                {name: (before[name] + now) / 2 for name, now in network.state_dict().items()}
            )
        write(kept, base.tokenizer, classes, some, out, {"sentences": len(said)})
        torch.save(kept.state_dict(), out / "network.pt")

    unknown = next(number for name in UNKNOWN if (number := base.tokenizer.token_to_id(name)) is not None)
    tune(network, read, said, intents, unknown, asked, keep)


if __name__ == "__main__":
    main()
