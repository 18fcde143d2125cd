"""Canned replies: what is found by which letters, and how variables are filled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.core.canned import VARIABLES, alike, fill, rank, syllables, unknown_variables


@pytest.mark.parametrize(
    ("query", "better_than_none"),
    [("退款", 0), ("进度", 1), ("tkjd", 2), ("tuikuan", 2), ("tuik", 2), ("jd", 3), ("jindu", 3), ("到账", 4), ("TKJD", 2), ("tui kuan", 2)],
)  # fmt: skip
def test_a_reply_is_found_by_words_pinyin_and_initials(query: str, better_than_none: int) -> None:
    assert rank(query, "退款进度", "一般当天到账", syllables("退款进度")) == better_than_none


@pytest.mark.parametrize("query", ["运费", "yf", "uikuan", "x", "？？", "tkkd"])
def test_what_is_not_in_it_does_not_find_it(query: str) -> None:
    assert rank(query, "退款进度", "一般当天到账", syllables("退款进度")) is None


def test_a_word_with_two_readings_is_read_in_its_context() -> None:
    assert syllables("重新发货") == "chong xin fa huo"
    assert syllables("重量核对") == "zhong liang he dui"
    assert syllables("VIP 专享") == "vip zhuan xiang"


def test_variables_are_filled_and_what_nobody_knows_is_named_and_stays() -> None:
    filled = fill(
        "{消费者}您好，工单{工单号}在{截止时间}前处理", {"消费者": "小满", "工单号": "AX1", "截止时间": None}
    )
    assert filled.text == "小满您好，工单AX1在{截止时间}前处理"
    assert filled.missing == ("截止时间",)


def test_unknown_variables_are_named_once() -> None:
    assert unknown_variables("{商品}的{颜色}和{颜色}") == ["颜色"]


@given(st.text(max_size=40), st.text(max_size=20))
def test_filling_with_nothing_changes_nothing_and_searching_never_fails(text: str, query: str) -> None:
    assert fill(text, {}).text == text
    rank(query, text[:10], text, syllables(text[:10]))


@given(st.dictionaries(st.sampled_from(VARIABLES), st.text("甲乙丙", min_size=1, max_size=5), min_size=1))
def test_every_known_value_takes_its_place(values: dict[str, str]) -> None:
    text = "，".join("{" + name + "}" for name in values)
    assert fill(text, values).text == "，".join(values.values())


def test_texts_about_the_same_thing_are_more_alike() -> None:
    assert alike("运费谁出", "运费承担 来回运费由商家承担") > alike("运费谁出", "发票抬头怎么改")
    assert alike("", "运费") == 0.0
