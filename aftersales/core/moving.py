"""What a move changes in a ticket's row, beside its version and its clock; no clock of its own, no I/O."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aftersales.core.deadline import ON_THE_WAY, end_of, is_unsent
from aftersales.core.deciding import Limit
from aftersales.core.proposal import checked_proof, clause_options, make_proposal
from aftersales.core.rulebook import Rulebook
from aftersales.core.table import RULINGS, Row
from aftersales.core.ticket import (
    OVER,
    Actor,
    Phase,
    Status,
    first_phase,
    phase_after_receipt,
)
from kernel.errors import DomainError
from kernel.times import wire_time

LIABLE = {
    "merchant": "商家",
    "carrier": "承运方",
    "consumer": "消费者",
    "none": "无责任方",
    "unclear": "责任不明",
}
DELIVERED = "判定书已送达消费者"


def changes_of(
    row: Mapping[str, Any],
    step: Row,
    trigger: str,
    actor: Actor,
    reason: str,
    data: Mapping[str, Any],
    rulebook: Rulebook,
    now: datetime,
    left_fen: int | None = None,
    limit: Limit | None = None,
) -> dict[str, Any]:
    """The columns that the move sets. Raises DomainError for data that the rulebook does not allow.

    `left_fen` is what can still be given back of the order line, `limit` the most compensation for it.
    """
    entering = step.to is not Status(row["status"])
    changes: dict[str, Any] = {"status": step.to.value, "pending_decision": None}
    if entering:
        changes |= {"escalated_at": None, "extended": 0, "phase": None}
        if step.to is not Status.ARCHIVED:
            changes["closed_at"] = now if step.to in OVER else None
    if not step.keeps_clock:
        changes |= {"entered_at": now, "escalated_at": None}
    if trigger in ("propose", "agree", "adjudicate", "uphold_appeal"):
        changes |= _proposed(row, trigger, data, rulebook, left_fen, limit)
    if trigger == "substitute":
        whole = {"remedy": "refund_only", "amount_fen": data.get("amount_fen"), "note": "平台代为处理"}
        changes |= _proposed(row, trigger, whole, rulebook, left_fen, limit)
        changes |= {"phase": Phase.REFUNDING.value, "round": row["round"] + 1}
    if trigger == "reject_proposal" and data.get("remedy"):  # a counter-offer is the consumer's new wish
        changes["remedy"] = _wished(row, data, rulebook)
    if trigger in RULINGS:
        changes["rulings"] = [
            *row["rulings"],
            _ruling(row, trigger, actor, reason, data, rulebook, changes, now),
        ]
    if entering and step.to is Status.EXECUTING:
        phase = first_phase(changes.get("remedy", row["remedy"]))
        changes |= {
            "phase": phase.value if phase else None,
            "round": row["round"] + 1,
            "quote": None,
            "proof": None,
        }
    if trigger in _INSIDE:
        changes |= _INSIDE[trigger](row, reason, data, rulebook, now)
    if trigger == "complete":
        changes["proof"] = checked_proof(row["remedy"], rulebook, data.get("proof"))
    elif step.to is Status.CLOSED:
        changes["proof"] = row["proof"] or DELIVERED
    return changes


def draft_of(
    trigger: str, actor: Actor, reason: str, data: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """A decision that waits for a second person's signature."""
    by = {"kind": actor.kind, "id": actor.id, "name": actor.name, "party": actor.party}
    return {"trigger": trigger, "by": by, "reason": reason, "data": dict(data), "at": wire_time(now)}


def _proposed(
    row: Mapping[str, Any],
    trigger: str,
    data: Mapping[str, Any],
    rulebook: Rulebook,
    left_fen: int | None,
    limit: Limit | None,
) -> dict[str, Any]:
    at_hand = (row["order_line"] or {}).get("return_to")
    proposal = make_proposal(
        rulebook,
        row["issue_type"],
        row["sub_type"],
        left_fen,
        {"return_to": at_hand} | dict(data),
        decided_by_platform=trigger in ("adjudicate", "uphold_appeal", "substitute"),
        unsent=is_unsent(row["order_line"]),
        limit=limit,
    )
    return {"proposal": proposal, "remedy": data["remedy"]}


def _wished(row: Mapping[str, Any], data: Mapping[str, Any], rulebook: Rulebook) -> str:
    line = row["order_line"]
    asked = {"remedy": data["remedy"], "amount_fen": data.get("amount_fen")}
    if (
        asked["amount_fen"] is None and line
    ):  # naming no sum of a partial remedy is no mistake of a consumer's
        asked["amount_fen"] = min(1, line["paid_fen"])
    paid = line["paid_fen"] if line else None
    make_proposal(rulebook, row["issue_type"], row["sub_type"], paid, asked, unsent=is_unsent(line))
    return str(data["remedy"])


