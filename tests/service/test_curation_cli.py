"""`anxin curation` on a real database and a data folder of its own: import, inbox, label, export, undo."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from service.migrate import upgrade_async
from service.settings import ROOT
from tests.curation.conftest import QUALITY, SIZE


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A git repository that was there before, with two files of sentences."""
    folder = tmp_path / "ours"
    (folder / "data" / "nlu").mkdir(parents=True)
    (folder / "data" / "nlu" / "quality.yml").write_text(QUALITY, encoding="utf8")
    (folder / "data" / "nlu" / "size.yml").write_text(SIZE, encoding="utf8")
    who = ["-c", "user.name=x", "-c", "user.email=x@x.invalid"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], [*who, "commit", "-q", "-m", "ours"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return folder


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def anxin(tmp_path: Path, data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    secret = secrets.token_urlsafe(32)
    given = {f"ANXIN_{name}": secret for name in ("SECRET", "SHOP_SECRET", "RASA_TOKEN", "ACTION_TOKEN")}
    given |= {"ANXIN_VAR": str(tmp_path), "DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'a.db'}"}
    given |= {"ANXIN_CURATION_DATA": str(data), "ANXIN_DOUBLE_LABELS": "0", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "service.cli", "curation", *arguments],
        cwd=ROOT,
        env=os.environ | given,
        capture_output=True,
        text=True,
    )


async def test_a_sentence_goes_from_a_file_through_the_inbox_into_the_data_and_back(
    tmp_path: Path, data: Path
) -> None:
    await upgrade_async(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}")
    (tmp_path / "new.csv").write_text("text\n电饭锅煮饭夹生，电话13812345678\n", encoding="utf8")
    brought = anxin(tmp_path, data, "import", str(tmp_path / "new.csv"))
    assert brought.stdout == "brought in 1, there already 0, masked 1, held back 0, refused 0\n", (
        brought.stderr
    )
    item = json.loads(anxin(tmp_path, data, "inbox", "--json").stdout)
    assert item["text"] == "电饭锅煮饭夹生，电话〔手机号〕"
    wrong = anxin(tmp_path, data, "label", item["id"], "weather")
    assert wrong.returncode == 1 and "没有这个意图" in wrong.stderr
    labelled = anxin(
        tmp_path, data, "label", item["id"], "quality", "--detail", "quality_defect", "--reason", "没煮熟"
    )
    assert labelled.stdout.startswith("accepted: change chg_"), labelled.stderr
    out = tmp_path / "out.yml"
    anxin(tmp_path, data, "export", "--format", "yaml", "--out", str(out))
    assert "    - 电饭锅煮饭夹生，电话〔手机号〕\n" in out.read_text(encoding="utf8")
    assert git(data, "branch", "--show-current") == "trainers\n"
    change = labelled.stdout.split()[2].strip(",")
    assert change in anxin(tmp_path, data, "changes").stdout
    undone = anxin(tmp_path, data, "undo", change)
    assert undone.returncode == 0, undone.stderr
    assert (data / "data" / "nlu" / "quality.yml").read_text(encoding="utf8") == QUALITY
    assert git(data, "log", "-1", "--format=%s", "main") == "ours\n"  # the branch that was there is untouched


def test_before_the_first_migration_it_says_what_to_do(tmp_path: Path, data: Path) -> None:
    asked = anxin(tmp_path, data, "runs")
    assert asked.returncode == 1 and "anxin migrate" in asked.stderr
    assert "Traceback" not in asked.stderr
