"""A small installation of its own: every twentieth sentence of the project's data, a model of them, floors that fit."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from ruamel.yaml import YAML

from curation.core.gates import LABELS
from curation.core.nlu_file import read_lines
from kernel.db import Database
from service import demo, setup
from service.brains import Brains
from service.migrate import upgrade_async
from service.processes import redis_child, service_child
from service.settings import ROOT, Settings
from service.wiring import Services, build
from tests.conftest import make_settings
from tests.journeys.conftest import Product

NLU = Path("data") / "nlu"
ROWS = 120  # sentences that the small data do not have, to measure on
# What so few sentences reach; chance moves their figures by a few hundredths.
FLOORS: dict[str, Any] = {
    "held_out": {"macro_f1": 0.45, "labels": {"request_human": 0.4, "refund_status": 0.4}},
    "rows": {"macro_f1": 0.35, "acted_wrongly": 0.2},
}
GATES: dict[str, Any] = {
    "margins": {"default": 0.15},
    "macro_f1": 0.05,
    "acted_wrongly": 0.03,
    "fewest_dialogues": 100,
}


@dataclass
class Small(Product):
    """A product whose Rasa processes are kept as `anxin up` keeps them."""

    services: Services
    brains: Brains


def share_of(name: str) -> int:
    """One sentence of how many is taken from a file; what only moves the dialogue on is short and needed whole."""
    if name.startswith("reviews"):
        return 100
    return 3 if name.startswith(("dialogue", "buttons", "short")) or "basics" in name else 20


def thin(target: Path) -> list[tuple[str, str]]:
    """Writes the small data; returns `(sentence, label)` of what was left out, evenly over the labels."""
    (target / NLU).mkdir(parents=True)
    left: dict[str, list[str]] = {label: [] for label in LABELS}
    for path in sorted((ROOT / NLU).glob("*.yml")):
        content = path.read_text(encoding="utf8")
        kept, first = [], False
        for row in content.splitlines(keepends=True):
            first = first or row.startswith("- intent:")
            is_sentence = row.startswith("    - ")
            if is_sentence and not first and crc32(row.strip().encode()) % share_of(path.name):
                continue
            first = first and not is_sentence
            kept.append(row)
        (target / NLU / path.name).write_text("".join(kept), encoding="utf8")
        here = {line.text for line in read_lines(path.name, "".join(kept))}
        for line in read_lines(path.name, content):
            if line.about.intent in left and line.text not in here and 6 <= len(line.text) <= 30:
                left[line.about.intent].append(line.text)
    each = ROWS // len(left)
    return [
        (text, label)
        for label, texts in left.items()
        for text in sorted(texts, key=lambda text: crc32(text.encode()))[:each]
    ]


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=安装", "-c", "user.email=setup@localhost"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


async def train(data: Path, out: Path) -> None:
    """As `anxin prepare` trains, from another folder."""
    command = [str(setup.BRAIN_PYTHON), "-u", "-m", "bot.train", "--data", str(data), "--out", str(out)]
    out.mkdir(parents=True)
    with (out / "train.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=os.environ | setup.brain_env(), stdout=log, stderr=log
        )
        code = await process.wait()
    assert code == 0, (out / "train.log").read_text(errors="replace")[-2000:]


async def installed(var: Path) -> Settings:
    """The installation's own data in a git repository, its first model, its rows, floors and gates."""
    data = var / "data"
    rows = thin(data)
    git(data, "init", "--quiet", "--initial-branch", "main")
    git(data, "add", "--all")
    git(data, "commit", "--quiet", "--message", "第一批数据")
    await train(data / "data", var / "installed")
    lines = [f"e{place}\t{text}\t{label}\t\t{label}\t" for place, (text, label) in enumerate(rows)]
    head = "id\ttext\tlabel_a\talso_a\tlabel_b\talso_b"
    (var / "rows.tsv").write_text("\n".join([head, *lines]) + "\n", encoding="utf8")
    for name, content in (("floors", FLOORS), ("gates", GATES)):
        with (var / f"{name}.yml").open("w", encoding="utf8") as out:
            YAML().dump(content, out)
    return make_settings(
        var,
        f"unix://{var / 'redis.sock'}",
        f"sqlite+aiosqlite:///{var / 'anxin.db'}",
        demo=True,
        rate_factor=50,
        double_labels=0.0,
        curation_data=data,
        evaluation_rows=var / "rows.tsv",
        installed_model=var / "installed" / "current.tar.gz",
        floors=var / "floors.yml",
        gates=var / "gates.yml",
    )


@asynccontextmanager
async def started(settings: Settings, logs: Path) -> AsyncIterator[Small]:
    """Redis, the service and both Rasa slots, with the demo's people and orders."""
    await upgrade_async(settings.database)
    children = {child.name: child for child in (redis_child(settings), service_child(settings))}
    db, services = Database(settings.database), build(settings)
    brains = Brains(settings, db)
    try:
        await children["redis"].start(logs)
        await children["redis"].wait_until_ready(logs)
        await brains.start()
        await children["service"].start(logs)
        await children["service"].wait_until_ready(logs)
        await asyncio.wait_for(brains.wait_until_ready(), 300)
        yield Small(
            settings, children, await demo.seed(services, settings.public_url), logs, services, brains
        )
    finally:
        await children["service"].stop()
        await brains.stop()
        await children["redis"].stop()
        await services.close()
        await db.close()
