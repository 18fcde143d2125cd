"""The folders of training runs: prepared, started as a process that outlives the service, looked at, ended.

All of it is blocking and meant for a thread.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ruamel.yaml import YAML

from curation.runner import LOCK, LOG, PROGRESS, SPEC

LOG_SHOWN = 64 * 1024  # bytes of its end


class Sentences(Protocol):
    """The trainers' data (curation.folder.DataFolder)."""

    def head(self) -> str: ...
    def base(self) -> str: ...
    def checkout(self, commit: str, target: Path) -> None: ...


@dataclass(frozen=True)
class Brain:
    """Where the brain's environment is, and the project's own data that the installed model is of."""

    root: Path
    python: Path
    env: Mapping[str, str]
    floors_file: Path
    evaluation_rows: Path | None = None
    dialogues: str = "tests/dialogues"

    @property
    def floors(self) -> dict[str, Any]:
        found: dict[str, Any] = YAML(typ="safe").load(self.floors_file.read_text(encoding="utf8"))
        return found


@dataclass(frozen=True)
class Compared:
    """The model in use: its archive, and where its own held-out rows are kept or shall be."""

    sha256: str
    archive: Path
    rows: Path  # …/held_out/rows.jsonl
    data: Path | None  # to make them from, when they are not there yet


class Workshop:
    """`folder`/<run id>/ holds data/nlu, model/, evaluation/, compare.json, dialogues/, the log and the progress."""

    def __init__(self, folder: Path, brain: Brain) -> None:
        self.folder, self.brain = folder, brain
        self._mine: dict[str, subprocess.Popen[bytes]] = {}  # started here: to be reaped when they end

    def of(self, run_id: str) -> Path:
        return self.folder / run_id

    def steps(self, run_id: str, against: Compared) -> list[dict[str, Any]]:
        """The commands of a run."""
        here, brain = self.of(run_id), self.brain
        python = [str(brain.python), "-u", "-m"]
        made = here / "model" / "current.tar.gz"
        rows = here / "evaluation" / "held_out" / "rows.jsonl"
        data, evaluation = str(here / "data"), str(here / "evaluation")
        compare = ["--model", str(made), "--live", str(against.archive), "--held-out", str(rows)]
        compare += ["--live-held-out", str(against.rows), "--out", str(here / "compare.json")]
        if brain.evaluation_rows:
            compare += ["--rows", str(brain.evaluation_rows)]
        tests = ["--model", str(made), "--stories", brain.dialogues, "--fail-on-prediction-errors"]
        tests += ["--no-plot", "--out", str(here / "dialogues")]
        found = [
            _step(
                "train",
                "训练模型",
                [*python, "bot.train", "--force", "--data", data, "--out", str(here / "model")],
            ),
            # 1: below a floor, which the gates say better
            _step(
                "held_out", "交叉验证", [*python, "bot.evaluate", "--data", data, "--out", evaluation], (0, 1)
            ),
        ]
        if against.data:
            command = [*python, "bot.evaluate", "--data", str(against.data)]
            command += ["--out", str(against.rows.parent.parent)]
            found.append(_step("baseline", "交叉验证现用模型的数据", command, (0, 1)))
        found.append(_step("compare", "和现用模型对比", [*python, "bot.compare", *compare]))
        # 1: a dialogue went another way, which the report and the gates say
        found.append(_step("dialogues", "对话测试", [*python, "rasa", "test", "core", *tests], (0, 1)))
        return found

    def prepare(self, run_id: str, sentences: Sentences, version: str, against: Compared) -> list[str]:
        """A fresh folder with the sentences as of `version` and what to do; returns the names of the steps."""
        here = self.of(run_id)
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir(parents=True)
        sentences.checkout(version, here)
        steps = self.steps(run_id, against)
        spec = {"cwd": str(self.brain.root), "env": dict(self.brain.env), "steps": steps}
        (here / SPEC).write_text(json.dumps(spec, ensure_ascii=False, indent=1), encoding="utf8")
        return [step["name"] for step in steps]

    def start(self, run_id: str) -> None:
        """Starts the run's process in a session of its own: it goes on when the service stops."""
        here = self.of(run_id)
        (here / PROGRESS).unlink(missing_ok=True)
        with (here / LOG).open("ab") as log:
            self._mine[run_id] = subprocess.Popen(
                [sys.executable, "-m", "curation.runner", str(here)],
                cwd=self.brain.root,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def is_alive(self, run_id: str) -> bool:
        """Whether the run's process lives; whoever started it."""
        path = self.of(run_id) / LOCK
        if not path.is_file():
            return False
        with path.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
        if child := self._mine.pop(run_id, None):
            child.wait()  # it has let the lock go: it is at its end
        return False

    def progress(self, run_id: str) -> dict[str, Any] | None:
        """What the process said last: `{pid, state, step, step_began, took, error, at}`."""
        path = self.of(run_id) / PROGRESS
        return json.loads(path.read_text(encoding="utf8")) if path.is_file() else None

    def end(self, run_id: str, patience: float = 10.0) -> None:
        """Ends the run's process and its step; returns when it is gone."""
        said = self.progress(run_id)
        end = time.monotonic() + patience
        while said and self.is_alive(run_id):
            late = time.monotonic() > end
            try:
                os.killpg(said["pid"], signal.SIGKILL if late else signal.SIGTERM)
            except ProcessLookupError:
                return
            time.sleep(0.1)

    def log(self, run_id: str) -> str:
        """The end of the log."""
        path = self.of(run_id) / LOG
        if not path.is_file():
            return ""
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - LOG_SHOWN))
            return stream.read().decode("utf8", errors="replace")

    def result(self, run_id: str) -> dict[str, Any]:
        """What a finished run found: comparison and dialogue tests. Raises FileNotFoundError when a part is missing."""
        here = self.of(run_id)
        compared: dict[str, Any] = json.loads((here / "compare.json").read_text(encoding="utf8"))
        return compared | {"dialogues": _dialogues(here / "dialogues")}

    def archive(self, run_id: str) -> tuple[Path, dict[str, Any]]:
        """The archive a run made and what is known of it."""
        folder = self.of(run_id) / "model"
        about: dict[str, Any] = json.loads((folder / "current.json").read_text(encoding="utf8"))
        return folder / "current.tar.gz", about


def _step(name: str, title: str, command: Sequence[str], accepts: Sequence[int] = (0,)) -> dict[str, Any]:
    return {"name": name, "title": title, "command": list(command), "accepts": list(accepts)}


def _dialogues(folder: Path) -> dict[str, Any]:
    """`{total, passed, failed: [name]}` of `rasa test core`."""
    said = json.loads((folder / "story_report.json").read_text(encoding="utf8"))["conversation_accuracy"]
    failed: list[str] = []
    path = folder / "failed_test_stories.yml"
    if path.is_file():
        stories = YAML(typ="safe").load(path.read_text(encoding="utf8")) or {}
        failed = [one["story"] for one in stories.get("stories", [])]
    return {"total": said["total"], "passed": said["correct"], "failed": failed}
