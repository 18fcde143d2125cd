"""A training run: its states, its steps, and how long it will still take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kernel.errors import DomainError


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RunTrigger(StrEnum):
    STARTS = "starts"
    STARTS_AGAIN = "starts_again"  # its process is gone, as after a restart of the machine
    ENDS = "ends"
    FAILS = "fails"
    IS_CANCELLED = "is_cancelled"


MOVES: dict[tuple[RunState, RunTrigger], RunState] = {
    (RunState.QUEUED, RunTrigger.STARTS): RunState.RUNNING,
    (RunState.QUEUED, RunTrigger.FAILS): RunState.FAILED,  # its data cannot be read
    (RunState.QUEUED, RunTrigger.IS_CANCELLED): RunState.CANCELLED,
    (RunState.RUNNING, RunTrigger.STARTS_AGAIN): RunState.RUNNING,
    (RunState.RUNNING, RunTrigger.ENDS): RunState.DONE,
    (RunState.RUNNING, RunTrigger.FAILS): RunState.FAILED,
    (RunState.RUNNING, RunTrigger.IS_CANCELLED): RunState.CANCELLED,
}
MOST_ATTEMPTS = 2


def move(state: RunState, trigger: RunTrigger) -> RunState:
    """The state after the trigger; raises DomainError `wrong_state` (409) for a pair without a row."""
    try:
        return MOVES[state, trigger]
    except KeyError:
        raise DomainError("wrong_state", "这次训练已经结束了", 409) from None


@dataclass(frozen=True)
class StepKind:
    """A part of a run; `seconds` is what it took when nobody knows better (two cores, 15,000 sentences)."""

    name: str
    title: str
    seconds: float


STEPS = (
    StepKind("train", "训练模型", 120),
    StepKind("held_out", "交叉验证", 90),
    StepKind("baseline", "交叉验证现用模型的数据", 90),
    StepKind("compare", "和现用模型对比", 40),
    StepKind("dialogues", "对话测试", 60),
)


def expected(steps: Sequence[str], earlier: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Seconds each step will take: as in the newest earlier run that had it, else its default."""
    known = {step.name: step.seconds for step in STEPS}
    for durations in earlier:  # the newest last
        known.update({name: took for name, took in durations.items() if name in known and took > 0})
    return {name: known[name] for name in steps}


def progress(
    steps: Sequence[str],
    took: Mapping[str, float],
    current: str | None,
    running: float,
    wanted: Mapping[str, float],
) -> dict[str, Any]:
    """`{share, seconds_left, current}`: the share of the time that is over; a step that overruns is nearly done."""
    whole = sum(took.get(name, wanted[name]) for name in steps) or 1.0
    over = sum(took.values())
    left = 0.0
    for name in steps:
        if name in took:
            continue
        if name == current:
            over += min(running, 0.95 * wanted[name])
            left += max(wanted[name] - running, 0.05 * wanted[name])
        else:
            left += wanted[name]
    return {"share": min(1.0, over / whole), "seconds_left": round(left), "current": current}
