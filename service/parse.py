"""`anxin parse`: what the brain understands, and what the rules before it saw."""

import json
import os
import subprocess
import sys
import threading
from typing import TextIO

from handoff.core import triggers
from service.settings import ROOT
from service.setup import BRAIN_PYTHON, MODEL, brain_env


def run(source: TextIO, out: TextIO) -> int:
    """One JSON object for every line of `source`, in order; returns the exit code."""
    if not BRAIN_PYTHON.is_file() or not MODEL.is_file():
        print("The brain is not set up yet: run `make up` or `anxin prepare` first.", file=sys.stderr)
        return 1
    lines = [line.rstrip("\n") for line in source]
    process = subprocess.Popen(
        [str(BRAIN_PYTHON), "-m", "bot.parse"],
        cwd=ROOT,
        env=os.environ | brain_env(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf8",
    )
    assert process.stdin and process.stdout

    def feed() -> None:
        assert process.stdin
        process.stdin.write("".join(line + "\n" for line in lines))
        process.stdin.close()

    threading.Thread(target=feed, daemon=True).start()
    for line, answer in zip(lines, process.stdout, strict=False):
        parsed = json.loads(answer)
        seen = triggers.detect(line)
        parsed["trigger"] = seen.kind if seen else None
        if seen and seen.kind == "human":
            parsed |= {"issue_type": "request_human", "decision": "act"}
        out.write(json.dumps(parsed, ensure_ascii=False) + "\n")
    return process.wait()
