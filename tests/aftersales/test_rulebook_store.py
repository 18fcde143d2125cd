"""A rulebook that is wrong says where."""

from pathlib import Path

import pytest

from aftersales.rulebook_store import FOLDER, BadRulebook, load_rulebook, read


def test_the_rulebook_holds_every_issue_with_its_rule() -> None:
    book = load_rulebook()
    assert len(book.issues) == 18
    assert book.issues["quality_damaged"].rule.clause == "《消费者权益保护法》第24条"


def test_our_own_defaults_are_never_quoted_as_law() -> None:
    for deadline in load_rulebook().deadlines.values():
        assert not deadline.verified
        assert deadline.clause == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("label: 商品破损", "labell: 商品破损", "issues.quality_damaged"),
        ("remedies: [repair]\n", "remedies: [magic]\n", "E17"),
        ('version: "2026-11"', 'version: "2026-12"', "version"),
        ("hours: 2,", "hours: 0,", "deadlines.submitted"),
        ("media: #", "media: [#", "2026-11.yml"),
    ],
)
def test_a_mistake_is_named_with_file_and_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (FOLDER / "2026-11.yml").read_text(encoding="utf8")
    assert old in text
    path = tmp_path / "2026-11.yml"
    path.write_text(text.replace(old, new, 1), encoding="utf8")
    with pytest.raises(BadRulebook, match=r"2026-11\.yml") as mistake:
        read(path)
    assert said in str(mistake.value)
