"""Writes networks as the brain runs them: one text at a time, weights as bytes."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from bot.tuning.base import WIDTH
from bot.tuning.easing import eased

OPERATORS = 18


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
    heads, size = network.heads, WIDTH // network.heads
    first, one, last = (g.constant(np.array([place])) for place in (0, 1, -1))
    length = g.add("Shape", "ids")
    x = g.add("Gather", g.constant(network.words, "words"), "ids", axis=0)
    if network.places is not None:
        x = g.add("Add", x, g.add("Slice", g.constant(network.places), first, length, first))
    x = g.normal(x, network.gain, network.shift)
    both_apart, apart = (g.constant(np.array([-1, count, size])) for count in (2 * heads, heads))
    together = g.constant(np.array([-1, WIDTH]))
    half, all_heads = g.constant(np.array([heads])), g.constant(np.array([2 * heads]))
    both_end, end = g.constant(np.array([2 * WIDTH])), g.constant(np.array([3 * WIDTH]))
    scale = g.constant(np.float32(size**-0.5))
    turn = _turn(g, network, length, size) if network.places is None else (lambda both: both)
    for layer in network.layers:
        parts = g.linear(x, layer.qkv.T, layer.qkv_bias)
        both = turn(g.add("Reshape", g.add("Slice", parts, first, both_end, last), both_apart))
        value = g.add("Reshape", g.add("Slice", parts, both_end, end, last), apart)
        query = g.add("Transpose", g.add("Slice", both, first, half, one), perm=[1, 0, 2])
        key = g.add("Transpose", g.add("Slice", both, half, all_heads, one), perm=[1, 2, 0])
        near = g.add("Mul", g.add("MatMul", query, key), scale)
        seen = g.add("MatMul", g.add("Softmax", near, axis=-1), g.add("Transpose", value, perm=[1, 0, 2]))
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


def _turn(g: Graph, network: Any, length: str, size: int) -> Callable[[str], str]:
    """Turns queries and keys by their places: each number of a pair with the other, of which one counts negative."""
    first, one = (g.constant(np.array([place])) for place in (0, 1))
    other = g.constant(np.arange(size) ^ 1)
    signs = np.where(np.arange(size) % 2, 1, -1).astype(np.float32)
    sines, cosines = (
        g.add("Unsqueeze", g.add("Slice", g.constant(table), first, length, first), one)
        for table in (network.sines.numpy() * signs, network.cosines.numpy())
    )

    def turn(both: str) -> str:
        across = g.add("Mul", g.add("Gather", both, other, axis=2), sines)
        return g.add("Add", g.add("Mul", both, cosines), across)

    return turn


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
    tokenizer: Any,
    classes: list[str],
    read: list[list[int]],
    out: Path,
    about: dict[str, Any],
) -> None:
    """`model.onnx`, `tokenizer.json` and `about.json` in the folder `out`; `read` are texts as the network reads them."""
    feeds = [{"ids": np.array(numbers, np.int64)} for numbers in read]
    save(eased(graph_of(network, len(classes)), feeds), out / "model.onnx", "MatMul", "Gather")
    tokenizer.save(str(out / "tokenizer.json"), pretty=False)
    said = {"classes": classes, "layers": len(network.layers), **about}
    (out / "about.json").write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf8")
