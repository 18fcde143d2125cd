"""The demo's orders cover every age that a deadline distinguishes, and stay the same orders."""

import re
from datetime import timedelta

import pytest

from aftersales.core.eligibility import Eligible, Refused, no_reason_return, warranty
from aftersales.core.order import OrderLine
from aftersales.core.rulebook import Rulebook
from aftersales.gateways.demo_orders import CONSUMERS, GOODS, MERCHANTS, DemoOrders, goods
from tests.aftersales.conftest import NOW

IDENTITY = re.compile(r"[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}\d?")


async def everything(now: object = NOW) -> list[OrderLine]:
    orders = DemoOrders(now)  # type: ignore[arg-type]
    return [line for consumer in CONSUMERS for line in await orders.lines_of(consumer.id)]


async def test_there_are_about_forty_lines_of_eight_consumers_at_three_merchants() -> None:
    lines = await everything()
    assert 40 <= len(lines) <= 45
    assert {line.consumer_id for line in lines} == {consumer.id for consumer in CONSUMERS}
    assert len(CONSUMERS) == 8
    assert {line.merchant_id for line in lines} == {merchant.id for merchant in MERCHANTS}
    assert len(MERCHANTS) == 3
    assert len({line.line_id for line in lines}) == len(lines)


async def test_every_kind_of_goods_that_the_rules_distinguish_is_sold() -> None:
    sold = {line.category for line in await everything()}
    assert {"服装", "鞋靴", "手机", "大家电", "小家电", "生鲜", "美妆个护", "图书", "定制商品"} <= sold
    assert {thing.sku for thing in goods()} == {line.sku for line in await everything()}


@pytest.mark.parametrize("days", [0, 1, 2, 3, 6, 7, 8, 14, 20, 150, 390])
async def test_every_age_that_a_deadline_distinguishes_is_there(days: int) -> None:
    assert [line for line in await everything() if line.signed_at and (NOW - line.signed_at).days == days]


async def test_some_goods_are_not_sent_yet_and_some_are_on_their_way() -> None:
    by_status: dict[str, int] = {}
    for line in await everything():
        by_status[line.status] = by_status.get(line.status, 0) + 1
        assert (line.shipped_at is None) == (line.status == "paid") == (line.waybill_no is None)
        assert (line.signed_at is None) == (line.status in ("paid", "shipped"))
        way = [at for at in (line.ordered_at, line.shipped_at, line.signed_at, NOW) if at]
        assert way == sorted(way)
        assert len(set(way)) == len(way)
    assert set(by_status) == {"paid", "shipped", "signed", "finished"}
    assert min(by_status.values()) >= 2


async def test_both_answers_to_every_question_of_eligibility_occur(rulebook: Rulebook) -> None:
    lines = await everything()
    no_reason = [no_reason_return(line, rulebook, NOW) for line in lines]
    assert {type(answer) for answer in no_reason} == {Eligible, Refused}
    assert {answer.reason.split("，")[0] for answer in no_reason if isinstance(answer, Refused)} >= {
        "已超过七天无理由期限",
        "这件商品属于定作商品",
        "这件商品属于鲜活易腐商品",
    }
    assert {type(warranty(line, rulebook, NOW)) for line in lines if line.warranty_months} == {
        Eligible,
        Refused,
    }


async def test_one_thing_made_to_order_was_sold_without_asking_for_consent(rulebook: Rulebook) -> None:
    unasked = [line for line in await everything() if line.no_reason_exclusion and not line.consent_at]
    assert len(unasked) == 1
    assert isinstance(no_reason_return(unasked[0], rulebook, NOW), Eligible)


async def test_one_order_has_two_articles_and_one_of_them_several_pieces() -> None:
    lines = await everything()
    (second,) = [line for line in lines if line.line_no == 2]
    first = next(line for line in lines if line.line_id == f"{second.order_no}-1")
    assert second.quantity == 3
    assert second.list_fen == 3 * next(thing.price_fen for thing in GOODS if thing.sku == second.sku)
    for name in ("consumer_id", "merchant_id", "waybill_no", "signed_at", "receiver_masked"):
        assert getattr(first, name) == getattr(second, name)


async def test_what_was_paid_is_the_sum_of_its_parts_and_never_above_the_price() -> None:
    lines = await everything()
    assert any(len(line.payment) > 1 for line in lines)
    for line in lines:
        assert sum(part.paid_fen for part in line.payment) == line.paid_fen <= line.list_fen
        assert all(part.paid_fen > 0 for part in line.payment)


async def test_order_numbers_stay_the_same_whenever_the_demo_starts() -> None:
    later = await everything(NOW + timedelta(days=11, hours=7))
    assert {line.line_id for line in later} == {line.line_id for line in await everything()}
    assert await everything() == await everything()


async def test_order_numbers_look_like_nothing_else() -> None:
    for line in await everything():
        assert re.fullmatch(r"33\d{16}", line.order_no)
        assert not IDENTITY.fullmatch(line.order_no)


async def test_no_telephone_number_is_shown_whole() -> None:
    assert all(re.fullmatch(r".\*\* 138\*{4}\d{4}", line.receiver_masked) for line in await everything())


async def test_every_article_has_its_picture() -> None:
    assert {line.image_url for line in await everything()} == {f"/demo/goods/{t.sku}.svg" for t in GOODS}
    assert len({thing.sku for thing in GOODS}) == len(GOODS)
