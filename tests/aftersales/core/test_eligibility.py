"""七天无理由: from midnight after the day of receipt, 168 hours, judged at the moment of asking."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aftersales.core.eligibility import Eligible, Refused, no_reason_return, warranty
from aftersales.core.order import OrderLine
from aftersales.gateways.demo_orders import DemoOrders
from aftersales.rulebook_store import load_rulebook
from kernel.times import SHANGHAI

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
BOOK = load_rulebook()
LINE: OrderLine = DemoOrders(NOW)._lines[0]


def test_the_period_begins_at_midnight_in_shanghai_after_the_day_of_receipt() -> None:
    signed = datetime(2026, 11, 10, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai on the 10th
    answer = no_reason_return(replace(LINE, signed_at=signed), BOOK, signed)
    assert isinstance(answer, Eligible)
    assert answer.until == datetime(2026, 11, 18, 0, 0, tzinfo=SHANGHAI)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)), st.floats(0, 14 * 24))
def test_there_is_one_moment_at_which_the_answer_turns(signed: datetime, hours: float) -> None:
    line = replace(LINE, signed_at=signed.replace(tzinfo=UTC))
    at = line.signed_at + timedelta(hours=hours) if line.signed_at else NOW
    answer = no_reason_return(line, BOOK, at)
    if hours < 168:
        assert isinstance(answer, Eligible)
    if hours >= 192:
        assert isinstance(answer, Refused)
        assert answer.clause == "《七日无理由退货暂行办法》第10条"


def test_excluded_goods_are_refused_only_with_consent_on_record() -> None:
    fresh = replace(LINE, no_reason=False, no_reason_exclusion="鲜活易腐商品", consent_at=NOW)
    assert isinstance(no_reason_return(fresh, BOOK, NOW), Refused)
    assert isinstance(no_reason_return(replace(fresh, consent_at=None), BOOK, NOW), Eligible)


def test_a_warranty_ends() -> None:
    bought = replace(LINE, warranty_months=12, signed_at=NOW - timedelta(days=300))
    assert isinstance(warranty(bought, NOW), Eligible)
    assert isinstance(warranty(replace(bought, signed_at=NOW - timedelta(days=400)), NOW), Refused)
    assert isinstance(warranty(replace(bought, warranty_months=None), NOW), Refused)
