"""Facts: hand-written sentences with what is to be found in them, and generated numbers and sums."""

import json
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.nlu.facts import FactFinder, as_dict
from bot.nlu.normalise import align, flatten
from bot.nlu.numbers import is_bank_card
from bot.nlu.numerals import to_number
from tests.bot.score_facts import Score, annotated, pairs, score

SENTENCES = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("facts.tsv").read_text(encoding="utf8").splitlines()
]
FINDER = FactFinder()
DIGITS = "零一二三四五六七八九"


def facts_of(text: str) -> Dict[str, Any]:
    return as_dict(FINDER.find(text))


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence[0])
def test_a_sentence_says_what_is_written_beside_it(sentence: Tuple[str, str]) -> None:
    text, expected = sentence
    assert facts_of(text) == json.loads(expected)


@given(st.text(max_size=200))
@example("１２３🙋‍♀️[图片]/x")
def test_any_text_is_read_without_an_error_and_facts_stand_where_they_say(text: str) -> None:
    for fact in FINDER.find(text):
        assert 0 <= fact.start < fact.end <= len(text)
    assert len(align(text)) == len(text)


@given(st.text(alphabet="我要退货，。！？!? \u3000哈哈１２3aB😀", max_size=60))
def test_levelling_a_text_twice_changes_nothing_more(text: str) -> None:
    once = flatten(text)
    assert flatten(once) == once


@given(st.integers(1, 9_999_99), st.sampled_from(["花了{}元", "{}块钱买的", "¥{}", "退我{}"]))
def test_a_sum_is_read_to_the_fen(fen: int, sentence: str) -> None:
    written = f"{fen / 100:.2f}".rstrip("0").rstrip(".")
    assert facts_of(sentence.format(written)).get("amount_fen") == fen


@given(st.integers(1, 9999))
def test_numerals_in_words_are_read(number: int) -> None:
    assert to_number(spelled(number)) == number


def spelled(number: int) -> str:
    words, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            words += ("零" if zero else "") + DIGITS[digit] + name
            zero = False
        elif words and number:
            zero = True
    return words


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["{}", "打{}", "我的电话是{}", "{} 联系我"]),
)
def test_a_telephone_number_is_no_order(phone: str, sentence: str) -> None:
    assert not {"order_no", "waybill_no", "amount_fen", "quantity"} & set(facts_of(sentence.format(phone)))


@given(
    st.from_regex(r"[0-9]{12,20}", fullmatch=True),
    st.sampled_from(["订单号{}", "订单：{} 破了", "我的订单编号是{}"]),
)
def test_a_number_called_an_order_is_one(number: str, sentence: str) -> None:
    assume(not number.startswith(("1", "86", "0", "400", "800")))
    assert facts_of(sentence.format(number)).get("order_no") == number


@given(st.from_regex(r"62[0-9]{13}|62[0-9]{16}", fullmatch=True))
def test_a_bank_card_is_no_order(digits: str) -> None:
    card = next(digits + str(check) for check in range(10) if is_bank_card(digits + str(check)))
    assert "order_no" not in facts_of(f"退到{card}")


@given(
    st.sampled_from(["SF", "YT", "JD", "ZTO"]), st.from_regex(r"[0-9]{10,13}", fullmatch=True), st.booleans()
)
def test_a_waybill_is_upper_case_without_spaces(carrier: str, digits: str, spaced: bool) -> None:
    typed = f"{carrier.lower()}{digits[:4]} {digits[4:]}" if spaced else carrier.lower() + digits
    assert facts_of(f"单号{typed}查一下")["waybill_no"] == carrier + digits


@given(st.integers(2, 99), st.sampled_from("件双瓶盒"))
def test_a_count_of_goods_is_an_integer(number: int, unit: str) -> None:
    assert facts_of(f"少发了{number}{unit}")["quantity"] == number
    assert facts_of(f"少发了{spelled(number)}{unit}")["quantity"] == number


@pytest.mark.parametrize("wish", ["退款", "退货", "换货", "补发", "维修", "赔偿"])
@pytest.mark.parametrize("no", ["不想", "不要", "不用", "不需要", "不是要"])
def test_a_negated_wish_is_none(wish: str, no: str) -> None:
    assert "remedy" not in facts_of(f"我{no}{wish}")


@pytest.mark.parametrize("wish", ["退款", "退货", "换货", "补发", "维修"])
@pytest.mark.parametrize(
    "back", ["取消{}", "帮我撤销刚才的{}", "把{}取消掉", "{}申请给我关了", "{}撤了吧", "{}怎么取消"]
)
def test_an_application_that_is_taken_back_is_no_wish(wish: str, back: str) -> None:
    assert "remedy" not in facts_of(back.format(wish))


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("取消订单退款", "refund"),
        ("我要退款取消订单", "refund"),
        ("换货取消，改退货", "return_refund"),
        ("取消换货改成退款", "refund"),
        ("订单我取消了 退款给我", "refund"),
    ],
)
def test_what_is_wished_beside_it_still_counts(text: str, remedy: str) -> None:
    assert facts_of(text)["remedy"] == remedy


ANNOTATED = sorted(annotated().items())


@given(
    st.sampled_from(ANNOTATED),
    st.sampled_from(["", "你好，", "在吗，", "亲，", "那个，", "急！", "  "]),
    st.sampled_from(["", "。", "！！", "，谢谢", "，麻烦看看", "😡", "～", "\n"]),
)
def test_what_is_said_around_a_sentence_changes_no_fact(
    sentence: Tuple[str, Dict[str, Any]], before: str, after: str
) -> None:
    text, _ = sentence
    assume(not text.endswith(("。", "！", "~", "～")) or not after)
    assert pairs(facts_of(before + text + after)) == pairs(facts_of(text))


@given(st.sampled_from(ANNOTATED))
def test_full_width_digits_and_letters_are_the_same_facts(sentence: Tuple[str, Dict[str, Any]]) -> None:
    text, _ = sentence
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign.isascii() and sign.isdigit() else sign for sign in text)
    typed_keys = {"received_on", "defect_place", "color", "product", "size"}  # told as typed
    plain, found = facts_of(text), facts_of(wide)
    assert set(plain) == set(found)
    for key in set(plain) - typed_keys:
        assert plain[key] == found[key]


def test_the_annotated_sentences_are_read_well_enough() -> None:
    by_key, wrong = score(FactFinder(), annotated())
    total = Score(*map(sum, zip(*by_key.values(), strict=True)))
    assert total.f1 >= 0.95, "\n".join(wrong)
    assert {key: one.f1 for key, one in by_key.items() if one.f1 < 0.85} == {}
