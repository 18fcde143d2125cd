"""Every state of a sentence with every trigger, and what a label means."""

import pytest

from curation.core.item import TABLE, State, Trigger, after_label, move
from kernel.errors import DomainError


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("trigger", Trigger)
def test_every_state_with_every_trigger(state: State, trigger: Trigger) -> None:
    if (state, trigger) in TABLE:
        assert move(state, trigger) is TABLE[(state, trigger)]
    else:
        with pytest.raises(DomainError, match="already_decided"):
            move(state, trigger)


def test_every_decision_can_be_undone_and_leads_back_to_open() -> None:
    for state in State:
        if state is not State.OPEN:
            assert move(state, Trigger.UNDONE) is State.OPEN


QUALITY, SIZE, OUT = ("label", "quality/"), ("label", "size/"), ("exclude", "/")


@pytest.mark.parametrize(
    ("wanted", "verdicts", "expected"),
    [
        (1, [QUALITY], Trigger.LABELLED),
        (1, [OUT], Trigger.EXCLUDED),
        (2, [QUALITY], Trigger.LABELLED_FIRST),
        (2, [OUT], Trigger.LABELLED_FIRST),
        (2, [QUALITY, QUALITY], Trigger.AGREED),
        (2, [QUALITY, SIZE], Trigger.DIFFERED),
        (2, [QUALITY, OUT], Trigger.DIFFERED),
        (2, [OUT, OUT], Trigger.EXCLUDED),
    ],
)
def test_what_a_label_means(wanted: int, verdicts: list[tuple[str, str]], expected: Trigger) -> None:
    assert after_label(State.OPEN, wanted, verdicts) is expected
