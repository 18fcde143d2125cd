"""`anxin rules` as an editor of the rules uses it."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aftersales.core.publication import today
from aftersales.rulebook_store import FOLDER, read
from kernel.clock import utcnow
from service import rules_cli
from tests.aftersales.rulebooks import shelf_of, version_text


@pytest.fixture
def anxin_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("ANXIN_VAR", str(tmp_path / "none"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    folder = tmp_path / "rules"
    folder.mkdir()

    def call(*words: str) -> Result:
        return CliRunner().invoke(rules_cli.app, [*words, "--folder", str(folder)])

    call.folder = folder  # type: ignore[attr-defined]
    return call


def in_days(days: int) -> str:
    return str(today(utcnow()) + timedelta(days=days))


MORE = ("{hours: 2, on", "{hours: 1, on")
LESS = ("hours: 168", "hours: 144")


def test_the_rulebooks_that_ship_are_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANXIN_VAR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    checked = CliRunner().invoke(rules_cli.app, ["check"])
    assert checked.exit_code == 0, checked.output
    assert all(path.stem in checked.output for path in FOLDER.glob("*.yml"))


def test_check_names_file_line_and_rule(anxin_rules) -> None:  # type: ignore[no-untyped-def]
    shelf_of(anxin_rules.folder, v2027_01=version_text("2027-01", ("{hours: 2, on", "{hours: two, on")))
    checked = anxin_rules("check")
    assert checked.exit_code == 1
    assert "2027-01.yml:" in checked.output and "rule D01: deadlines.submitted.hours" in checked.output


def test_check_finds_a_version_that_was_announced_too_late(anxin_rules) -> None:  # type: ignore[no-untyped-def]
    shelf_of(anxin_rules.folder, v2027_01=version_text("2027-01", published="2026-12-28"))
    checked = anxin_rules("check")
    assert checked.exit_code == 1
    assert "2027-01-04 is the earliest day" in checked.output


def test_diff_says_what_was_and_what_is(anxin_rules) -> None:  # type: ignore[no-untyped-def]
    shelf_of(anxin_rules.folder, v2027_01=version_text("2027-01", MORE))
    shown = anxin_rules("diff", "2026-11", "2027-01")
    assert shown.exit_code == 0
    assert "rule D01" in shown.output and "2 小时 → 1 小时" in shown.output
    assert "nothing changed" in anxin_rules("diff", "2026-11", "2026-11").output
    assert anxin_rules("diff", "2026-11", "1999-01").exit_code == 1


def test_publish_announces_a_draft_and_keeps_its_comments(anxin_rules) -> None:  # type: ignore[no-untyped-def]
    shelf_of(anxin_rules.folder, v2027_01=version_text("2027-01", MORE, effective=in_days(7)))
    path = anxin_rules.folder / "2027-01.yml"
    before = path.read_text()
    done = anxin_rules("publish", "2027-01", "--yes")
    assert done.exit_code == 0, done.output
    book = read(path)
    assert (str(book.published_at), str(book.effective_from)) == (in_days(0), in_days(7))
    assert path.read_text().replace(f"published_at: {in_days(0)}\n", "") == before
    again = anxin_rules("publish", "2027-01", "--yes")
    assert again.exit_code == 1 and "never edited" in again.output


@pytest.mark.parametrize(
    ("edits", "weighty", "ahead", "said"),
    [
        ((MORE,), False, 6, "is the earliest day"),
        ((LESS,), False, 30, "weighs on consumers"),
        ((LESS,), True, 14, "15 days' notice"),
        ((), False, 30, "nothing to announce"),
    ],
)
def test_publish_refuses_what_readers_would_learn_too_late(  # type: ignore[no-untyped-def]
    anxin_rules, edits: tuple[tuple[str, str], ...], weighty: bool, ahead: int, said: str
) -> None:
    text = version_text("2027-01", *edits, effective=in_days(ahead))
    text = text.replace("effective_from", "weighty: true\neffective_from") if weighty else text
    shelf_of(anxin_rules.folder, v2027_01=text)
    refused = anxin_rules("publish", "2027-01", "--yes")
    assert refused.exit_code == 1
    assert said in refused.output
    assert read(anxin_rules.folder / "2027-01.yml").published_at is None


def test_without_a_yes_nothing_is_announced(anxin_rules) -> None:  # type: ignore[no-untyped-def]
    shelf_of(anxin_rules.folder, v2027_01=version_text("2027-01", MORE, effective=in_days(9)))
    assert anxin_rules("publish", "2027-01").exit_code == 1
    assert read(anxin_rules.folder / "2027-01.yml").published_at is None
