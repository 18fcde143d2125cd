"""One request names everything; whatever arrives, in any order, is ticked off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.core.evidence import Attachment, checklist, is_complete, open_items, tick
from aftersales.rulebook_store import load_rulebook

BOOK = load_rulebook()
SUB_TYPES = sorted(BOOK.issues)


def photos(*names: str) -> list[Attachment]:
    return [Attachment(name, "image", name * 8) for name in names]


@pytest.mark.parametrize("sub_type", SUB_TYPES)
def test_a_checklist_asks_for_what_the_rulebook_says(sub_type: str) -> None:
    issue = BOOK.issues[sub_type]
    todo = checklist(BOOK, issue.issue_type, sub_type)
    assert [item.id for item in todo.items] == [item.id for item in issue.items]
    assert todo.request == issue.request


def test_with_an_open_sub_type_one_list_serves_all_candidates() -> None:
    todo = checklist(BOOK, "quality", None)
    assert [item.id for item in open_items(todo, {}) if item.required] == ["defect_photo", "whole_photo"]
    assert checklist(BOOK, "size", None).sub_type == "size_unfit"


def test_two_photos_complete_a_damage_and_one_does_not() -> None:
    todo = checklist(BOOK, "quality", "quality_damaged")
    one = tick(todo, {}, attachments=photos("f1"))
    assert not is_complete(todo, one)
    assert is_complete(todo, tick(todo, one, attachments=photos("f2")))


def test_the_same_photo_twice_is_one_photo() -> None:
    todo = checklist(BOOK, "quality", "quality_damaged")
    assert not is_complete(
        todo, tick(todo, tick(todo, {}, attachments=photos("f1")), attachments=photos("f1"))
    )


def test_what_cannot_be_shown_is_waived_and_recorded_and_a_photo_after_all_counts() -> None:
    todo = checklist(BOOK, "quality", "quality_damaged")
    waived = tick(todo, {}, cannot=True)
    assert is_complete(todo, waived)
    assert {entry["waived"] for entry in waived.values()} == {True}
    after_all = tick(todo, waived, attachments=photos("f1"))
    assert after_all["damage_photo"] == {"files": ["f1"], "text": None, "waived": False}


def test_goods_that_do_not_fit_need_no_photo() -> None:
    todo = checklist(BOOK, "size", "size_unfit")
    assert not [item for item in todo.items if item.kind in ("image", "video")]
    chosen = tick(todo, {}, facts={"remedy": "exchange"}, confirmed=True)
    assert is_complete(todo, chosen)


def test_asking_for_an_invoice_does_not_answer_what_is_asked_of_it() -> None:
    todo = checklist(BOOK, "after_sales_question", "invoice")
    assert not is_complete(todo, tick(todo, {}, text="我要开票"))
    assert is_complete(todo, tick(todo, {}, text="个人，张三，zhang@example.com"))


@given(
    st.sampled_from(SUB_TYPES),
    st.lists(st.tuples(st.sampled_from(["image", "video", "document"]), st.integers(0, 9)), max_size=12),
    st.booleans(),
)
def test_nothing_that_was_ticked_is_ever_lost(
    sub_type: str, files: list[tuple[str, int]], cannot: bool
) -> None:
    todo = checklist(BOOK, BOOK.issues[sub_type].issue_type, sub_type)
    collected: dict[str, dict[str, object]] = {}
    for kind, number in files:
        before = {file for entry in collected.values() for file in entry["files"]}  # type: ignore[attr-defined]
        open_before = {item.id for item in open_items(todo, collected)}
        collected = tick(todo, collected, attachments=[Attachment(f"f{number}", kind, "s")])
        after = {file for entry in collected.values() for file in entry["files"]}
        assert before <= after
        assert {item.id for item in open_items(todo, collected)} <= open_before
    if cannot:
        collected = tick(todo, collected, cannot=True)
        media = {item.kind for item in open_items(todo, collected) if item.required}
        assert not media & {"image", "video", "document"}
