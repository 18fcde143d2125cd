"""Sentences that say nearly the same are one decision; those that turn the meaning are two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.likeness import find_alike, flat, is_alike, novelty

ALIKE = [
    ("这鞋开胶了！！", "这鞋开胶了"),
    ("订单〔订单号〕怎么还没有发货呀", "订单〔订单号〕怎么还没有发货"),
    ("我买的这件羽绒服一直在钻毛啊", "我买的那件羽绒服一直在钻毛"),
    ("38码的鞋子穿着挤脚得很", "41码的鞋子穿着挤脚的很"),
]
DIFFERENT = [
    ("可以退吗", "可以换吗"),
    ("我这双鞋子买大了一码想换", "我这双鞋子买小了一码想换"),
    ("东西已经收到了没有坏的", "东西已经收到了都有坏的"),
    ("你好", "您好"),
    ("👌", "🙏"),
    ("666", "88"),
    ("？？", "！！"),
    ("快递还没有送到我家门口呢", "退款还没有打到我卡里面呢"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_these_are_alike(one: str, other: str) -> None:
    assert is_alike(flat(one), flat(other))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_these_are_not(one: str, other: str) -> None:
    assert not is_alike(flat(one), flat(other))


@given(st.text(max_size=30), st.text(max_size=30))
def test_likeness_is_symmetric_and_includes_oneself(one: str, other: str) -> None:
    assert is_alike(flat(one), flat(other)) == is_alike(flat(other), flat(one))
    assert is_alike(flat(one), flat(one))


@given(st.text(max_size=40))
def test_flattening_twice_is_flattening_once(text: str) -> None:
    once = flat(text)
    assert flat(once) == once


def test_the_most_like_is_found_among_many() -> None:
    known = {str(place): flat(text) for place, (text, _) in enumerate(ALIKE + DIFFERENT)}
    assert find_alike(flat("我买的这件羽绒服一直钻毛啊"), known) == "2"
    assert find_alike(flat("发票什么时候开给我"), known) is None


def test_what_is_known_is_not_new() -> None:
    known = [flat("鞋子开胶了"), flat("什么时候发货")]
    assert novelty(flat("鞋子开胶了"), known) == 0
    assert novelty(flat("xyz"), known) > 0.9
    assert novelty("", []) == 1
