"""Every state and trigger of a conversation's owner."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.core.conversation import TABLE, TOLERATED_REPEATS, Owner, Ownership, Trigger, move
from kernel.errors import DomainError


@pytest.mark.parametrize(("owner", "trigger"), list(itertools.product(Owner, Trigger)))
def test_every_owner_and_trigger_is_a_row_a_tolerated_repeat_or_a_refusal(
    owner: Owner, trigger: Trigger
) -> None:
    before = Ownership(owner, 7, "a_1" if owner is Owner.AGENT else None)
    if (owner, trigger) in TABLE:
        after = move(before, trigger, "a_2")
        assert after.owner is TABLE[owner, trigger]
        assert after.epoch == 8
        assert after.agent_id == ("a_2" if after.owner is Owner.AGENT else None)
    elif (owner, trigger) in TOLERATED_REPEATS:
        assert move(before, trigger) == before
    else:
        with pytest.raises(DomainError) as refusal:
            move(before, trigger)
        assert refusal.value.status == 409


@pytest.mark.parametrize("owner", [Owner.BOT, Owner.QUEUED, Owner.AGENT, Owner.CLOSED])
def test_a_person_can_be_asked_for_in_every_state(owner: Owner) -> None:
    after = move(Ownership(owner, 1, None), Trigger.ASKS_PERSON)
    assert after.owner in (Owner.QUEUED, Owner.AGENT)


@given(st.lists(st.sampled_from(list(Trigger)), max_size=40))
def test_epochs_only_grow_and_only_an_agents_conversation_has_an_agent(steps: list[Trigger]) -> None:
    now = Ownership(Owner.BOT, 1)
    for step in steps:
        try:
            after = move(now, step, "a_1")
        except DomainError:
            continue
        assert after.epoch in (now.epoch, now.epoch + 1)
        assert (after.owner is now.owner) or after.epoch == now.epoch + 1
        assert (after.agent_id is not None) == (after.owner is Owner.AGENT)
        now = after
