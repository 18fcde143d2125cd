"""Writes networks as the brain runs them: one text at a time, weights as bytes."""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from bot.tuning.easing import eased
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
        return self.add("Add", self.add("MatMul", x, self.constant(weight)), self.constant(bias))

    def normal(self, x: str, gain: Any, shift: Any, epsilon: float = 1e-12) -> str:
        gains, shifts = self.constant(gain), self.constant(shift)
        return self.add("LayerNormalization", x, gains, shifts, axis=-1, epsilon=epsilon)

    def gelu(self, x: str) -> str:
        erf = self.add("Erf", self.add("Mul", x, self.constant(np.float32(0.5**0.5))))
        half = self.add("Mul", x, self.constant(np.float32(0.5)))
        return self.add("Mul", half, self.add("Add", erf, self.constant(np.float32(1))))

    def model(self, inputs: list[tuple[str, int, list[Any]]], found: str, name: str, shape: list[Any]) -> Any:
        """The whole: `inputs` as (name, type, shape), and `found` given out as `name`."""
        given = [helper.make_tensor_value_info(*one) for one in inputs]
        result = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)]
        nodes = [*self.nodes, helper.make_node("Identity", [found], [name])]
        graph = helper.make_graph(nodes, "made", given, result, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPERATORS)])
        model.ir_version = 9
        onnx.checker.check_model(model)
        return model


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
            g.add("Reshape", g.linear(x, weight.T, bias), apart)
            for weight, bias in zip(layer.qkv.chunk(3), layer.qkv_bias.chunk(3), strict=True)
        )
        query, value = (g.add("Transpose", one, perm=[1, 0, 2]) for one in (query, value))
        near = g.add("Mul", g.add("MatMul", query, g.add("Transpose", key, perm=[1, 2, 0])), scale)
        seen = g.add("MatMul", g.add("Softmax", near, axis=-1), value)
        seen = g.add("Reshape", g.add("Transpose", seen, perm=[1, 0, 2]), together)
        seen = g.linear(seen, layer.out.T, layer.out_bias)
        x = g.normal(g.add("Add", x, seen), layer.gain, layer.shift)
        inner = g.gelu(g.linear(x, layer.widen.T, layer.widen_bias))
        inner = g.linear(inner, layer.narrow.T, layer.narrow_bias)
        x = g.normal(g.add("Add", x, inner), layer.last_gain, layer.last_shift)
    mean = g.add("ReduceMean", x, first, keepdims=1)
    scores = g.linear(mean, network.head.weight.T, network.head.bias)
    ids = ("ids", TensorProto.INT64, ["length"])
    return g.model([ids], g.add("Softmax", scores, axis=-1), "chances", [1, classes])


def save(model: Any, path: Path, *kinds: str) -> None:
    """Writes a model whose constant weights of these kinds of nodes are bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        onnx.save(model, whole)
        quantize_dynamic(
            whole,
            path,
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=list(kinds),
            extra_options={"MatMulConstBOnly": True},
        )


def write(
    network: Any,
    pieces: bytes,
    classes: list[str],
    read: list[list[int]],
    out: Path,
    about: dict[str, Any],
) -> None:
    """`model.onnx`, `pieces.model` and `about.json` in the folder `out`; `read` are texts as the network reads them."""
    feeds = [{"ids": np.array(numbers, np.int64)} for numbers in read]
    save(eased(graph_of(network, len(classes)), feeds), out / "model.onnx", "MatMul", "Gather")
    (out / "pieces.model").write_bytes(pieces)
    said = {"classes": classes, "share": SHARE, "sharpness": SHARPNESS, **about}
    (out / "about.json").write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf8")
