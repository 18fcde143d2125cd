"""A rulebook that cannot be used says which file, which rule, and what is wrong."""

from pathlib import Path

import pytest

from aftersales.rulebook_store import FOLDER, BadRulebook, load_rulebook, read

SHIPPED = (FOLDER / "2026-11.yml").read_text(encoding="utf8")


def written(folder: Path, old: str, new: str, name: str = "2026-11.yml") -> Path:
    assert old in SHIPPED
    path = folder / name
    path.write_text(SHIPPED.replace(old, new, 1), encoding="utf8")
    return path


def test_every_rulebook_that_ships_can_be_read() -> None:
    assert [read(path).version for path in sorted(FOLDER.glob("*.yml"))]


def test_without_a_version_the_newest_is_meant() -> None:
    assert load_rulebook().version == max(path.stem for path in FOLDER.glob("*.yml"))
    assert load_rulebook("2026-11") is load_rulebook("2026-11")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "freight: merchant",
            "freight: nobody",
            r"2026-11\.yml: rule E01: issues\.quality_damaged\.freight: ",
        ),
        ("{hours: 2, on", "{hours: two, on", r"2026-11\.yml: rule D01: deadlines\.submitted\.hours: "),
        ("kind: image", "kind: picture", r"rule E01: issues\.quality_damaged\.items\.0\.kind: "),
        ("hours: 168, rule", "hours: -1, rule", r"rule L13: no_reason\.hours: "),
        ("label: 仅退款, ", "", r"2026-11\.yml: remedies\.refund_only\.label: "),
        ("rule_id: E02", "rule_id: E01", "rule E01: the id is used 2 times"),
        ("issues:\n", "issues:\n  quality_damaged: {}\n", "duplicate key"),
        ("version:", "\tversion:", r"2026-11\.yml: "),
        ("deadlines: #", "deadlines: []\nwhatever: #", "deadlines"),
    ],
)
def test_an_error_names_file_rule_and_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(BadRulebook, match=says):
        read(written(tmp_path, old, new))


def test_a_rulebook_is_named_after_its_version(tmp_path: Path) -> None:
    with pytest.raises(BadRulebook, match=r"2027-01\.yml: version: is 2026-11"):
        read(written(tmp_path, "version:", "version:", name="2027-01.yml"))


def test_an_unknown_version_is_said_to_be_unknown() -> None:
    with pytest.raises(BadRulebook, match=r"1999-01\.yml: there is no such rulebook"):
        load_rulebook("1999-01")


def test_an_empty_file_is_no_rulebook(tmp_path: Path) -> None:
    (tmp_path / "2026-11.yml").write_text("")
    with pytest.raises(BadRulebook, match=r"2026-11\.yml"):
        read(tmp_path / "2026-11.yml")
