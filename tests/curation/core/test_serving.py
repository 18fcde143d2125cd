"""Who answers a conversation: sticky, in the share that was in force when it was opened, never anybody's choice."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.serving import (
    MOVES,
    Routing,
    State,
    Step,
    Trigger,
    move,
    other,
    share_at,
    slot_of,
)
from kernel.errors import DomainError

T0 = datetime(2026, 11, 27, 12, tzinfo=UTC)
TRIED_OUT = Routing("blue", "green", "pro_1", (Step(T0, 10), Step(T0 + timedelta(hours=1), 50)))
CONVERSATIONS = [f"c_{number}" for number in range(4000)]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("trigger", Trigger)
def test_every_state_and_trigger_has_its_row_or_is_refused(state: State, trigger: Trigger) -> None:
    if (state, trigger) in MOVES:
        assert move(state, trigger) in State
    else:
        with pytest.raises(DomainError, match="wrong_state"):
            move(state, trigger)


def test_what_has_ended_never_moves_again() -> None:
    assert not {state for state, _ in MOVES} & {State.RETURNED, State.FAILED, State.REPLACED}


def test_conversations_that_were_open_before_stay_where_they_are() -> None:
    before = T0 - timedelta(seconds=1)
    assert {slot_of(one, before, TRIED_OUT) for one in CONVERSATIONS} == {"blue"}


@pytest.mark.parametrize(("minutes", "share"), [(1, 10), (61, 50)])
def test_new_conversations_go_to_the_canary_in_its_share(minutes: int, share: int) -> None:
    at = T0 + timedelta(minutes=minutes)
    there = sum(slot_of(one, at, TRIED_OUT) == "green" for one in CONVERSATIONS) / len(CONVERSATIONS) * 100
    assert abs(there - share) < 3


@given(st.text(min_size=1), st.integers(0, 300), st.integers(1, 99), st.integers(1, 99))
def test_widening_moves_nobody_who_was_open(one: str, minutes: int, first: int, second: int) -> None:
    opened = T0 + timedelta(minutes=minutes)
    narrow = Routing("blue", "green", "p", (Step(T0, first),))
    wide = Routing("blue", "green", "p", (Step(T0, first), Step(T0 + timedelta(minutes=301), second)))
    assert slot_of(one, opened, narrow) == slot_of(one, opened, wide)


def test_each_promotion_tries_out_on_other_consumers() -> None:
    again = Routing("blue", "green", "pro_2", TRIED_OUT.steps)
    at = T0 + timedelta(minutes=1)
    both = [one for one in CONVERSATIONS if slot_of(one, at, TRIED_OUT) == slot_of(one, at, again) == "green"]
    assert len(both) < len(CONVERSATIONS) * 0.03  # 1 % by chance, 10 % if it were always the same


def test_without_a_canary_everybody_is_answered_by_the_model_in_use() -> None:
    assert {slot_of(one, T0, Routing("green")) for one in CONVERSATIONS[:100]} == {"green"}
    assert share_at((), T0) == 0 and other("blue") == "green" and other("green") == "blue"


def test_the_routing_survives_the_database() -> None:
    assert Routing.of(TRIED_OUT.to_json()) == TRIED_OUT
