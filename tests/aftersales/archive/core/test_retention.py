"""Dossiers are kept three years at least, longer while somebody holds them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.archive.core.retention import check_hold, is_erasable, retain_until
from kernel.errors import DomainError
from kernel.times import SHANGHAI

times = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))


@given(times, st.integers(3, 30))
def test_the_same_day_so_many_years_later_in_shanghai(done: datetime, years: int) -> None:
    until = retain_until(done, years)
    local, later = done.astimezone(SHANGHAI), until.astimezone(SHANGHAI)
    assert later.year == local.year + years
    assert later.time() == local.time()
    assert (
        later.date() == local.date().replace(year=later.year) if (local.month, local.day) != (2, 29) else True
    )
    assert until - done >= timedelta(days=365 * years)


def test_the_29th_of_february_is_kept_to_the_first_of_march() -> None:
    done = datetime(2028, 2, 29, 12, tzinfo=SHANGHAI)
    assert retain_until(done, 3) == datetime(2031, 3, 1, 12, tzinfo=SHANGHAI)


@given(times, st.integers(-5, 2))
def test_less_than_the_law_asks_for_is_refused(done: datetime, years: int) -> None:
    with pytest.raises(ValueError, match="at least 3 years"):
        retain_until(done, years)


@given(times, times, st.booleans(), st.none() | times)
def test_only_what_is_over_and_free_may_go(
    until: datetime, now: datetime, held: bool, erased: datetime | None
) -> None:
    record = {"retain_until": until, "held": held, "erased_at": erased}
    assert is_erasable(record, now) == (until <= now and not held and erased is None)


@pytest.mark.parametrize(
    ("held", "erased", "lift", "code"),
    [(True, False, False, "already_held"), (False, False, True, "not_held"), (False, True, False, "erased")],
)
def test_holds_are_not_set_twice_nor_on_what_is_gone(held: bool, erased: bool, lift: bool, code: str) -> None:
    record = {"held": held, "erased_at": datetime(2026, 1, 1, tzinfo=UTC) if erased else None}
    with pytest.raises(DomainError) as refused:
        check_hold(record, lift=lift)
    assert refused.value.code == code
