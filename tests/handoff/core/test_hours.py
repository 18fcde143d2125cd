"""Working hours with mainland China's holidays and worked weekends."""

from datetime import datetime, time

import pytest

from aftersales.core.deadline import is_day_off
from handoff.core.hours import Hours, is_open, next_open, open_seconds, spoken
from kernel.times import SHANGHAI

DAY = Hours([(time(9), time(12)), (time(13), time(18))], [(time(10), time(16))])
NEVER_OFF = Hours([(time(9), time(18))], [])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-27T08:59", False),
        ("2026-11-27T09:00", True),
        ("2026-11-27T12:00", False),  # lunch
        ("2026-11-27T13:00", True),
        ("2026-11-27T18:00", False),
        ("2026-11-28T09:30", False),  # Saturday
        ("2026-11-28T10:00", True),
        ("2026-10-01T09:30", False),  # National Day, a Thursday
        ("2026-10-01T11:00", True),
        ("2026-02-14T09:30", True),  # a Saturday worked for Spring Festival
    ],
)
def test_open_is_by_the_calendar_of_mainland_china(moment: str, expected: bool) -> None:
    assert is_open(DAY, at(moment), is_day_off) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-27T10:00", "2026-11-27T10:00"),
        ("2026-11-27T12:30", "2026-11-27T13:00"),
        ("2026-11-27T19:00", "2026-11-28T10:00"),
        ("2026-09-30T19:00", "2026-10-01T10:00"),
    ],
)
def test_the_next_opening_is_the_soonest(moment: str, expected: str) -> None:
    assert next_open(DAY, at(moment), is_day_off) == at(expected)


def test_a_desk_closed_on_days_off_opens_after_the_whole_holiday() -> None:
    assert next_open(NEVER_OFF, at("2026-09-30T19:00"), is_day_off) == at("2026-10-08T09:00")


def test_a_desk_without_hours_never_opens() -> None:
    assert next_open(Hours([], []), at("2026-11-27T10:00"), is_day_off) is None


def test_midnight_ends_a_day_that_is_open_throughout() -> None:
    always = Hours([(time(0), time(0))], [(time(0), time(0))])
    assert is_open(always, at("2026-11-27T23:59"), is_day_off)
    assert spoken(always) == "每天 00:00–24:00"


def test_only_open_time_counts_towards_a_response() -> None:
    asked, answered = at("2026-11-27T17:50"), at("2026-11-28T10:05")
    assert open_seconds(DAY, asked, answered, is_day_off) == 15 * 60
    assert spoken(DAY) == "工作日 09:00–12:00、13:00–18:00，休息日 10:00–16:00"
