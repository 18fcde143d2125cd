"""Nothing that says who wrote a sentence is left in it; what it is about stays."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.masking import Span, mask

PERSONAL = [
    ("我的手机号是13812345678，打不通", "我的手机号是〔手机号〕，打不通"),
    ("电话 138 1234 5678", "电话 〔手机号〕"),
    ("打１３８１２３４５６７８", "打〔手机号〕"),
    ("座机0571-88123456没人接", "座机〔电话〕没人接"),
    ("身份证110101199003078515要吗", "身份证〔身份证号〕要吗"),
    ("身份证号11010119900307851X", "身份证号〔身份证号〕"),
    ("退到卡6222021234567890128", "退到卡〔银行卡号〕"),
    ("银行卡号 6228 4804 0256 4890 018 行吗", "银行卡号 〔银行卡号〕 行吗"),
    ("订单2411223344556677没发货", "订单〔订单号〕没发货"),
    ("运单SF1390246813579不动了", "运单〔运单号〕不动了"),
    ("工单AX2026112400037怎么样了", "工单〔工单号〕怎么样了"),
    ("尾号是6789的那个号", "尾号是〔尾号〕的那个号"),
    ("收货人：李小明，没收到", "收货人：〔姓名〕，没收到"),
    ("我是王小明，鞋子坏了", "我是〔姓名〕，鞋子坏了"),
    ("让张先生给我回电话", "让〔姓名〕先生给我回电话"),
    ("欧阳女士说会退", "〔姓名〕女士说会退"),
    ("改送到浙江省杭州市西湖区文三路123号5栋602室", "改送到〔地址〕"),
    ("快递没送到北京市朝阳区建国路88号", "快递没送到〔地址〕"),
    ("放3栋1802门口", "放〔地址〕门口"),
    ("发到我邮箱 li.ming@example.com.cn 吧", "发到我邮箱 〔邮箱〕 吧"),
    ("加我微信 xiaoming_888 说", "加我微信 〔联系方式〕 说"),
    ("电话是幺三八幺二三四五六七八", "电话是〔号码〕"),
]  # fmt: skip

INNOCENT = [
    "衣服破了，我要退货",
    "这双鞋38码的，穿着挤脚",
    "29.9包邮的充电线用两天就断",
    "北京有货不",
    "快递在路上走了五天了",
    "黄色的和图片不一样",
    "12号到的货，今天才打开",
    "2026-11-20 买的，到现在没发",
    "客服经理呢，叫你们经理来",
    "三双袜子只来了两双",
    "从来没见过这么慢的",
]


@pytest.mark.parametrize(("text", "expected"), PERSONAL)
def test_what_is_personal_becomes_a_tag(text: str, expected: str) -> None:
    assert mask(text).text == expected


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_not_personal_stays(text: str) -> None:
    assert mask(text).text == text


def test_the_name_of_the_account_is_taken_out_wherever_it_stands() -> None:
    assert mask("小满的订单退了吗", known=["小满"]).text == "〔姓名〕的订单退了吗"


def test_one_name_found_by_two_rules_is_one_tag() -> None:
    assert mask("我是林小满，鞋子坏了", known=["小满"]).text == "我是〔姓名〕，鞋子坏了"


def test_facts_of_the_brain_are_taken_out_or_keep_their_place() -> None:
    text = "订单 24-11 那双黑色的鞋"
    masked = mask(text, [Span("order_no", "2411", 3, 8), Span("color", "黑色", 11, 13)])
    assert masked.text == "订单 〔订单号〕 那双黑色的鞋"
    order, color = masked.facts
    assert masked.text[order.start : order.end] == order.value == "〔订单号〕"
    assert masked.text[color.start : color.end] == color.value == "黑色"


signs = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "0123456789０１２幺三八-  .:,，收货人我是王李先生女士〔〕手机号姓名订单省市区路号栋室单元AXSFx@微信"
        ),
        st.characters(codec="utf-8"),
    ),
    max_size=60,
)


@given(signs)
def test_masking_twice_is_masking_once(text: str) -> None:
    once = mask(text).text
    assert mask(once).text == once


@given(signs)
def test_no_seven_digits_in_a_row_are_left(text: str) -> None:
    left = unicodedata.normalize("NFKC", mask(text).text)
    dates = re.sub(r"(?:19|20)\d\d[\s.-]\d{1,2}[\s.-]\d{1,2}", "", left)
    assert not re.search(r"[0-9]{7}", dates)


@given(
    st.text(max_size=20),
    st.sampled_from(["13812345678", "0571-88123456", "6222021234567890128"]),
    st.text(max_size=20),
)
def test_a_number_is_taken_out_whatever_stands_around_it(before: str, number: str, after: str) -> None:
    assert number not in mask(f"{before} {number} {after}").text


@given(signs, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=4))
def test_facts_stay_within_the_sentence(text: str, places: list[tuple[int, int]]) -> None:
    facts = [
        Span("product", text[a:b], a, b) for a, b in ((min(p), max(p)) for p in places) if a < b <= len(text)
    ]
    masked = mask(text, facts)
    assert len(masked.facts) == len(facts)
    for fact in masked.facts:
        assert 0 <= fact.start <= fact.end <= len(masked.text)
        assert masked.text[fact.start : fact.end] == fact.value
