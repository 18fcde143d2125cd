"""How long until a person comes: from the past alone, honest when there is none, and right as often as it says."""

from datetime import UTC, datetime, timedelta

import pytest

from bench.waiting import Day, simulate
from handoff.core.waiting import FEWEST, FRESH, GOAL, Served, interval, stretch

NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)


def steady(count: int, gap: float = 30.0, **more: object) -> list[Served]:
    return [
        Served(NOW - timedelta(seconds=gap * (count - i)), waited=600.0, **more)  # type: ignore[arg-type]
        for i in range(count)
    ]


def test_without_enough_history_nothing_is_said() -> None:
    assert interval(1, steady(FEWEST - 1), NOW) is None
    assert interval(1, [], NOW) is None


def test_old_history_is_no_history() -> None:
    old = [Served(one.at - FRESH, one.waited) for one in steady(40)]
    assert interval(1, old, NOW) is None


@pytest.mark.parametrize("place", [1, 3, 10, 60])
def test_the_interval_holds_what_a_steady_queue_takes(place: int) -> None:
    found = interval(place, steady(60), NOW)
    assert found is not None
    low, high = found
    assert low <= place * 30 <= high


def test_it_grows_with_the_place() -> None:
    past = steady(60)
    highs = [interval(place, past, NOW)[1] for place in (1, 2, 5, 20)]  # type: ignore[index]
    assert highs == sorted(highs)
    assert len(set(highs)) == 4


def test_quiet_hours_do_not_count_as_work() -> None:
    quiet = [Served(NOW - timedelta(minutes=10 * i), waited=20.0) for i in range(12, 0, -1)]
    found = interval(1, quiet, NOW)
    assert found is not None
    assert found[1] < 60


def test_misses_widen_the_next_interval_and_hits_narrow_it() -> None:
    missed, held = steady(40, held=False), steady(40, held=True)
    assert stretch(missed, True) > stretch(steady(40), True) > stretch(held, True) == 0.0


def test_over_simulated_days_at_least_the_goal_of_all_waits_lies_within() -> None:
    """Two rushes, a lunch break, long tails: see bench/waiting.py, which prints it by desk and place."""
    day = Day()
    for seed in (1, 2):
        simulate(2, seed, day)
        simulate(6, seed, day)
    judged, inside = sum(day.all.values()), sum(day.inside.values())
    assert judged > 500
    assert inside / judged >= GOAL
