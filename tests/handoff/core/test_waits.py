"""How long a consumer waited is read from the record's lines alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.core.waits import Wait, waits

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)


def owner(to: str, seconds: float) -> dict[str, Any]:
    at = NOON + timedelta(seconds=seconds)
    return {
        "conversation_id": "c",
        "kind": "owner_changed",
        "sender": "system",
        "data": {"owner": to},
        "at": at,
    }


def said(by: str, seconds: float) -> dict[str, Any]:
    at = NOON + timedelta(seconds=seconds)
    return {"conversation_id": "c", "kind": "message", "sender": by, "data": None, "at": at}


def test_from_the_queue_to_the_first_words_of_a_person() -> None:
    (wait,) = waits([owner("queued", 0), owner("agent", 40), said("agent", 75), said("agent", 90)])
    assert wait.seconds_to_reply == 75 and wait.was_answered(NOON) is True


@pytest.mark.parametrize(("seconds", "answered"), [(60, True), (60.1, False)])
def test_a_minute_is_in_time(seconds: float, answered: bool) -> None:
    (wait,) = waits([owner("queued", 0), owner("agent", seconds)])
    assert wait.was_answered(NOON) is answered


def test_who_still_waits_is_judged_when_the_minute_is_over() -> None:
    (wait,) = waits([owner("queued", 0)])
    assert wait.was_answered(NOON + timedelta(seconds=59)) is None
    assert wait.was_answered(NOON + timedelta(seconds=60)) is False


@pytest.mark.parametrize(("seconds", "answered"), [(30, None), (90, False)])
def test_who_left_before_the_minute_was_over_does_not_count(seconds: float, answered: bool | None) -> None:
    (wait,) = waits([owner("queued", 0), owner("bot", seconds), owner("agent", 200)])
    assert wait.was_answered(NOON + timedelta(hours=1)) is answered


def test_every_wait_of_a_conversation_counts_and_other_owners_are_none() -> None:
    lines = [said("agent", 0), owner("bot", 0), owner("queued", 1), owner("queued", 5), owner("agent", 9)]
    found = waits([*lines, said("bot", 10), owner("queued", 20), owner("closed", 30)])
    assert [(wait.asked_at - NOON).total_seconds() for wait in found] == [1, 20]
    assert found[0].replied_at is None and found[1].left_at is not None


@pytest.mark.parametrize(("hour", "by_day"), [(8, True), (22, True), (23, False), (7, False), (0, False)])
def test_first_responses_are_measured_from_eight_to_eleven(hour: int, by_day: bool) -> None:
    at = datetime(2026, 11, 24, hour, tzinfo=UTC) - timedelta(hours=8)
    assert Wait("c", at).is_by_day is by_day


lines_ = st.lists(
    st.tuples(st.sampled_from(["bot", "queued", "agent", "closed", "said"]), st.integers(0, 500)), max_size=20
)


@given(lines_)
def test_nobody_is_answered_before_he_asked(moves: list[tuple[str, int]]) -> None:
    at, lines = 0.0, []
    for what, seconds in moves:
        at += seconds
        lines.append(said("agent", at) if what == "said" else owner(what, at))
    for wait in waits(lines):
        assert wait.accepted_at is None or wait.accepted_at >= wait.asked_at
        assert wait.replied_at is None or (
            wait.accepted_at is not None and wait.replied_at >= wait.accepted_at
        )
        assert wait.left_at is None or wait.accepted_at is None
