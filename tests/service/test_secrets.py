"""Secrets are random, made once, and readable by their owner alone."""

from pathlib import Path

import pytest

from service import secrets


@pytest.fixture(autouse=True)
def no_secrets_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in secrets.NAMES:
        monkeypatch.delenv(name, raising=False)


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    first = secrets.load(tmp_path)
    assert len(set(first.values())) == len(secrets.NAMES)
    assert min(map(len, first.values())) >= 32
    assert secrets.load(tmp_path) == first
    assert (tmp_path / "secrets.env").stat().st_mode & 0o077 == 0


def test_the_environment_wins_and_is_not_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = secrets.load(tmp_path)
    monkeypatch.setenv("ANXIN_SECRET", "x" * 40)
    assert secrets.load(tmp_path)["ANXIN_SECRET"] == "x" * 40
    monkeypatch.delenv("ANXIN_SECRET")
    assert secrets.load(tmp_path) == kept
