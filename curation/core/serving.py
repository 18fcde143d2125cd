"""Which of two Rasa processes answers a conversation: the live one, or for a share of the new ones the canary.

The choice is sticky: it depends only on the conversation, on when it was opened and on the share at that time, so
every instance of the service makes the same one, also after a restart.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from kernel.errors import DomainError

SLOTS = ("blue", "green")
WHOLE = 100


class State(StrEnum):
    """Of a promotion."""

    STARTING = "starting"  # its Rasa loads the model; nobody is sent there yet
    CANARY = "canary"
    LIVE = "live"
    RETURNED = "returned"  # taken back, by the watch or by a person, before or after it was live for all
    FAILED = "failed"  # its Rasa did not come up
    REPLACED = "replaced"  # by the next promotion


class Trigger(StrEnum):
    WARMED_SHARE = "warmed_share"
    WARMED_WHOLE = "warmed_whole"
    WIDENS = "widens"
    GOES_LIVE = "goes_live"
    RETURNS = "returns"
    FAILS = "fails"
    IS_REPLACED = "is_replaced"


MOVES: dict[tuple[State, Trigger], State] = {
    (State.STARTING, Trigger.WARMED_SHARE): State.CANARY,
    (State.STARTING, Trigger.WARMED_WHOLE): State.LIVE,
    (State.STARTING, Trigger.RETURNS): State.RETURNED,
    (State.STARTING, Trigger.FAILS): State.FAILED,
    (State.CANARY, Trigger.WIDENS): State.CANARY,
    (State.CANARY, Trigger.GOES_LIVE): State.LIVE,
    (State.CANARY, Trigger.RETURNS): State.RETURNED,
    (State.LIVE, Trigger.RETURNS): State.RETURNED,
    (State.LIVE, Trigger.IS_REPLACED): State.REPLACED,
}
UNDER_WAY = frozenset({State.STARTING, State.CANARY})


def move(state: State, trigger: Trigger) -> State:
    """The state after the trigger; raises DomainError `wrong_state` (409) for a pair without a row."""
    try:
        return MOVES[state, trigger]
    except KeyError:
        said = {
            State.STARTING: "新模型还在启动",
            State.CANARY: "还在灰度中",
            State.LIVE: "已经全量",
            State.RETURNED: "已经退回",
            State.FAILED: "没有启动成功",
            State.REPLACED: "已经被下一个模型接替",
        }[state]
        raise DomainError("wrong_state", f"这次上线{said}，不能进行这个操作", 409) from None


@dataclass(frozen=True)
class Step:
    """From `since` on, `share` percent of the conversations opened then go to the canary."""

    since: datetime
    share: int


@dataclass(frozen=True)
class Routing:
    """Who serves: the live slot, and while a promotion is tried out the canary's slot with its steps."""

    live: str
    canary: str | None = None
    promotion: str = ""  # salts the choice, so that it is not always the same consumers who try things out
    steps: tuple[Step, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "live": self.live,
            "canary": self.canary,
            "promotion": self.promotion,
            "steps": [[step.since.isoformat(), step.share] for step in self.steps],
        }

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Routing":
        steps = tuple(Step(datetime.fromisoformat(since), share) for since, share in said["steps"])
        return cls(said["live"], said["canary"], said["promotion"], steps)


def slot_of(conversation_id: str, opened_at: datetime, routing: Routing) -> str:
    """The slot that answers this conversation."""
    if routing.canary is None:
        return routing.live
    share = share_at(routing.steps, opened_at)
    return routing.canary if _place(conversation_id, routing.promotion) < share else routing.live


def share_at(steps: Sequence[Step], at: datetime) -> int:
    """The share in force at that time; 0 before the first step, so conversations under way stay where they are."""
    return next((step.share for step in reversed(steps) if step.since <= at), 0)


def other(slot: str) -> str:
    return SLOTS[1 - SLOTS.index(slot)]


def _place(conversation_id: str, salt: str) -> float:
    """Where in 0 to 100 a conversation falls, evenly."""
    digest = hashlib.sha256(f"{salt}:{conversation_id}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 * WHOLE
