"""One list of what is needed; whatever comes, in any order, is ticked off and never lost."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.core.evidence import (
    MEDIA,
    Attachment,
    Checklist,
    Item,
    checklist,
    is_complete,
    open_items,
    tick,
)
from aftersales.rulebook_store import load_rulebook

BOOK = load_rulebook()
DAMAGED = checklist(BOOK, "quality", "quality_damaged")
INVOICE = checklist(BOOK, "after_sales_question", "invoice")
SPOILED = checklist(BOOK, "quality", "quality_spoiled")
LISTS = [checklist(BOOK, issue.issue_type, name) for name, issue in BOOK.issues.items()]


def photo(number: int = 1, kind: str = "image") -> Attachment:
    return Attachment(f"f_{number}", kind, f"{number:064x}")


def ids(items: Any) -> list[str]:
    return [item.id for item in items]


def files(collected: dict[str, Any]) -> dict[str, list[str]]:
    return {item_id: entry["files"] for item_id, entry in collected.items() if entry["files"]}


# ---- the list


def test_a_known_sub_type_has_its_own_list_and_sentence() -> None:
    assert ids(item for item in DAMAGED.items if item.required) == ["damage_photo", "whole_photo"]
    assert DAMAGED.request.startswith("收到坏的确实糟心")
    assert (DAMAGED.label, DAMAGED.sub_type) == ("商品破损", "quality_damaged")


@pytest.mark.parametrize("issue_type", ["quality", "wrong_item"])
def test_an_open_sub_type_has_one_list_for_all_candidates(issue_type: str) -> None:
    todo = checklist(BOOK, issue_type, None)
    assert todo.sub_type is None
    assert any(item.required and item.kind == "image" for item in todo.items)


@pytest.mark.parametrize(
    ("issue_type", "assumed"),
    [
        ("size", "size_unfit"),
        ("no_reason", "no_reason_return"),
        ("not_as_described", "not_as_described"),
        ("logistics", "not_received"),
        ("refund_status", "refund_not_arrived"),
    ],
)
def test_an_open_sub_type_takes_the_likeliest_list(issue_type: str, assumed: str) -> None:
    assert checklist(BOOK, issue_type, None) == checklist(BOOK, issue_type, assumed)


@pytest.mark.parametrize("issue_type", ["after_sales_question", "service_complaint", "something_new"])
def test_what_has_no_list_asks_for_the_words_alone(issue_type: str) -> None:
    assert ids(checklist(BOOK, issue_type, None).items) == ["description"]


def test_an_unknown_sub_type_is_an_open_one() -> None:
    assert checklist(BOOK, "quality", "quality_haunted") == checklist(BOOK, "quality", None)


# ---- files


def test_photos_fill_the_mandatory_items_first_then_the_optional_ones() -> None:
    collected = tick(DAMAGED, {}, attachments=[photo(1), photo(2), photo(3)])
    assert files(collected) == {"damage_photo": ["f_1"], "whole_photo": ["f_2"], "label_photo": ["f_3"]}


def test_the_same_file_counts_once() -> None:
    once = tick(DAMAGED, {}, attachments=[photo(1)])
    assert tick(DAMAGED, once, attachments=[photo(1), photo(1)]) == once


def test_more_photos_than_items_are_kept_with_the_first() -> None:
    collected = tick(DAMAGED, {}, attachments=[photo(n) for n in range(6)])
    assert sum(map(len, files(collected).values())) == 6


def test_a_photo_serves_where_a_video_is_asked_for() -> None:
    todo = checklist(BOOK, "quality", "quality_malfunction")
    collected = tick(todo, {}, attachments=[photo(1)], text="开机就黑屏")
    assert files(collected) == {"fault_video": ["f_1"]}
    assert is_complete(todo, collected)


def test_a_video_goes_to_the_video_and_a_paper_to_the_paper() -> None:
    todo = checklist(BOOK, "quality", "quality_malfunction")
    collected = tick(todo, {}, attachments=[photo(1, "document"), photo(2, "video")])
    assert files(collected) == {"inspection_report": ["f_1"], "fault_video": ["f_2"]}


def test_a_file_that_fits_nowhere_ticks_nothing_off() -> None:
    assert tick(DAMAGED, {}, attachments=[photo(1, "document")]) == {}


def test_an_item_may_need_several_files() -> None:
    todo = Checklist("quality", None, "", (Item("p", "三面照", "image", True, count_min=3),), "")
    two = tick(todo, {}, attachments=[photo(1), photo(2)])
    assert not is_complete(todo, two)
    assert files(tick(todo, two, cannot=True)) == {"p": ["f_1", "f_2"]}
    assert is_complete(todo, tick(todo, two, attachments=[photo(3)]))


def test_a_medical_record_is_never_filled_without_its_own_consent() -> None:
    collected = tick(SPOILED, {}, attachments=[photo(1, "document")], text="医院的单子", cannot=True)
    assert "medical_record" not in collected


# ---- words


def test_words_answer_a_mandatory_question() -> None:
    todo = checklist(BOOK, "wrong_item", "missing_item")
    assert tick(todo, {}, text="少了充电器")["missing_what"]["text"] == "少了充电器"
    assert tick(todo, {}, text="   ") == {}


@pytest.mark.parametrize("said", ["坏了一半", "全烂了", "坏了3个", "大概两斤不能吃", "大部分都坏了"])
def test_how_much_is_spoiled_is_heard_in_many_words(said: str) -> None:
    assert tick(SPOILED, {}, text=said)["spoiled_quantity"]["text"] == said


def test_a_fact_answers_before_the_words() -> None:
    collected = tick(SPOILED, {}, text="坏了一半", facts={"quantity": ["5个", "2盒"]})
    assert collected["spoiled_quantity"]["text"] == "5个"


def test_words_about_something_else_do_not_answer_how_much() -> None:
    assert tick(SPOILED, {}, text="味道不对") == {}


def test_an_optional_question_hears_only_its_own_words() -> None:
    todo = checklist(BOOK, "quality", "quality_malfunction")
    assert "serial_no" not in tick(todo, {}, text="充不进电")
    assert tick(todo, {}, text="序列号 C02XL0AAJGH5")["serial_no"]["text"] == "序列号 C02XL0AAJGH5"


@pytest.mark.parametrize(("confirmed", "kept"), [(True, "是"), (False, "否")])
def test_yes_and_no_are_both_answers(confirmed: bool, kept: str) -> None:
    todo = checklist(BOOK, "no_reason", "no_reason_return")
    collected = tick(todo, {}, confirmed=confirmed)
    assert collected["intact"]["text"] == kept
    assert is_complete(todo, collected)


def test_a_choice_is_made_by_its_fact() -> None:
    todo = checklist(BOOK, "size", "size_unfit")
    collected = tick(todo, {}, facts={"remedy": "exchange"}, confirmed=True)
    assert collected["remedy_choice"]["text"] == "exchange"
    assert is_complete(todo, collected)


def test_a_personal_invoice_needs_no_tax_number_and_a_companys_does() -> None:
    person = tick(INVOICE, {}, text="个人，张三，zhang@example.com")
    assert is_complete(INVOICE, person)
    company = tick(INVOICE, {}, text="企业抬头 安心科技有限公司 zhangsanfengdada@example.com")
    assert [(item.id, item.required) for item in open_items(INVOICE, company)] == [("invoice_tax_no", True)]
    assert is_complete(INVOICE, tick(INVOICE, company, text="税号91310000MA1K35X12X"))


# ---- cannot


def test_who_cannot_take_photos_is_heard_and_it_is_recorded() -> None:
    collected = tick(DAMAGED, {}, cannot=True)
    assert [item_id for item_id, entry in collected.items() if entry["waived"]] == [
        "damage_photo",
        "whole_photo",
    ]
    assert is_complete(DAMAGED, collected)


def test_cannot_is_said_of_pictures_before_it_is_said_of_questions() -> None:
    todo = checklist(BOOK, "quality", "quality_malfunction")
    first = tick(todo, {}, text="拍不了", cannot=True)
    assert ids(item for item in open_items(todo, first) if item.required) == ["symptom"]
    assert is_complete(todo, tick(todo, first, text="说不清", cannot=True))


def test_cannot_waives_no_confirmation_and_no_choice() -> None:
    todo = checklist(BOOK, "size", "size_unfit")
    assert tick(todo, {}, cannot=True) == {}


def test_a_photo_that_comes_after_all_takes_the_waiver_back() -> None:
    collected = tick(DAMAGED, tick(DAMAGED, {}, cannot=True), attachments=[photo(1)])
    assert collected["damage_photo"] == {"files": ["f_1"], "text": None, "waived": False}
    assert collected["whole_photo"]["waived"]


# ---- always

TURNS = st.lists(
    st.fixed_dictionaries(
        {
            "attachments": st.lists(st.builds(photo, st.integers(1, 12), st.sampled_from(MEDIA)), max_size=3),
            "text": st.sampled_from(["", "坏了一半", "个人 a@b.cn", "没有", "序列号123", "随便说说这个情况"]),
            "facts": st.sampled_from([{}, {"quantity": "3个"}, {"remedy": ["exchange"]}, {"quantity": []}]),
            "cannot": st.booleans(),
            "confirmed": st.sampled_from([None, True, False]),
        }
    ),
    max_size=6,
)


@given(st.sampled_from(LISTS), TURNS)
def test_no_turn_changes_its_input_or_takes_anything_away(
    todo: Checklist, turns: list[dict[str, Any]]
) -> None:
    collected: dict[str, Any] = {}
    for turn in turns:
        given_before = copy.deepcopy(collected)
        after = tick(todo, collected, **turn)
        assert collected == given_before
        for item_id, entry in collected.items():
            assert set(entry["files"]) <= set(after[item_id]["files"])
            assert entry["text"] in (None, after[item_id]["text"])
        assert set(ids(open_items(todo, after))) <= set(ids(open_items(todo, collected)))
        collected = after
    kept = [file_id for entry in collected.values() for file_id in entry["files"]]
    assert len(kept) == len(set(kept))
    assert not any(collected.get(item.id) for item in todo.items if item.own_consent)


@given(st.sampled_from(LISTS), TURNS)
def test_complete_means_that_nothing_mandatory_is_open(todo: Checklist, turns: list[dict[str, Any]]) -> None:
    collected: dict[str, Any] = {}
    for turn in turns:
        collected = tick(todo, collected, **turn)
    assert is_complete(todo, collected) == (not [i for i in open_items(todo, collected) if i.required])


@given(st.sampled_from(LISTS))
def test_every_list_can_be_brought_to_its_end_by_somebody_who_has_nothing(todo: Checklist) -> None:
    collected = tick(todo, {}, cannot=True, confirmed=False, facts={"remedy": "return_refund"})
    assert is_complete(todo, tick(todo, collected, cannot=True))
