"""What happened after a turn says whether the bot was right. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SOON = 6  # lines of the record after the turn within which a handoff is laid at its door
ISSUES = frozenset(
    "quality wrong_item size no_reason not_as_described logistics refund_status service_complaint after_sales_question".split()
)
TAKES_BACK = frozenset({"correct", "deny"})

Row = Mapping[Any, Any]


@dataclass(frozen=True)
class Next:
    """What the record has of a conversation: the turn after, moves of the owner, tickets, buttons chosen."""

    turn: Row | None
    moves: Sequence[Row]
    tickets: Sequence[Row]
    choices: Sequence[Row]


def outcome(turn: Row, then: Next) -> dict[str, Any]:
    """`{handed_off, corrected_to, relabelled_to}` for a turn.

    `handed_off` is the queue's reason when the conversation went to a person before the next turn and soon;
    `corrected_to` what the consumer said or pressed instead ("" when he only said no), None when he did not;
    `relabelled_to` the type of the ticket that the turn belongs to, when it is another than the bot's.
    """
    end = turn["last_seq"]
    before = then.turn["first_seq"] if then.turn else end + SOON + 1
    reasons = [
        (move["data"] or {}).get("reason") or "asked"
        for move in then.moves
        if end < move["seq"] <= min(end + SOON, before) and (move["data"] or {}).get("owner") == "queued"
    ]
    return {
        "handed_off": reasons[0][:40] if reasons else None,
        "corrected_to": _corrected(turn, then, before),
        "relabelled_to": _relabelled(turn, then.tickets),
    }


def _corrected(turn: Row, then: Next, before: int) -> str | None:
    pressed = [_issue(row["choice"]) for row in then.choices if turn["last_seq"] < row["seq"] <= before]
    for issue in pressed:
        if issue:
            return None if issue == turn["issue_type"] else issue
    if then.turn and then.turn["intent"] in TAKES_BACK and turn["issue_type"] in ISSUES:
        return next((name for name in then.turn["candidates"] if name != turn["issue_type"]), "")
    return None


def _issue(choice: Any) -> str | None:
    """The issue type that a pressed button stands for."""
    if not isinstance(choice, Mapping):
        return None
    if choice.get("intent") in ISSUES:
        return str(choice["intent"])
    named = (choice.get("entities") or {}).get("issue_type")
    return str(named) if named in ISSUES else None


def _relabelled(turn: Row, tickets: Sequence[Row]) -> str | None:
    if turn["issue_type"] not in ISSUES:
        return None
    for ticket in tickets:
        if ticket["record_from"] <= turn["last_seq"] <= max(ticket["record_to"], ticket["record_from"]):
            return str(ticket["issue_type"]) if ticket["issue_type"] != turn["issue_type"] else None
    return None
