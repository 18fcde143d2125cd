"""The open case between two turns: what Rasa keeps in the slot `case`."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, SlotSet

from actions.turn import Events

NO_ORDER = "none"  # the slot's value when the case goes on without an order


@dataclass
class Further:
    """A second problem of the same case: it has its own list in the one request, and becomes its own ticket."""

    issue_type: str
    sub_type: str | None = None
    order_line: str | None = None  # None: the case's own order line
    words: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Case:
    """A complaint on its way to a ticket, with the further problems told along with it.

    `collected` is the evidence of all of them as `aftersales.core.evidence.tick` keeps it; `problems.todo_of` names
    its items.
    """

    issue_type: str
    sub_type: str | None = None
    from_seq: int = 0
    collected: dict[str, Any] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    remedy: str | None = None
    further: list[Further] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # order lines that he said it is not
    repeats: str | None = None  # the open ticket that this is about already
    also: list[str] = field(
        default_factory=list
    )  # what else was touched on, too unclear for a list of its own
    asked: bool = False  # the one request has been made
    order_asked: bool = False
    turn_id: str = ""  # the last turn worked in …
    news: list[str] = field(default_factory=list)  # … and what it ticked off

    @classmethod
    def of(cls, tracker: Tracker) -> "Case | None":
        kept = tracker.get_slot("case")
        if not kept:
            return None
        return cls(**(kept | {"further": [Further(**one) for one in kept.get("further") or ()]}))

    def kept(self) -> dict[str, Any]:
        """The event that keeps this case."""
        return SlotSet("case", asdict(self))

    def without_line(self, line_id: str | None) -> "Case":
        """The same case about another order: what was asked for is asked for again."""
        refused = [*self.refused, line_id] if line_id and line_id != NO_ORDER else self.refused
        return replace(self, refused=refused, asked=False, order_asked=False)

    @property
    def count(self) -> int:
        return 1 + len(self.further)


def closed() -> Events:
    """The events that end a case and leave nothing of it behind."""
    gone = [SlotSet(name, None) for name in ("case", "order_line", "evidence_complete", "photos", "offered")]
    return [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("case_wanted", False), *gone]
