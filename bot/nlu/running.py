"""Runs what `bot/tuning` made: networks with weights of a byte, one thread each, for turns run beside one another."""

from pathlib import Path
from typing import Any

MADE = Path(__file__).resolve().parent.parent / "tuning" / "made"


def session(path: Path) -> Any:
    """An ONNX Runtime session of the network in this file."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
