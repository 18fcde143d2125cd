"""A person corrects what a ticket is about: who may, to what, and what becomes of the checklist. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aftersales.core.evidence import ASKED_FOR, Item, checklist
from aftersales.core.rulebook import Rulebook
from aftersales.core.ticket import (
    MERCHANT,
    OVER,
    PLATFORM,
    Actor,
    IllegalTransition,
    NotAllowed,
    Status,
    roles_of,
)
from kernel.errors import DomainError

RETYPE = "retype"
LABEL = "更改问题类型"
# The platform has the case in its hands; what it is about is not for one of the sides to say any more.
DISPUTED = frozenset(
    {
        Status.PLATFORM_INTERVENTION,
        Status.EVIDENCE_PERIOD,
        Status.ADJUDICATING,
        Status.SUSPENDED,
        Status.REJECTED_CLAIM,
        Status.APPEAL_REVIEW,
    }
)


@dataclass(frozen=True)
class Retyped:
    """The checklist after it: `added` is new and missing, `kept` changes its label and need, `dropped` goes."""

    issue_type: str
    sub_type: str | None
    added: tuple[Item, ...]
    kept: tuple[tuple[str, str, bool], ...]  # item id, label, required
    dropped: tuple[str, ...]


def check_actor(status: Status, actor: Actor, party: str) -> None:
    """Raises IllegalTransition (409) for a ticket at its end, NotAllowed (403) for whom it does not concern."""
    if status in OVER:
        raise IllegalTransition(status, RETYPE)
    if (PLATFORM if status in DISPUTED else MERCHANT) not in roles_of(actor, party):
        raise NotAllowed(status, RETYPE, actor.kind)


def types(rulebook: Rulebook) -> list[tuple[str, str | None, str]]:
    """Everything a ticket can be about: `(issue_type, sub_type, label)`, each type with its sub-types after it."""
    names = dict.fromkeys([*(one.issue_type for one in rulebook.issues.values()), *rulebook.open_issues])
    found: list[tuple[str, str | None, str]] = []
    for issue_type in names:
        own = [
            (issue_type, name, one.label)
            for name, one in rulebook.issues.items()
            if one.issue_type == issue_type
        ]
        labels = {label for _, _, label in own}
        label = rulebook.label_of(issue_type, None)
        if issue_type in rulebook.open_issues and label not in labels:
            found.append((issue_type, None, label))
        found += own
    return found


def retype(
    row: Mapping[str, Any],
    evidence: Sequence[Mapping[str, Any]],
    issue_type: str,
    sub_type: str | None,
    rulebook: Rulebook,
) -> Retyped:
    """What changes when the ticket is about something else; what has arrived is never taken away.

    Raises `unknown_type` (422) for what the ticket's rulebook does not have, `same_type` (422), and
    `waits_for_signature` (409) while a decision about the old type waits for a second person.
    """
    if (issue_type, sub_type) not in [(one, other) for one, other, _ in types(rulebook)]:
        raise DomainError("unknown_type", "请选择这个规则版本里的问题类型", 422, field="issue_type")
    if (issue_type, sub_type) == (row["issue_type"], row["sub_type"]):
        raise DomainError("same_type", "问题类型和原来一样", 422, field="issue_type")
    if row["pending_decision"]:
        raise DomainError("waits_for_signature", "有决定在等复核，复核或退回以后再改类型", 409)
    wanted = {item.id: item for item in checklist(rulebook, issue_type, sub_type).items}
    kept, dropped = [], []
    for one in evidence:
        name = one["item_id"]
        if name in wanted:
            kept.append((name, wanted[name].label, wanted[name].required))
        elif name.startswith(ASKED_FOR):  # stays, whatever the complaint is called
            kept.append((name, one["label"], bool(one["required"])))
        elif one["status"] == "provided":
            kept.append((name, one["label"], False))
        else:
            dropped.append(name)
    there = {one["item_id"] for one in evidence}
    added = tuple(item for name, item in wanted.items() if name not in there)
    return Retyped(issue_type, sub_type, added, tuple(kept), tuple(dropped))


def told(before: str, after: str, ask: Sequence[str]) -> str:
    """What the consumer reads."""
    more = (
        f"还需要您补充：{'、'.join(ask)}，请在工单里点「补充说明和照片」。"
        if ask
        else "您已经提供的内容都保留着。"
    )
    return f"客服把这次售后的问题类型从「{before}」改为「{after}」。{more}"
