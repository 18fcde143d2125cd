"""When a new model is taken back by itself: a clear jump on enough conversations, and nothing less."""

import pytest

from curation.core.watching import Counts, Limits, jump


def counts(turns: int, fallbacks: int, conversations: int = 0, handoffs: int = 0) -> Counts:
    return Counts(turns, fallbacks, conversations, handoffs)


def test_a_jump_of_the_fallback_rate_is_seen_and_says_by_how_much() -> None:
    found = jump(counts(2000, 200), counts(200, 60))
    assert found is not None and found.what == "fallback"
    assert "10%" in found.reason and "30%" in found.reason and "200" in found.reason


def test_a_jump_of_the_handoff_rate_is_seen() -> None:
    found = jump(counts(900, 90, 400, 40), counts(300, 30, 120, 36))
    assert found is not None and found.what == "handoff" and found.after == pytest.approx(0.3)


def test_too_few_conversations_prove_nothing() -> None:
    assert jump(counts(2000, 200), counts(29, 29)) is None
    assert jump(counts(29, 0), counts(2000, 1900)) is None
    assert jump(Counts(), Counts()) is None


def test_a_difference_within_the_margin_is_no_jump_however_sure_it_is() -> None:
    assert jump(counts(100_000, 10_000), counts(100_000, 17_000)) is None


def test_a_difference_that_chance_explains_is_no_jump() -> None:
    assert jump(counts(40, 8), counts(40, 12)) is None  # 20 % and 30 %, of 40 each


def test_a_better_model_is_never_taken_back() -> None:
    assert jump(counts(500, 200, 300, 150), counts(500, 20, 300, 10)) is None


def test_the_limits_are_the_callers() -> None:
    before, after = counts(500, 50), counts(500, 65)
    assert jump(before, after) is None
    assert jump(before, after, Limits(fallback=0.01, fewest=10)) is None  # 3 points: chance still explains it
    assert jump(counts(5000, 500), counts(5000, 650), Limits(fallback=0.01)) is not None


def test_rates_of_nothing_are_unknown_not_zero() -> None:
    said = Counts().to_json()
    assert said["fallback_rate"] is None and said["handoff_rate"] is None
