"""Calendar days and months are Shanghai's."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.core import times
from kernel.times import SHANGHAI, wire_time

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@given(MOMENTS)
def test_the_next_midnight_is_within_a_day_and_at_zero_oclock_in_shanghai(at: datetime) -> None:
    midnight = times.next_midnight(at)
    assert timedelta(0) < midnight - at <= timedelta(days=1)
    assert midnight.astimezone(SHANGHAI).strftime("%H:%M:%S") == "00:00:00"


@given(MOMENTS, st.integers(0, 120))
def test_months_later_keeps_the_hour_and_never_leaves_the_month(at: datetime, months: int) -> None:
    local, later = at.astimezone(SHANGHAI), times.months_later(at, months).astimezone(SHANGHAI)
    assert (later.year - local.year) * 12 + later.month - local.month == months
    assert later.time() == local.time()
    assert later.day == local.day or later.day in (28, 29, 30)


def test_a_month_after_the_last_of_january_is_the_last_of_february() -> None:
    at = datetime(2027, 1, 31, 9, 0, tzinfo=SHANGHAI)
    assert times.months_later(at, 1) == datetime(2027, 2, 28, 9, 0, tzinfo=SHANGHAI)


@given(MOMENTS)
def test_a_time_on_the_wire_comes_back_to_the_millisecond(at: datetime) -> None:
    assert abs(times.parsed(wire_time(at)) - at) < timedelta(milliseconds=1)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        times.parsed("2026-11-24T10:00:00")


def test_times_are_spoken_in_shanghai_from_any_zone() -> None:
    utc = datetime(2026, 11, 26, 20, 5, tzinfo=UTC)
    assert (
        times.spoken(utc) == times.spoken(utc.astimezone(timezone(timedelta(hours=-8)))) == "11月27日 04:05"
    )
