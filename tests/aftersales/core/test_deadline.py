"""Periods, working days, days off, reminders, and what happens when time is over."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.core.deadline import (
    due_at,
    end_of,
    is_day_off,
    postponed,
    reminders,
    rule_for,
    timeout_step,
    workdays_later,
)
from aftersales.core.rulebook import Rulebook
from aftersales.core.table import TABLE
from aftersales.core.ticket import Phase, Status
from tests.aftersales.conftest import NOW, order_line

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20), timezones=st.just(UTC))


@pytest.mark.parametrize("status", Status)
def test_every_status_but_the_archive_has_its_time(rulebook: Rulebook, status: Status) -> None:
    due = due_at(status, NOW, rulebook)
    assert (due is None) == (status is Status.ARCHIVED)
    assert due is None or due > NOW


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_of_the_execution_has_its_time(rulebook: Rulebook, phase: Phase) -> None:
    rule = rule_for(Status.EXECUTING, phase, rulebook)
    assert rule is not None
    assert rule.on_timeout


def test_every_time_out_is_a_step_of_the_system(rulebook: Rulebook) -> None:
    for name, rule in rulebook.deadlines.items():
        if rule.on_timeout and rule.on_timeout != "respond":
            status = Status(name) if name in set(Status) else Status.EXECUTING
            assert "system" in TABLE[status, rule.on_timeout].actors, name


def test_times_without_phase_follow_the_remedy(rulebook: Rulebook) -> None:
    assert due_at(Status.EXECUTING, NOW, rulebook, "invoice") == NOW + timedelta(days=10)
    assert due_at(Status.EXECUTING, NOW, rulebook, "none") == NOW + timedelta(hours=24)
    assert due_at(Status.ACCEPTED, NOW, rulebook, "repair") == NOW + timedelta(hours=48)


def test_a_ruling_takes_working_days(rulebook: Rulebook) -> None:
    friday = datetime(2026, 11, 27, 4, tzinfo=UTC)
    assert due_at(Status.ADJUDICATING, friday, rulebook) == datetime(2026, 12, 2, 4, tzinfo=UTC)


def test_a_long_holiday_does_not_stretch_a_ruling_beyond_seven_days(rulebook: Rulebook) -> None:
    before_the_holiday = datetime(2026, 9, 30, 4, tzinfo=UTC)
    assert due_at(Status.ADJUDICATING, before_the_holiday, rulebook) == datetime(2026, 10, 7, 4, tzinfo=UTC)


def test_before_anything_was_sent_a_merchant_has_a_day_to_answer(rulebook: Rulebook) -> None:
    assert due_at(Status.ACCEPTED, NOW, rulebook, unsent=True) == NOW + timedelta(hours=24)
    assert due_at(Status.SUBMITTED, NOW, rulebook, unsent=True) == NOW + timedelta(hours=2)


def test_the_national_holiday_is_passed_over_and_a_made_up_saturday_is_not() -> None:
    assert is_day_off(date(2026, 10, 1))
    before = datetime(2026, 9, 30, 4, tzinfo=UTC)
    assert workdays_later(before, 1).date() == date(2026, 10, 8)
    assert postponed(datetime(2026, 10, 2, 4, tzinfo=UTC)) == datetime(2026, 10, 8, 15, 59, 59, tzinfo=UTC)
    assert postponed(NOW) == NOW


def test_years_that_nobody_has_announced_have_weekends() -> None:
    assert is_day_off(date(2050, 1, 1))  # a Saturday
    assert not is_day_off(date(2050, 1, 3))


@given(MOMENTS, st.integers(1, 10))
def test_working_days_end_on_one_and_never_too_early(at: datetime, days: int) -> None:
    end = workdays_later(at, days)
    assert not is_day_off(end.astimezone(tz=None).date()) or not is_day_off((end + timedelta(hours=8)).date())
    assert end - at >= timedelta(days=days)


@given(MOMENTS)
def test_what_is_postponed_ends_on_a_working_day_within_two_weeks(at: datetime) -> None:
    end = postponed(at)
    assert not is_day_off((end + timedelta(hours=8)).date())
    assert timedelta() <= end - at < timedelta(days=14)


def test_reminders_come_before_the_end(rulebook: Rulebook) -> None:
    rule = rulebook.deadlines["proposal_pending"]
    due = end_of(rule, NOW)
    assert reminders(rule, NOW, due) == [NOW + timedelta(hours=24), NOW + timedelta(hours=60)]
    assert reminders(rule, NOW, NOW + timedelta(hours=30)) == [NOW + timedelta(hours=24)]


def ticket(remedy: str | None, sub_type: str = "quality_damaged", **line: Any) -> dict[str, Any]:
    goods = order_line(**line)
    return {"party": "m_1", "order_line": goods.to_json(), "sub_type": sub_type, "remedy": remedy}


UNSENT = {"status": "paid", "shipped_at": None, "signed_at": None}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (ticket("return_refund"), ("agree", {"remedy": "return_refund"})),
        (ticket("exchange"), ("agree", {"remedy": "exchange"})),
        (ticket("refund_only"), ("intervene", {})),  # goods were sent: never an automatic refund (L25)
        (ticket("refund_only", **UNSENT), ("agree", {"remedy": "refund_only"})),
        (ticket(None), ("intervene", {})),
        (ticket("goodwill"), ("intervene", {})),
        (ticket("repair", "quality_damaged"), ("intervene", {})),
        (ticket("return_refund", "quality_counterfeit"), ("intervene", {})),  # people decide
        (ticket("return_refund", paid_fen=300_000), ("intervene", {})),  # two people decide
        (ticket("return_refund", "unknown"), ("intervene", {})),
        (ticket("return_refund") | {"party": "platform"}, ("escalate", {})),
        (ticket("return_refund") | {"order_line": None}, ("escalate", {})),
    ],
)
def test_a_merchant_who_does_not_answer(
    rulebook: Rulebook, row: dict[str, Any], expected: tuple[str, dict[str, Any]]
) -> None:
    assert timeout_step("respond", row, rulebook) == expected
    assert timeout_step("withdraw", row, rulebook) == ("withdraw", {})
