"""What was in force once can be read for ever, and an edit after publication is noticed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aftersales import rulebook_reading, rulebook_register, rulebook_store
from aftersales.rulebook_store import load_rulebook
from kernel.db import Database
from kernel.errors import DomainError
from tests.aftersales.conftest import NOW
from tests.aftersales.rulebooks import FIRST, shelf_of, version_text


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    place = shelf_of(
        tmp_path,
        v2027_01=version_text("2027-01", ("{hours: 2, on", "{hours: 1, on"), published="2026-11-20"),
        v2027_02=version_text("2027-02", effective="2027-02-01"),
    )
    monkeypatch.setattr(rulebook_store, "FOLDER", place)
    monkeypatch.setattr(rulebook_store, "_kept", {})
    rulebook_store._version.cache_clear()
    yield place
    rulebook_store._version.cache_clear()


async def test_published_versions_are_recorded_once_and_drafts_are_not(db: Database, folder: Path) -> None:
    assert await rulebook_register.record(db, NOW, folder) == []
    assert await rulebook_register.record(db, NOW, folder) == []
    known = await rulebook_register.recorded(db)
    assert known == {
        version: rulebook_register.digest((folder / f"{version}.yml").read_text())
        for version in (FIRST, "2027-01")
    }


async def test_an_edit_after_publication_is_noticed(db: Database, folder: Path) -> None:
    await rulebook_register.record(db, NOW, folder)
    path = folder / "2027-01.yml"
    path.write_text(path.read_text().replace("{hours: 1, on", "{hours: 9, on"))
    assert await rulebook_register.record(db, NOW, folder) == ["2027-01"]
    assert "2027-01" in await rulebook_register.recorded(db)


async def test_a_version_whose_file_is_gone_still_explains_its_tickets(db: Database, folder: Path) -> None:
    await rulebook_register.record(db, NOW, folder)
    (folder / "2027-01.yml").unlink()
    with pytest.raises(rulebook_store.BadRulebook):
        load_rulebook("2027-01")
    await rulebook_register.record(db, NOW)
    assert load_rulebook("2027-01").deadlines["submitted"].hours == 1
    assert {one["version"] for one in rulebook_reading.versions(NOW)["versions"]} == {FIRST, "2027-01"}


async def test_readers_see_what_is_in_force_and_what_is_coming_but_no_draft(folder: Path) -> None:
    shown = rulebook_reading.versions(NOW)
    assert [(one["version"], one["status_label"]) for one in shown["versions"]] == [
        ("2027-01", "已公示"),
        (FIRST, "现行"),
    ]
    assert shown["in_force"] == load_rulebook(now=NOW).version == FIRST
    assert load_rulebook(now=NOW.replace(year=2027)).version == "2027-01"
    with pytest.raises(DomainError, match="not_found"):
        rulebook_reading.version("2027-02", NOW)
    assert rulebook_reading.before("2027-01") == FIRST
    assert rulebook_reading.before(FIRST) is None


async def test_a_broken_draft_does_not_take_the_others_down(folder: Path) -> None:
    (folder / "2027-02.yml").write_text("version: [")
    assert rulebook_reading.versions(NOW)["in_force"] == FIRST
