"""A run's states, and the time that is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.run import MOVES, STEPS, RunState, RunTrigger, expected, move, progress
from kernel.errors import DomainError

NAMES = tuple(step.name for step in STEPS)


@pytest.mark.parametrize("state", RunState)
@pytest.mark.parametrize("trigger", RunTrigger)
def test_every_state_and_trigger_has_its_row_or_is_refused(state: RunState, trigger: RunTrigger) -> None:
    if (state, trigger) in MOVES:
        assert move(state, trigger) in RunState
    else:
        with pytest.raises(DomainError, match="wrong_state"):
            move(state, trigger)


def test_a_step_is_expected_to_take_what_it_took_last() -> None:
    wanted = expected(NAMES, [{"train": 50.0}, {"train": 80.0, "compare": 0.0, "gone": 9.0}])
    assert wanted["train"] == 80.0
    assert wanted["compare"] == next(step.seconds for step in STEPS if step.name == "compare")
    assert "gone" not in wanted and "baseline" not in expected(("train",), [])


def test_time_left_shrinks_and_never_says_done_before_it_is() -> None:
    wanted = {"train": 100.0, "held_out": 50.0}
    steps = ("train", "held_out")
    begun = progress(steps, {}, "train", 0, wanted)
    late = progress(steps, {}, "train", 500, wanted)
    last = progress(steps, {"train": 500.0}, "held_out", 40, wanted)
    assert begun == {"share": 0.0, "seconds_left": 150, "current": "train"}
    assert late["seconds_left"] == 55 and late["share"] < 0.7
    assert last["seconds_left"] == 10 and last["share"] < 1
    assert progress(steps, {"train": 1.0, "held_out": 2.0}, None, 0, wanted)["share"] == 1.0


@given(
    st.dictionaries(st.sampled_from(NAMES), st.floats(0, 1000)),
    st.sampled_from((*NAMES, None)),
    st.floats(0, 10_000),
)
def test_progress_is_a_share_and_time_is_never_negative(
    took: dict[str, float], current: str | None, running: float
) -> None:
    said = progress(NAMES, took, current, running, expected(NAMES, []))
    assert 0 <= said["share"] <= 1 and said["seconds_left"] >= 0
