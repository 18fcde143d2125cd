"""What can happen to a sentence of the inbox: a table of states and triggers. Pure."""

from enum import StrEnum

from kernel.errors import DomainError


class State(StrEnum):
    OPEN = "open"
    SECOND = "second"  # one label is there, a second trainer is asked
    DISPUTED = "disputed"  # two labels that differ: a reviewer decides
    ACCEPTED = "accepted"  # its label is final and stands in the data
    EXCLUDED = "excluded"  # not for training
    SPLIT = "split"  # it said two things; its parts are items of their own


class Trigger(StrEnum):
    LABELLED = "labelled"  # by one trainer, and one is enough
    LABELLED_FIRST = "labelled_first"  # by one trainer, and two are asked
    AGREED = "agreed"
    DIFFERED = "differed"
    EXCLUDED = "excluded"
    ASKED_SECOND = "asked_second"  # a trainer is not sure and wants a colleague's label too
    SETTLED = "settled"  # a reviewer chose a label
    SETTLED_OUT = "settled_out"  # a reviewer chose: not for training
    SPLIT = "split"
    UNDONE = "undone"


TABLE: dict[tuple[State, Trigger], State] = {
    (State.OPEN, Trigger.LABELLED): State.ACCEPTED,
    (State.OPEN, Trigger.LABELLED_FIRST): State.SECOND,
    (State.OPEN, Trigger.EXCLUDED): State.EXCLUDED,
    (State.OPEN, Trigger.SPLIT): State.SPLIT,
    (State.OPEN, Trigger.ASKED_SECOND): State.OPEN,  # only how many labels are wanted changes
    (State.SECOND, Trigger.AGREED): State.ACCEPTED,
    (State.SECOND, Trigger.EXCLUDED): State.EXCLUDED,  # both said: not for training
    (State.SECOND, Trigger.DIFFERED): State.DISPUTED,
    (State.SECOND, Trigger.UNDONE): State.OPEN,
    (State.DISPUTED, Trigger.SETTLED): State.ACCEPTED,
    (State.DISPUTED, Trigger.SETTLED_OUT): State.EXCLUDED,
    (State.DISPUTED, Trigger.UNDONE): State.OPEN,
    (State.ACCEPTED, Trigger.UNDONE): State.OPEN,
    (State.EXCLUDED, Trigger.UNDONE): State.OPEN,
    (State.SPLIT, Trigger.UNDONE): State.OPEN,
}

WAITING = frozenset({State.OPEN, State.SECOND, State.DISPUTED})


def move(state: State, trigger: Trigger) -> State:
    """The state after the trigger. Raises DomainError `already_decided` (409) where the table has no row."""
    after = TABLE.get((state, trigger))
    if after is None:
        raise DomainError("already_decided", "这句话刚刚已经有人处理了，请刷新", 409, state=state.value)
    return after


def after_label(state: State, wanted: int, verdicts: list[tuple[str, str]]) -> Trigger:
    """What the newest label means, given all labels that count as `(verdict, label)`, the newest last.

    `wanted` is how many trainers are asked.
    """
    newest = verdicts[-1]
    if len(verdicts) < wanted:
        return Trigger.LABELLED_FIRST
    if any(one != newest for one in verdicts):
        return Trigger.DIFFERED
    if newest[0] == "exclude":
        return Trigger.EXCLUDED
    return Trigger.AGREED if wanted > 1 else Trigger.LABELLED
