"""Clauses and the problems they name: two problems in one message are two, and mere dissatisfaction is none."""

from pathlib import Path
from typing import Dict, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.clauses import MOST, split
from bot.nlu.labels import ISSUE_TYPES
from bot.nlu.problems import Clause, is_vague, named
from bot.parse import load_model

MODEL = Path(__file__).resolve().parents[2] / "models" / "current.tar.gz"


def clauses_of(text: str) -> List[str]:
    return [text[start:end] for start, end in split(text)]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("少发一件，另外这件还破了", ["少发一件", "这件还破了"]),
        ("少发一件还破了", ["少发一件", "破了"]),
        ("尺码偏小而且有线头", ["尺码偏小", "有线头"]),
        ("洗衣机漏水 椅子少一个轮子", ["洗衣机漏水", "椅子少一个轮子"]),
        ("快递还没到", ["快递还没到"]),
        ("鞋子还可以", ["鞋子还可以"]),
        ("鞋子还开胶", ["鞋子还开胶"]),  # nothing wrong stands before it
        ("好的", ["好的"]),
        ("，，，", []),
    ],
)
def test_a_message_is_cut_where_something_new_begins(text: str, clauses: List[str]) -> None:
    assert clauses_of(text) == clauses


@given(st.text(max_size=300))
def test_clauses_stand_in_order_and_never_overlap(text: str) -> None:
    found = split(text)
    assert len(found) <= MOST
    before = 0
    for start, end in found:
        assert before <= start < end <= len(text)
        before = end


def clause(text: str, whole: str, sub_type: Optional[str] = None, **chances: float) -> Clause:
    start = whole.index(text)
    all_chances: Dict[str, float] = {name: 0.0 for name in ISSUE_TYPES}
    all_chances.update(chances)
    intent = max(all_chances, key=lambda name: all_chances[name])
    return Clause(start, start + len(text), all_chances, intent, sub_type)


def test_what_was_signed_for_and_is_not_here_is_one_problem() -> None:
    text = "显示签收了，我没拿到耳机"
    signed = clause("显示签收了", text, "not_received", logistics=0.95)
    missing = clause("我没拿到耳机", text, "missing_item", wrong_item=0.95)
    assert [one.sub_type for one in named(text, [signed, missing])] == ["not_received"]


def test_words_that_say_the_fault_need_less_of_the_model() -> None:
    text = "壶身磕了，东西来了"
    said = clause("壶身磕了", text, quality=0.3, service_complaint=0.5)
    unsaid = clause("东西来了", text, quality=0.6)
    assert [(one.issue_type, one.said) for one in named(text, [said, unsaid])] == [("quality", True)]


def test_without_such_words_the_model_has_to_be_sure() -> None:
    text = "跟想的两回事"
    assert named(text, [clause(text, text, not_as_described=0.84)]) == []
    assert len(named(text, [clause(text, text, not_as_described=0.86)])) == 1


@pytest.mark.parametrize("words", ["质量太差了", "真的不好", "东西一般", "对不起这个价"])
def test_a_mere_grumble_beside_a_named_problem_is_no_second_one(words: str) -> None:
    text = f"少发一件，{words}"
    both = [clause("少发一件", text, "missing_item", wrong_item=0.9), clause(words, text, quality=0.95)]
    assert is_vague(words)
    assert [one.issue_type for one in named(text, both)] == ["wrong_item"]


@pytest.mark.parametrize("words", ["没破", "会不会坏", "怎么这么容易坏吗", "裤子还可以"])
def test_a_fear_a_question_or_praise_is_no_problem(words: str) -> None:
    assert named(words, [clause(words, words, quality=0.7)]) == []


# Written for this test; each says two things, and both must be heard.
TWO = [
    ("少发一件，另外这件还破了", {"wrong_item", "quality"}),
    ("我买的热水壶少了个盖子，而且壶身还磕了一个坑", {"wrong_item", "quality"}),
    ("颜色发错了还有破洞", {"wrong_item", "quality"}),
    ("尺码偏小，而且有好多线头", {"size", "quality"}),
    ("充电器没给，手机屏幕也有划痕", {"wrong_item", "quality"}),
    ("面霜漏了一半，赠品小样也没有", {"quality", "wrong_item"}),
    ("空调制冷不行\n遥控器也没有", {"quality", "wrong_item"}),
    ("颜色和图片不一样，还有股怪味道", {"not_as_described", "quality"}),
    ("我要的黑色发的灰色，尺码也小了", {"wrong_item", "size"}),
    ("苹果坏了三个，还少了两斤", {"quality", "wrong_item"}),
    ("洗衣机漏水 椅子少一个轮子", {"quality", "wrong_item"}),
    ("收到的是M码我要的L，而且袖口脱线了", {"wrong_item", "quality"}),
]
ONE = [
    "衣服破了，我要退货",
    "质量差，线头多，还掉色",
    "鞋底开胶了，你们给个说法",
    "裤子太大了，腰那里松得不行",
    "少发一件，客服也不理人",
    "你好，在吗，杯子碎了",
]


@pytest.fixture(scope="module")
def understand():  # type: ignore[no-untyped-def]
    model = load_model(MODEL)
    return lambda text: model.understand_all([text])[0]


def test_two_problems_are_both_heard_and_acted_on(understand) -> None:  # type: ignore[no-untyped-def]
    heard = [understand(text) for text, _ in TWO]
    missed = [
        one.text
        for one, (_, expected) in zip(heard, TWO, strict=True)
        if {problem.issue_type for problem in one.problems} != expected
        or one.decision.name != "act"
        or one.intent not in expected
    ]
    assert len(missed) <= len(TWO) * 0.2, missed


def test_one_problem_stays_one(understand) -> None:  # type: ignore[no-untyped-def]
    split = [text for text in ONE if len({one.issue_type for one in understand(text).problems}) > 1]
    assert len(split) <= 1, split


def test_a_named_fault_comes_before_the_wish_to_return(understand) -> None:  # type: ignore[no-untyped-def]
    assert understand("衣服破了，我要退货").intent == "quality"
    assert understand("不喜欢，裤子拉链坏了，想退").intent == "quality"


def test_who_chose_two_sizes_himself_names_no_fault(understand) -> None:  # type: ignore[no-untyped-def]
    assert understand("当时拿不准码数，两个尺码各拍了一件，想退掉一件").intent == "no_reason"


@pytest.mark.parametrize(
    "text",
    [
        "什么破店！！！这双靴子才穿一回就开胶了，真要气死我",
        "你们太过分了，新买的杯子是裂的，我要退货",
        "坑人啊！衣服一洗就褪色，怎么退",
    ],
)
def test_beside_a_named_fault_anger_and_a_wish_raise_no_question(understand, text: str) -> None:  # type: ignore[no-untyped-def]
    heard = understand(text)
    assert (heard.issue_type, heard.decision.name) == ("quality", "act")