def _ruling(
    row: Mapping[str, Any],
    trigger: str,
    actor: Actor,
    reason: str,
    data: Mapping[str, Any],
    rulebook: Rulebook,
    changes: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    if data["liability"] not in LIABLE:
        raise DomainError("bad_liability", "请选择责任方", 422, field="liability")
    if data["clause"] not in clause_options(rulebook, row["sub_type"]):
        raise DomainError("bad_clause", "请选择这个规则版本里的条款", 422, field="clause")
    second = data.get("countersigned_by")
    if trigger in ("uphold_appeal", "dismiss_appeal"):
        before = {one["signed_by"]["id"] for one in row["rulings"]}
        before |= {one["countersigned_by"]["id"] for one in row["rulings"] if one["countersigned_by"]}
        if {actor.id, (second or {}).get("id")} & before:
            raise DomainError("same_person", "申诉要由没有参与过判定的同事复核", 403)
    supported = trigger in ("adjudicate", "uphold_appeal")
    return {
        "trigger": trigger,
        "outcome": "supported" if supported else "rejected",
        "liability": data["liability"],
        "liability_label": LIABLE[data["liability"]],
        "clause": data["clause"],
        "reason": reason,
        "proposal": changes.get("proposal") if supported else None,
        "signed_by": {"id": actor.id, "name": actor.name},
        "countersigned_by": second,
        "at": wire_time(now),
    }


def _extend(
    row: Mapping[str, Any], reason: str, data: Mapping[str, Any], rulebook: Rulebook, now: datetime
) -> dict[str, Any]:
    if row["extended"]:
        raise DomainError("already_extended", "举证时间只能延长一次", 409)
    more = timedelta(hours=rulebook.deadlines[Status.EVIDENCE_PERIOD.value].hours)
    return {"extended": 1, "entered_at": row["entered_at"], "due_at": (row["due_at"] or now) + more}


def _suspended(
    row: Mapping[str, Any], reason: str, data: Mapping[str, Any], rulebook: Rulebook, now: datetime
) -> dict[str, Any]:
    left = row["due_at"] - now if row["due_at"] else timedelta()
    return {"paused_seconds": max(0, int(left.total_seconds()))}


def _resumed(
    row: Mapping[str, Any], reason: str, data: Mapping[str, Any], rulebook: Rulebook, now: datetime
) -> dict[str, Any]:
    """The time for the ruling goes on where it stood."""
    left = row["paused_seconds"]
    return {"paused_seconds": None} | ({"due_at": now + timedelta(seconds=left)} if left else {})


def _sent_back(
    row: Mapping[str, Any], reason: str, data: Mapping[str, Any], rulebook: Rulebook, now: datetime
) -> dict[str, Any]:
    return {"phase": Phase.AWAITING_RECEIPT.value}


def _received(
    row: Mapping[str, Any], reason: str, data: Mapping[str, Any], rulebook: Rulebook, now: datetime
) -> dict[str, Any]:
    phase = phase_after_receipt(row["remedy"])
    return {"phase": phase.value if phase else None}


def _quoted(
    row: Mapping[str, Any], reason: str, data: Mapping[str, Any], rulebook: Rulebook, now: datetime
) -> dict[str, Any]:
    return {"quote": {"amount_fen": data["amount_fen"], "reason": reason, "state": "asked"}}


def _answered(state: str) -> Any:
    def answer(
        row: Mapping[str, Any], reason: str, data: Mapping[str, Any], rulebook: Rulebook, now: datetime
    ) -> dict[str, Any]:
        if not row["quote"] or row["quote"]["state"] != "asked":
            raise DomainError("no_quote", "现在没有等您确认的报价", 409)
        return {"quote": row["quote"] | {"state": state}}

    return answer


def _shipped(
    row: Mapping[str, Any], reason: str, data: Mapping[str, Any], rulebook: Rulebook, now: datetime
) -> dict[str, Any]:
    if row["quote"] and row["quote"]["state"] == "asked":
        raise DomainError("quote_open", "报价还在等消费者确认，确认后再寄出", 409)
    rule = rulebook.deadlines.get(ON_THE_WAY)
    return {"due_at": end_of(rule, now)} if rule else {}


def _escalated(
    row: Mapping[str, Any], reason: str, data: Mapping[str, Any], rulebook: Rulebook, now: datetime
) -> dict[str, Any]:
    return {"escalated_at": now}


_INSIDE = {
    "extend": _extend,
    "suspend": _suspended,
    "resume": _resumed,
    "send_back": _sent_back,
    "goods_received": _received,
    "quote": _quoted,
    "accept_quote": _answered("accepted"),
    "refuse_quote": _answered("refused"),
    "ship": _shipped,
    "escalate": _escalated,
    "offer_intervention": _escalated,
}
