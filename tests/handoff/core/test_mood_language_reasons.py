"""Small rules: mood, language, reasons."""

import pytest

from handoff.core.language import language_of
from handoff.core.mood import mood_of
from handoff.core.reasons import REASONS, label_of, priority_of, skill_of


@pytest.mark.parametrize(
    ("words", "label", "seq"),
    [
        (["你好", "鞋底开胶了"], "平稳", None),
        (["麻烦帮我看看，谢谢"], "平和", 1),
        (["拖鞋是新的，滚筒洗衣机也没问题"], "平稳", None),
        (["等了三天还没发货"], "不满", 1),
        (["你好", "你们就是骗子", "谢谢"], "激动", 2),
        (["怎么还没到", "在吗在吗！！！"], "不满", 2),
    ],
)
def test_the_strongest_sign_gives_the_mood_and_its_line(
    words: list[str], label: str, seq: int | None
) -> None:
    mood = mood_of(list(enumerate(words, 1)))
    assert (mood.label, mood.seq) == (label, seq)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("鞋底开胶了怎么办", "zh"),
        ("iPhone 15 Pro Max 屏幕坏了", "zh"),
        ("The sole came off after two days, please help", "en"),
        ("点解仲未退款畀我嘅，冇人理", "yue"),
        ("ok", "zh"),
    ],
)
def test_languages_are_told_apart_by_their_letters(text: str, language: str) -> None:
    assert language_of([text]) == language


def test_every_reason_of_the_norm_has_a_name_and_danger_comes_first() -> None:
    for needed in ("button", "menu", "failed_turns", "waited_long", "personal_danger", "amount", "fraud", "food",
                   "anger", "minor", "elder", "third_contact", "ai_appealed"):  # fmt: skip
        assert REASONS[needed].label
    assert priority_of("personal_danger") == max(one.priority for one in REASONS.values())
    assert priority_of("button", 2) == 2
    assert label_of("something new") == "something new"
    assert skill_of("food", "quality") == "food"
    assert skill_of("button", "quality") == "quality"
