"""A ticket as the metrics see it: what happened to it, when and by whom, read from its events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from aftersales.core.retyping import RETYPE

# Fault of these is never the merchant's (domain-rules §6).
NOT_THE_MERCHANTS = frozenset({"platform", "carrier"})
ENDED = frozenset({"closed", "archived"})
# While one of these lasts, the case waits for the consumer.
WAITS_FOR_CONSUMER = frozenset({"pending_evidence", "proposal_pending", "awaiting_return"})
EXECUTION = frozenset(
    {
        "executing",
        "awaiting_return",
        "awaiting_receipt",
        "refunding",
        "exchanging",
        "reshipping",
        "repairing",
        "compensating",
    }
)


# What moves nothing on: the merchant's time goes on running.
STANDING = frozenset({"escalate", "quote", "ask_countersign", "drop_decision", RETYPE})


@dataclass(frozen=True)
class Step:
    """One move of a ticket: `to` its status, or the phase of the execution; `data` as it was given with the move."""

    at: datetime
    to: str
    from_: str | None = None
    trigger: str = ""
    actor: str = "system"  # consumer | merchant | platform | system
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One ticket of a merchant. `steps` oldest first, the first is its opening."""

    ticket_id: str
    order_no: str | None
    steps: tuple[Step, ...]
    remedy: str | None = None
    refunds: bool = False  # whether its remedy pays money back
    rating: int | None = None
    evidence_complete: bool = True
    # hours that the rulebook gives the merchant for what he has to do, by phase of the execution
    limits: Mapping[str, int] = field(default_factory=lambda: {"executing": 24})

    @property
    def opened_at(self) -> datetime:
        return self.steps[0].at

    @property
    def status(self) -> str:
        return self.steps[-1].to

    @property
    def closed_at(self) -> datetime | None:
        """When the case came to 完结 for the last time; None while it is not there."""
        if self.status not in ENDED:
            return None
        return next((step.at for step in reversed(self.steps) if step.to == "closed"), None)

    @property
    def fault(self) -> str | None:
        """Whose fault the last adjudication (or agreed proposal) says it was; None where nobody said."""
        found = [step.data["liability"] for step in self.steps if step.data.get("liability")]
        return str(found[-1]) if found else None

    @property
    def adjudicated_at(self) -> datetime | None:
        """When a person of the platform last decided the dispute."""
        decided = [
            step.at
            for step in self.steps
            if step.from_ in ("adjudicating", "appeal_review")
            and step.to in EXECUTION | {"rejected_claim", "closed"}
        ]
        return decided[-1] if decided else None

    @property
    def intervened_at(self) -> datetime | None:
        return self.first("platform_intervention")

    def first(self, status: str) -> datetime | None:
        return next((step.at for step in self.steps if step.to == status), None)

    def last_execution(self) -> tuple["Step", ...]:
        """The moves of the last execution, and the one that ended it where one did."""
        inside = [place for place, step in enumerate(self.steps) if step.to in EXECUTION]
        if not inside:
            return ()
        start = inside[-1]
        while start and self.steps[start - 1].to in EXECUTION:
            start -= 1
        return self.steps[start : inside[-1] + 2]

    def duties(self) -> list[tuple[datetime, datetime | None, datetime]]:
        """What the merchant had to do in the last execution: since when, until when (None: not yet), and by when.

        Sending out ends a duty: how long the parcel takes is the carrier's.
        """
        found: list[tuple[datetime, datetime | None, datetime]] = []
        begun: tuple[datetime, datetime] | None = None
        for step in self.last_execution():
            if begun and step.trigger not in STANDING:
                found.append((begun[0], step.at, begun[1]))
                begun = None
            hours = self.limits.get(step.to)
            if begun is None and hours is not None and step.trigger not in STANDING | {"ship"}:
                begun = (step.at, step.at + timedelta(hours=hours))
        return [*found, (begun[0], None, begun[1])] if begun else found

    def time_in(self, statuses: frozenset[str], until: datetime) -> timedelta:
        """How long the case has been in any of these statuses before `until`."""
        total = timedelta()
        for step, after in zip(self.steps, [*self.steps[1:], None], strict=True):
            end = min(after.at, until) if after else until
            if step.to in statuses and end > step.at:
                total += end - step.at
        return total

    def before(self, end: datetime) -> "Case | None":
        """The case as it was known at `end`; None when it did not exist yet. The same question on a later day
        gets the same answer, but for the rating and the evidence, which keep no history."""
        steps = tuple(step for step in self.steps if step.at < end)
        return replace(self, steps=steps) if steps else None


@dataclass(frozen=True)
class Window:
    """From `start` (included) to `end` (excluded)."""

    start: datetime
    end: datetime

    @classmethod
    def ending(cls, end: datetime, days: int) -> "Window":
        return cls(end - timedelta(days=days), end)

    def has(self, at: datetime | None) -> bool:
        return at is not None and self.start <= at < self.end


def counted(cases: Iterable[Case], window: Window) -> list[Case]:
    """What the metrics count: the cases as known at the window's end, without the platform's and carriers' faults."""
    known = (case.before(window.end) for case in cases)
    return [case for case in known if case is not None and case.fault not in NOT_THE_MERCHANTS]


def in_window(cases: Sequence[Case], window: Window) -> list[Case]:
    """The cases that were opened or came to 完结 in the window; their number decides whether a score is given."""
    return [case for case in cases if window.has(case.opened_at) or window.has(case.closed_at)]
