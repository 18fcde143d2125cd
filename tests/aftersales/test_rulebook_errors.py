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
            "freight: merchant\n",
            "freight: nobody\n",
            r"2026-11\.yml:\d+: rule E01: issues\.quality_damaged\.freight: ",
        ),
        ("{hours: 2, on", "{hours: two, on", r"2026-11\.yml:\d+: rule D01: deadlines\.submitted\.hours: "),
        ("kind: image", "kind: picture", r"rule E01: issues\.quality_damaged\.items\.0\.kind: "),
        ("hours: 168, rule", "hours: -1, rule", r"rule L13: no_reason\.hours: "),
        ("label: 仅退款, ", "", r"2026-11\.yml:\d+: remedies\.refund_only\.label: "),
        ("rule_id: E02", "rule_id: E01", "rule E01: the id is used 2 times"),
        ("issues:\n", "issues:\n  quality_damaged: {}\n", "duplicate key"),
        ("version:", "\tversion:", r"2026-11\.yml:\d+: "),
        ("deadlines: #", "deadlines: []\nwhatever: #", "deadlines"),
    ],
)
def test_an_error_names_file_rule_and_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(BadRulebook, match=says):
        read(written(tmp_path, old, new))


def line_of(text: str, nth: int = 1) -> int:
    """The line of the nth place where this is written in the rulebook that ships."""
    lines = [number for number, line in enumerate(SHIPPED.splitlines(), 1) if text in line]
    return lines[nth - 1]


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("{hours: 2, on", "{hours: two, on", line_of("{hours: 2, on"), "rule D01"),
        ("id: serial_no, label: 序列号, kind: text", "id: serial_no, label: 序列号, kind: words",
         line_of("id: serial_no, label: 序列号, kind: text"), "rule E02"),
        ("rule_id: E02", "rule_id: E01", line_of("rule_id: E02"), "rule E01: the id is used 2 times"),
        ("remedies: [repair]\n", "remedies: [magic]\n", line_of("rule_id: E17"), "unknown remedies"),
        ("days: 7, rule_id: L02", "days: 0, rule_id: L02", line_of("rule_id: L02"), "rule L02: terms.quality_return.days"),
        ("media: #", "media: [#", line_of("media: #") + 2, "expected"),
    ],
)  # fmt: skip
def test_the_line_is_the_one_that_has_to_be_mended(
    tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    with pytest.raises(BadRulebook) as caught:
        read(written(tmp_path, old, new))
    assert any(
        problem.startswith(f"2026-11.yml:{line}: ") and what in problem for problem in caught.value.problems
    ), caught.value.problems


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, "{hours: 2, on", "{hours: two, on")
    path.write_text(path.read_text().replace("kind: video, required: true", "kind: film, required: true", 1))
    with pytest.raises(BadRulebook) as caught:
        read(path)
    assert len(caught.value.problems) == 2


def test_a_rulebook_is_named_after_its_version(tmp_path: Path) -> None:
    with pytest.raises(BadRulebook, match=r"2027-01\.yml:\d+: version: is 2026-11"):
        read(written(tmp_path, "version:", "version:", name="2027-01.yml"))


def test_an_unknown_version_is_said_to_be_unknown() -> None:
    with pytest.raises(BadRulebook, match=r"1999-01\.yml: there is no such rulebook"):
        load_rulebook("1999-01")


def test_an_empty_file_is_no_rulebook(tmp_path: Path) -> None:
    (tmp_path / "2026-11.yml").write_text("")
    with pytest.raises(BadRulebook, match=r"2026-11\.yml"):
        read(tmp_path / "2026-11.yml")
