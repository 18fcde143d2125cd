"""Rules are announced ahead, take effect at their day, and the day is Shanghai's."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.core.publication import earliest_effect, in_force, problems_of, state_of
from aftersales.core.rulebook import Rulebook
from aftersales.rulebook_store import load_rulebook

BASE = load_rulebook("2026-11")


def book(version: str, published: date | None, effective: date, *, weighty: bool = False) -> Rulebook:
    return BASE.model_copy(
        update={
            "version": version,
            "published_at": published,
            "effective_from": effective,
            "weighty": weighty,
        }
    )


OLD = book("a", date(2026, 1, 1), date(2026, 2, 1))
NEXT = book("b", date(2026, 11, 20), date(2026, 12, 1))
DRAFT = book("c", None, date(2026, 11, 1))


def test_a_version_takes_effect_at_midnight_in_shanghai_of_its_day() -> None:
    midnight = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert in_force([OLD, NEXT, DRAFT], midnight - timedelta(seconds=1)) is OLD
    assert in_force([OLD, NEXT, DRAFT], midnight) is NEXT


def test_before_the_first_version_there_is_none_and_a_draft_is_never_in_force() -> None:
    assert in_force([OLD], datetime(2025, 1, 1, tzinfo=UTC)) is None
    assert in_force([DRAFT], datetime(2027, 1, 1, tzinfo=UTC)) is None


def test_every_version_stands_somewhere() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert [state_of(one, OLD, now) for one in (OLD, NEXT, DRAFT)] == ["in_force", "announced", "draft"]
    assert state_of(OLD, NEXT, now + timedelta(days=30)) == "past"


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.integers(0, 40), st.booleans())
def test_notice_is_seven_days_or_fifteen_where_it_weighs(published: date, ahead: int, weighty: bool) -> None:
    one = book("x", published, published + timedelta(days=ahead), weighty=weighty)
    assert bool(problems_of(one, [])) == (ahead < (15 if weighty else 7))
    assert earliest_effect(one, published) == published + timedelta(days=15 if weighty else 7)


def test_two_versions_do_not_begin_on_one_day() -> None:
    twin = book("d", date(2026, 11, 1), NEXT.effective_from)
    assert any("version b" in problem for problem in problems_of(twin, [NEXT, twin]))


@pytest.mark.parametrize("days", [0, 7, 15])
def test_a_draft_has_no_notice_to_keep(days: int) -> None:
    assert problems_of(book("e", None, date(2026, 1, 1) + timedelta(days=days)), []) == []
