"""Answers to after-sales questions: two sentences, a next step, and only what the order and verified rules say."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from actions.own import own
from aftersales.core.order import OrderLine
from aftersales.rulebook_store import load_rulebook

ROOT = Path(__file__).resolve().parents[2]
REPLIES: dict[str, Any] = YAML(typ="safe").load(
    (ROOT / "bot" / "replies" / "questions.yml").read_text(encoding="utf8")
)
TOPICS = {name.removeprefix("utter_question_"): variants[0] for name, variants in REPLIES.items()}
NOW = datetime(2026, 11, 27, 4, tzinfo=UTC)
BOOK = load_rulebook()
TICKET = {
    "id": "AX1",
    "issue_label": "商品破损",
    "status_label": "已受理",
    "next_step": "商家正在核实",
    "due_label": "明天前给您方案",
    "order": {"line_id": "33001-1"},
}


def line(**given: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "order_no": "33001",
        "line_no": 1,
        "consumer_id": "u",
        "merchant_id": "m",
        "merchant_name": "一号店",
        "sku": "s",
        "title": "5G智能手机",
        "category": "手机",
        "spec": {},
        "quantity": 1,
        "paid_fen": 319900,
        "list_fen": 319900,
        "payment": [{"method": "微信支付", "paid_fen": 319400}, {"method": "优惠券", "paid_fen": 500}],
        "image_url": "/x.svg",
        "status": "signed",
        "ordered_at": NOW - timedelta(days=4),
        "shipped_at": NOW - timedelta(days=3),
        "signed_at": NOW - timedelta(days=1),
        "carrier": "顺丰",
        "waybill_no": "SF1234567890",
        "gifts": ["保护壳"],
        "warranty_months": 12,
    }
    values |= given
    values["payment"] = ()
    made = OrderLine(**values).to_json()
    made["payment"] = [{"method": "微信支付", "paid_fen": 319400}, {"method": "优惠券", "paid_fen": 500}]
    made["promises"] = given.get("promises", [])
    return made


def sentences(text: str) -> int:
    return len(re.findall(r"[。！？](?![”」）])", text))


def test_more_than_sixty_kinds_of_question_are_answered() -> None:
    assert len(TOPICS) - 1 >= 60  # without the one that says it cannot tell


@pytest.mark.parametrize("topic", TOPICS)
def test_an_answer_has_two_sentences_and_a_next_step(topic: str) -> None:
    variant = TOPICS[topic]
    assert 1 <= sentences(variant["text"]) <= 2, variant["text"]
    if "own" in variant:  # {own} is a sentence of its own
        assert variant["own"].startswith("{own}") and sentences(variant["own"]) == 1, variant["own"]
    assert variant["buttons"]


@pytest.mark.parametrize("topic", TOPICS)
def test_what_the_order_says_is_one_sentence_and_has_its_place(topic: str) -> None:
    said = own(topic, line(), [TICKET], BOOK, NOW)
    if said:
        assert sentences(said) == 1 and said.endswith("。")
        assert "own" in TOPICS[topic], "an answer of the order that the reply has no place for"
    elif "own" in TOPICS[topic]:
        assert topic in {"compensation_rule"}, "the reply waits for something that is never said"


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("can_i_return", r"在七天无理由期限内，到12月4日 00:00，还有7天（《七日无理由退货暂行办法》第10条）"),
        ("warranty_period", r"在12个月保修期内，到2027年11月26日（《消费者权益保护法实施条例》第18条）"),
        ("damaged_after_signing", r"收货7天内有质量问题可以退货，到12月4日 00:00"),
        ("who_pays_freight", r"退回运费由消费者承担（《七日无理由退货暂行办法》第18条）"),
        ("refund_route", r"是用微信支付3194元、优惠券5元付的"),
        ("refund_time_rule", r"实付3199元"),
        ("return_gift", r"带的赠品是保护壳"),
        ("seller_contact", r"的商家是一号店"),
        ("order_lookup", r"的订单号是33001"),
        ("price_protection_apply", r"下单时的页面没有价保承诺"),
        ("inspection_report", r"收货6个月内发现瑕疵由商家举证"),
        ("service_ticket_progress", r"工单 AX1（商品破损）现在是「已受理」，商家正在核实（明天前给您方案）"),
        ("cancel_order", r"已签收"),
        ("return_accessories", r"没有私自维修改动.+赠品保护壳也要一起退"),
    ],
)
def test_the_orders_own_facts_are_told_with_their_clause(topic: str, expected: str) -> None:
    pattern = expected.replace("（", r"（").replace("(", r"\(")
    assert re.search(pattern, own(topic, line(), [TICKET], BOOK, NOW))


def test_a_promise_is_told_with_its_end() -> None:
    promise = {"kind": "price_protection_days", "text": "30天价保", "value": 30}
    said = own("price_protection_rule", line(promises=[promise]), [], BOOK, NOW)
    assert said == "「5G智能手机」下单时商家承诺30天价保，到12月23日 12:00，还在价保期内。"
    old = line(promises=[promise], ordered_at=NOW - timedelta(days=31))
    assert "价保期已过" in own("price_protection_rule", old, [], BOOK, NOW)


def test_in_a_case_of_a_fault_its_own_freight_and_period_are_told() -> None:
    freight = own("who_pays_freight", line(), [], BOOK, NOW, "quality_malfunction")
    assert "运费由商家承担（《消费者权益保护法》第24条）" in freight
    assert "有质量问题可以退货" in own("can_i_return", line(), [], BOOK, NOW, "quality_malfunction")


def test_what_is_only_a_default_of_ours_is_not_told_as_a_rule() -> None:
    no_registration = line(warranty_months=None)  # the category's months are not verified (L27)
    assert own("warranty_period", no_registration, [], BOOK, NOW) == ""


@pytest.mark.parametrize("topic", ["can_i_return", None, "unheard_of"])
def test_without_an_order_nothing_is_said_of_one(topic: str | None) -> None:
    assert own(topic, None, [], BOOK, NOW) == ""
