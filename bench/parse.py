"""`anxin bench parse`: how long a sentence takes to be understood on one core, by stock Rasa's DIET and by ours.

Both are loaded as `rasa run` loads them and get the same sentences one by one. Stock reads words and n-grams and finds
an intent; ours also levels spelling, finds the facts and decides whether to act. Stock is trained once on a sample of
our sentences (see `bench.sides`), which changes what it knows, not how fast it is.
"""

import json
import os
import statistics
import subprocess
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML

from bench.sides import STOCK, train_stock
from bench.turn import p99
from service import setup
from service.settings import ROOT, Settings

SENTENCES = 300
GOAL = {"median": 8.0, "p99": 25.0}  # milliseconds


def sentences() -> list[str]:
    """Spread evenly over all training sentences, so that short answers and long reviews come in their proportion.

    Each lacks its last letter: what was taught word by word would be understood with less work.
    """
    found: list[str] = []
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for block in YAML(typ="safe").load(path)["nlu"]:
            found += [line[2:].strip()[:-1] for line in block.get("examples", "").splitlines()]
    found = [one for one in found if one]
    return found[:: max(1, len(found) // SENTENCES)][:SENTENCES]


def timed(model: Path, said: list[str]) -> dict[str, Any]:
    """`{loaded, each}` of a model: seconds to load, milliseconds a sentence."""
    env = (
        os.environ
        | setup.brain_env()
        | {
            "PYTHONPATH": f"{ROOT}:{STOCK}",
            "OMP_NUM_THREADS": "1",
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
        }
    )
    command = [str(setup.BRAIN_PYTHON), "-m", "bench.parse_sides", str(model)]
    done = subprocess.run(
        command, input="\n".join(said), capture_output=True, text=True, env=env, cwd=ROOT, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def show(found: dict[str, dict[str, Any]], console: Console) -> None:
    table = Table("", "stock DIET", "ours", "ratio", "goal", title="one sentence on one core, milliseconds")
    theirs, mine = found["stock"]["each"], found["ours"]["each"]
    for name, of in (("median", statistics.median), ("p99", p99)):
        one, other = of(theirs), of(mine)
        table.add_row(name, f"{one:.1f}", f"{other:.1f}", f"{one / other:.1f}×", f"≤ {GOAL[name]:.0f}")
    console.print(table)
    console.print(
        f"ready after: stock {found['stock']['loaded']:.0f} s, ours {found['ours']['loaded']:.0f} s"
    )
    trained = json.loads((ROOT / "models" / "current.json").read_text(encoding="utf8"))
    size = (ROOT / "models" / "current.tar.gz").stat().st_size / 1e6
    console.print(
        f"ours: trained on {trained['examples']:,} sentences in {trained['seconds']} s, {size:.1f} MB; "
        f"stock: {found['stock']['trained']} s for its sample"
    )


def main(settings: Settings, console: Console) -> None:
    """Runs both once, prints the table, writes var/bench/parse.json."""
    folder = settings.var / "bench" / "stock"
    console.print("training stock Rasa, the first time only; it takes a few minutes …")
    train_stock(folder, say=console.print)
    said = sentences()
    found = {}
    for name, model in (("stock", folder / "model.tar.gz"), ("ours", ROOT / "models" / "current.tar.gz")):
        console.print(f"{name}: {len(said)} sentences one by one …")
        found[name] = timed(model, said)
    found["stock"]["trained"] = (folder / "seconds").read_text()
    show(found, console)
    path = settings.var / "bench" / "parse.json"
    path.write_text(json.dumps(found, indent=1), encoding="utf8")
    console.print(f"[dim]{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}[/]")
