"""For tests of runs and promotions: a registry with real files, a model that serves, and runs that went through their real process with quick steps."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from curation import serving
from curation.core.gates import LABELS
from curation.models import Registry
from curation.promoting import Releasing
from curation.runs import Training
from curation.shelf import Shelf
from curation.workshop import Brain, Compared, Workshop
from kernel.clock import utcnow
from kernel.db import Database
from kernel.principal import PLATFORM, Principal
from service.settings import ROOT

TRAINER = Principal("agent", agent_id="a_t", name="钱老师", role="trainer", party=PLATFORM)
AGENT = Principal("agent", agent_id="a_m", name="林晓", role="merchant_agent", party="m_1")
FLOORS: dict[str, Any] = {"held_out": {"macro_f1": 0.5, "labels": {"quality": 0.5}}}


def archive(path: Path, content: str) -> str:
    """An archive with its description beside it; returns its sha256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode())
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    about = {"sha256": sha256, "data_fingerprint": "f" * 64, "examples": 10, "seconds": 1}
    about |= {"trained_at": "2026-11-27T10:00:00+00:00"}
    (path.parent / "current.json").write_text(json.dumps(about))
    return sha256


def side(f1: float = 0.8) -> dict[str, Any]:
    labels = {label: {"f1": f1, "precision": f1, "recall": f1, "n": 50} for label in LABELS}
    return {"rows": 500, "macro_f1": f1, "acted_wrongly": 0.02, "labels": labels}


def comparison(f1: float = 0.8, before: float = 0.8) -> dict[str, Any]:
    """What `bot.compare` writes, as far as promotion reads it."""
    return {"held_out": {"after": side(f1), "before": side(before)}, "fresh": {"n": 0}}


class Folder:
    """Stands for the trainers' repository: one commit, one sentence."""

    commit = "c0ffee"

    def head(self) -> str:
        return self.commit

    def base(self) -> str:
        return "ba5e"

    def checkout(self, commit: str, target: Path) -> None:
        path = target / "data" / "nlu" / "quality.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {commit}\nnlu: []\n", encoding="utf8")


class QuickWorkshop(Workshop):
    """The real workshop and its real process; the steps write at once what the brain's commands would take minutes for."""

    def __init__(self, folder: Path, scripts: Path, f1: float = 0.8) -> None:
        super().__init__(
            folder,
            Brain(ROOT, Path(sys.executable), {"PYTHONPATH": str(ROOT)}, ROOT / "bot" / "nlu" / "floors.yml"),
        )
        self.scripts, self.f1 = scripts, f1
        self.slow = 0.0  # seconds the training takes
        self.exit = 0

    def steps(self, run_id: str, against: Compared) -> list[dict[str, Any]]:
        here = self.of(run_id)
        result = {"total": 45, "correct": 45}
        files = {
            "compare.json": comparison(self.f1),
            "dialogues/story_report.json": {"conversation_accuracy": result},
        }
        script = [
            "import json, pathlib, sys, time, hashlib",
            "print('epoch 1', flush=True)",
            f"time.sleep({self.slow})",
            f"here = pathlib.Path({str(here)!r})",
            f"data = {f'model of {run_id}'.encode()!r}",
            "(here / 'model').mkdir(exist_ok=True); (here / 'dialogues').mkdir(exist_ok=True)",
            "(here / 'model/current.tar.gz').write_bytes(data)",
            "about = dict(sha256=hashlib.sha256(data).hexdigest(), data_fingerprint='f' * 64, examples=11,"
            " seconds=1, trained_at='2026-11-27T11:00:00+00:00')",
            "(here / 'model/current.json').write_text(json.dumps(about))",
            *(f"(here / {name!r}).write_text({json.dumps(said)!r})" for name, said in files.items()),
            f"sys.exit({self.exit})",
        ]
        command = [sys.executable, "-c", "\n".join(script)]
        return [{"name": "train", "title": "训练模型", "command": command, "accepts": [0]}]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    archive(tmp_path / "installed" / "current.tar.gz", "the installed model")
    return Registry(Shelf(tmp_path / "models"), tmp_path / "installed" / "current.tar.gz")


@pytest.fixture
async def live(db: Database, registry: Registry) -> str:
    """The installed model serves from the first slot."""
    row = await serving.establish(db, registry, utcnow())
    await warm(db, "blue", row["model"])
    return str(row["model"])


async def warm(db: Database, slot: str, model: str) -> None:
    """Says as its keeper would that the slot's process is ready."""
    assert await serving.report_slot(db, slot, model, "ready", utcnow(), url=f"http://{slot}")


@pytest.fixture
def workshop(tmp_path: Path) -> QuickWorkshop:
    return QuickWorkshop(tmp_path / "runs", tmp_path)


@pytest.fixture
def training(workshop: QuickWorkshop, registry: Registry) -> Training:
    return Training(workshop, Folder(), registry)


@pytest.fixture
def releasing(registry: Registry) -> Releasing:
    return Releasing(registry, FLOORS)
