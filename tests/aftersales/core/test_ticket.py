"""Every status, every trigger, every actor."""

import itertools

import pytest

from aftersales.core.ticket import (
    DUE_LABELS,
    NEXT_STEPS,
    STATUS_LABELS,
    TABLE,
    IllegalTransition,
    NotAllowed,
    Status,
    notice,
    row_for,
    steps_of,
)
from aftersales.rulebook_store import load_rulebook

TRIGGERS = sorted({trigger for _, trigger in TABLE})
ACTORS = ("consumer", "merchant", "platform", "system")


@pytest.mark.parametrize(("status", "trigger", "actor"), list(itertools.product(Status, TRIGGERS, ACTORS)))
def test_every_status_trigger_and_actor_is_a_row_or_a_refusal(
    status: Status, trigger: str, actor: str
) -> None:
    row = TABLE.get((status, trigger))
    if row is None:
        with pytest.raises(IllegalTransition) as illegal:
            row_for(status, trigger, actor)
        assert illegal.value.status == 409
    elif actor not in row.actors:
        with pytest.raises(NotAllowed) as refused:
            row_for(status, trigger, actor)
        assert refused.value.status == 403
    else:
        assert row_for(status, trigger, actor) is row
        assert trigger in dict(steps_of(status, actor))


def test_the_last_status_is_called_exactly_完结_and_a_withdrawal_is_not() -> None:
    assert STATUS_LABELS[Status.CLOSED] == "完结"
    assert [status for status, label in STATUS_LABELS.items() if label == "完结"] == [Status.CLOSED]


def test_silence_is_never_consent() -> None:
    """No deadline of the rulebook lets time accept a proposal or close a ticket."""
    for status, deadline in load_rulebook().deadlines.items():
        if deadline.on_timeout:
            assert "system" in TABLE[Status(status), deadline.on_timeout].actors
    assert TABLE[Status.PROPOSAL_PENDING, "accept_proposal"].actors == {"consumer"}
    assert load_rulebook().deadlines["proposal_pending"].on_timeout == "withdraw"


def test_before_execution_the_consumer_can_always_withdraw() -> None:
    for status in Status:
        allowed = "withdraw" in dict(steps_of(status, "consumer"))
        assert allowed == (status not in (Status.EXECUTING, Status.CLOSED, Status.WITHDRAWN))


def test_every_status_says_what_comes_next_and_every_move_tells_the_consumer() -> None:
    assert set(NEXT_STEPS) == set(Status) == set(STATUS_LABELS)
    assert set(DUE_LABELS) == set(Status) - {Status.CLOSED, Status.WITHDRAWN}
    for trigger in TRIGGERS:
        assert notice(trigger, reason="补一张面单", proposal="退货退款 199.00 元", proof="RF1")
