"""Cohen's kappa against worked examples, and its bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.agreement import agreement, confusions

pairs = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=40)


def test_a_worked_example() -> None:
    said = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    found = agreement(said)
    assert (found.count, found.share) == (50, 0.7)
    assert found.kappa == pytest.approx(0.4)
    assert confusions(said) == [("n", "y", 15)]


@given(pairs)
def test_it_is_symmetric_and_at_most_one(said: list[tuple[str, str]]) -> None:
    one, other = agreement(said), agreement([(b, a) for a, b in said])
    assert one.kappa == pytest.approx(other.kappa) if one.kappa is not None else other.kappa is None
    assert one.kappa is None or -1 <= one.kappa <= 1


def test_where_chance_alone_agrees_there_is_no_kappa() -> None:
    assert agreement([("a", "a")] * 3).kappa is None
    assert agreement([]).kappa is None
    assert agreement([("a", "a"), ("b", "b")]).kappa == 1
