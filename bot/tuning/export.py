"""Writes the tuned network as the brain runs it: one text at a time, weights as bytes."""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from bot.tuning.pretrained import HEADS, WIDTH

OPERATORS = 18
# Of the vote on intents and its sharpness: picked on the labelled rows of real consumers, see `bot/nlu/tried.yml`.
SHARE, SHARPNESS = 0.5, 1.7


class Graph:
    """Nodes and constants, each added where it is used."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any, name: str = "") -> str:
        name = name or f"c{len(self.constants)}"
        array = value.detach().numpy() if hasattr(value, "detach") else np.asarray(value)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, *inputs: str, **settings: Any) -> str:
        out = f"x{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [out], name=f"n_{out}", **settings))
        return out

    def linear(self, x: str, weight: Any, bias: Any) -> str:
        return self.add("Add", self.add("MatMul", x, self.constant(weight.T)), self.constant(bias))

    def normal(self, x: str, gain: Any, shift: Any) -> str:
        gains, shifts = self.constant(gain), self.constant(shift)
        return self.add("LayerNormalization", x, gains, shifts, axis=-1, epsilon=1e-12)

    def gelu(self, x: str) -> str:
        erf = self.add("Erf", self.add("Mul", x, self.constant(np.float32(0.5**0.5))))
        half = self.add("Mul", x, self.constant(np.float32(0.5)))
        return self.add("Mul", half, self.add("Add", erf, self.constant(np.float32(1))))


def graph_of(network: Any, classes: int) -> Any:
    """`ids` (the numbers of one text's pieces) to `chances` (one row, a column a class)."""
    g = Graph()
    first = g.constant(np.array([0]))
    length = g.add("Shape", "ids")
    places = g.add("Slice", g.constant(network.places), first, length, first)
    x = g.add("Add", g.add("Gather", g.constant(network.words, "words"), "ids", axis=0), places)
    x = g.normal(x, network.gain, network.shift)
    apart, together = g.constant(np.array([-1, HEADS, WIDTH // HEADS])), g.constant(np.array([-1, WIDTH]))
    scale = g.constant(np.float32((WIDTH // HEADS) ** -0.5))
    for layer in network.layers:
        query, key, value = (
            g.add("Reshape", g.linear(x, weight, bias), apart)
            for weight, bias in zip(layer.qkv.chunk(3), layer.qkv_bias.chunk(3), strict=True)
        )
        query, value = (g.add("Transpose", one, perm=[1, 0, 2]) for one in (query, value))
        near = g.add("Mul", g.add("MatMul", query, g.add("Transpose", key, perm=[1, 2, 0])), scale)
        seen = g.add("MatMul", g.add("Softmax", near, axis=-1), value)
        seen = g.add("Reshape", g.add("Transpose", seen, perm=[1, 0, 2]), together)
        seen = g.linear(seen, layer.out, layer.out_bias)
        x = g.normal(g.add("Add", x, seen), layer.gain, layer.shift)
        inner = g.gelu(g.linear(x, layer.widen, layer.widen_bias))
        inner = g.linear(inner, layer.narrow, layer.narrow_bias)
        x = g.normal(g.add("Add", x, inner), layer.last_gain, layer.last_shift)
    mean = g.add("ReduceMean", x, first, keepdims=1)
    scores = g.linear(mean, network.head.weight, network.head.bias)
    g.nodes.append(helper.make_node("Softmax", [scores], ["chances"], axis=-1))
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["length"])
    chances = helper.make_tensor_value_info("chances", TensorProto.FLOAT, [1, classes])
    made = helper.make_graph(g.nodes, "tuned", [ids], [chances], g.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPERATORS)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    return model


def write(network: Any, pieces: bytes, classes: list[str], out: Path, about: dict[str, Any]) -> None:
    """`model.onnx`, `pieces.model` and `about.json` in the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        onnx.save(graph_of(network, len(classes)), whole)
        quantize_dynamic(
            whole,
            out / "model.onnx",
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul", "Gather"],
            extra_options={"MatMulConstBOnly": True},
        )
    (out / "pieces.model").write_bytes(pieces)
    said = {"classes": classes, "share": SHARE, "sharpness": SHARPNESS, **about}
    (out / "about.json").write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf8")
