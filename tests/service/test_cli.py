"""The command line, as an operator uses it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.tokens import read_identity
from service import setup
from service.cli import app
from service.settings import ROOT


def anxin(var: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANXIN_")} | {
        "ANXIN_VAR": str(var)
    }
    command = [sys.executable, "-m", "service.cli", *words]
    return subprocess.run(
        command, cwd=ROOT, env=env, input=given, capture_output=True, text=True, timeout=120
    )


def test_a_token_is_signed_with_the_installations_own_secret(tmp_path: Path) -> None:
    printed = anxin(tmp_path, "token", "--consumer", "u_1001", "--orders", "2026,2027")
    assert printed.returncode == 0, printed.stderr
    kept = dict(line.split("=", 1) for line in (tmp_path / "secrets.env").read_text().splitlines())
    identity = read_identity(kept["ANXIN_SHOP_SECRET"], printed.stdout.strip())
    assert (identity.consumer_id, identity.orders) == ("u_1001", ["2026", "2027"])


def test_migrate_makes_a_database_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    assert anxin(tmp_path, "migrate").returncode == 0
    assert (tmp_path / "anxin.db").is_file()
    assert anxin(tmp_path, "migrate").returncode == 0


def test_doctor_says_what_is_missing_and_how_to_mend_it(tmp_path: Path) -> None:
    found = anxin(tmp_path, "doctor")
    assert found.returncode == 1
    assert "make up" in found.stdout


@pytest.mark.slow
@pytest.mark.skipif(not setup.MODEL.is_file(), reason="no model is trained yet: anxin prepare")
def test_parse_prints_one_line_for_each_in_order(tmp_path: Path) -> None:
    said = [
        "鞋子收到就是破的，裂了一道口子",
        "",
        "转人工",
        "人工智能音箱怎么连网",
        "订单号2026111900080000少发了一件",
    ]
    printed = anxin(tmp_path, "parse", given="\n".join(said) + "\n")
    assert printed.returncode == 0, printed.stderr
    lines = [json.loads(line) for line in printed.stdout.splitlines()]
    assert [line["text"] for line in lines] == said
    assert [line["trigger"] for line in lines] == [None, None, "human", None, None]
    assert lines[0]["issue_type"] == "quality"
    assert lines[2]["issue_type"] == "request_human"
    assert lines[4]["facts"]["order_no"] == "2026111900080000"
    assert {line["decision"] for line in lines} <= {"act", "ask", "offer"}


def test_help_lists_the_groups_that_are_loaded_only_when_named() -> None:
    run = CliRunner()
    listed = run.invoke(app, ["--help"]).stdout
    for group, command in (("archive", "verify"), ("rules", "publish"), ("curation", "inbox")):
        assert f" {group} " in listed
        assert f" {command} " in run.invoke(app, [group, "--help"]).stdout


def test_a_command_does_not_load_what_only_others_need() -> None:
    code = "import sys, service.cli; print(sorted({'sanic', 'alembic', 'sqlalchemy', 'redis'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr
