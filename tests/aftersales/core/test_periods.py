"""七天无理由 and warranty: yes or no, always with the reason and the clause."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.core.eligibility import Eligible, Refused, no_reason_return, warranty
from aftersales.core.rulebook import Rulebook
from aftersales.rulebook_store import load_rulebook
from kernel.times import SHANGHAI
from tests.aftersales.conftest import NOW, order_line

RECEIPTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
SECOND = timedelta(seconds=1)


def test_the_seven_days_begin_at_midnight_after_the_day_of_receipt(rulebook: Rulebook) -> None:
    line = order_line(signed_at=datetime(2026, 11, 10, 0, 30, tzinfo=SHANGHAI))
    end = datetime(2026, 11, 18, 0, 0, tzinfo=SHANGHAI)
    last = no_reason_return(line, rulebook, end - SECOND)
    assert isinstance(last, Eligible)
    assert last.until == end
    over = no_reason_return(line, rulebook, end)
    assert over == Refused("已超过七天无理由期限", rulebook.no_reason, end)
    assert over.clause == "《七日无理由退货暂行办法》第10条"


def test_a_receipt_late_in_the_evening_in_utc_is_the_next_day_in_shanghai(rulebook: Rulebook) -> None:
    line = order_line(signed_at=datetime(2026, 11, 10, 17, 0, tzinfo=UTC))  # 11 Nov, 01:00 in Shanghai
    found = no_reason_return(line, rulebook, NOW.replace(day=12))
    assert isinstance(found, Eligible)
    assert found.until == datetime(2026, 11, 19, 0, 0, tzinfo=SHANGHAI)


@given(RECEIPTS)
def test_the_period_is_never_shorter_than_seven_days_nor_longer_than_eight(signed: datetime) -> None:
    book = load_rulebook()
    found = no_reason_return(order_line(signed_at=signed), book, signed)
    assert isinstance(found, Eligible)
    assert found.until
    assert timedelta(days=7) < found.until - signed <= timedelta(days=8)
    assert isinstance(no_reason_return(order_line(signed_at=signed), book, found.until - SECOND), Eligible)
    assert isinstance(no_reason_return(order_line(signed_at=signed), book, found.until), Refused)


@pytest.mark.parametrize("exclusion", ["定作商品", "鲜活易腐商品", "拆封的数字商品"])
def test_excluded_goods_are_refused_where_the_consumer_agreed_at_purchase(
    rulebook: Rulebook, exclusion: str
) -> None:
    line = order_line(no_reason=False, no_reason_exclusion=exclusion, consent_at=NOW - timedelta(days=4))
    found = no_reason_return(line, rulebook, NOW)
    assert isinstance(found, Refused)
    assert exclusion in found.reason
    assert found.clause


def test_excluded_goods_without_a_record_of_consent_may_be_returned(rulebook: Rulebook) -> None:
    line = order_line(no_reason=False, no_reason_exclusion="定作商品", consent_at=None)
    assert isinstance(no_reason_return(line, rulebook, NOW), Eligible)


def test_an_exclusion_that_nobody_names_does_not_count(rulebook: Rulebook) -> None:
    line = order_line(no_reason=False, no_reason_exclusion=None, consent_at=NOW)
    assert isinstance(no_reason_return(line, rulebook, NOW), Eligible)


def test_goods_that_have_not_arrived_may_be_given_back(rulebook: Rulebook) -> None:
    found = no_reason_return(order_line(signed_at=None, status="shipped"), rulebook, NOW)
    assert isinstance(found, Eligible)
    assert "还没有签收" in found.reason


def test_the_warranty_ends_on_the_same_day_of_the_month(rulebook: Rulebook) -> None:
    line = order_line(signed_at=datetime(2025, 11, 24, 12, 0, tzinfo=SHANGHAI), warranty_months=12)
    end = datetime(2026, 11, 24, 12, 0, tzinfo=SHANGHAI)
    found = warranty(line, rulebook, end - SECOND)
    assert found == Eligible(end, "在12个月保修期内", rulebook.warranty)
    assert found.clause == "《消费者权益保护法实施条例》第18条"
    assert warranty(line, rulebook, end) == Refused("已超过12个月保修期", rulebook.warranty, end)


def test_the_warranty_of_goods_on_their_way_has_not_begun(rulebook: Rulebook) -> None:
    found = warranty(order_line(signed_at=None, warranty_months=12), rulebook, NOW)
    assert found.reason == "还没有签收，保修期从签收那天算起"


def test_goods_without_a_warranty_say_so(rulebook: Rulebook) -> None:
    assert warranty(order_line(), rulebook, NOW).reason == "这件商品没有登记保修期"
