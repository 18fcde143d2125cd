"""A ticket as people and programs see it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from aftersales.core.deadline import is_unsent, rule_for
from aftersales.core.deciding import compensation_limit, spoiled_refund
from aftersales.core.money import yuan
from aftersales.core.moving import LIABLE
from aftersales.core.proposal import (
    FREIGHT,
    PROOFS,
    allowed_payers,
    allowed_remedies,
    clause_options,
    proof_needed,
    rulable_remedies,
)
from aftersales.core.retyping import LABEL, RETYPE, check_actor, types
from aftersales.core.rulebook import Rulebook
from aftersales.core.table import DECISIONS, RULINGS, TABLE, Need, steps_of
from aftersales.core.telling import due_label, next_step
from aftersales.core.ticket import CONSUMER, PHASE_LABELS, STATUS_LABELS, Actor, Phase, Status, roles_of
from aftersales.store import evidence_items, transitions
from kernel.db import Row, Tx
from kernel.errors import DomainError
from kernel.principal import PLATFORM as PLATFORM_PARTY
from kernel.times import wire_time

_EVIDENCE_OF = (
    select(evidence_items)
    .where(evidence_items.c.ticket_id.in_(bindparam("tickets", expanding=True)))
    .order_by(evidence_items.c.id)
)
_RULING_KEYS = ("outcome", "liability", "liability_label", "clause", "reason", "proposal", "at")
_ORDER_KEYS = (
    "line_id", "order_no", "title", "spec", "image_url", "paid_fen", "quantity", "status", "signed_at",
)  # fmt: skip


async def views(tx: Tx, rows: Sequence[Row], book_of: Any) -> list[dict[str, Any]]:
    """The JSON of each ticket, two queries for all of them; `book_of(version)` gives its rulebook."""
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    found = await tx.all(_EVIDENCE_OF, {"tickets": ids})
    by_ticket: dict[str, list[Row]] = {}
    for item in found:
        by_ticket.setdefault(item["ticket_id"], []).append(item)
    return [view(row, by_ticket.get(row["id"], []), book_of(row["rule_version"])) for row in rows]


def view(row: Row, evidence: Sequence[Row], rulebook: Rulebook) -> dict[str, Any]:
    """One ticket's JSON, see the API's description."""
    status = Status(row["status"])
    line = row["order_line"]
    due = row["due_at"]
    phase = Phase(row["phase"]) if row["phase"] else None
    ruling = row["rulings"][-1] if row["rulings"] else None
    shown = {
        "id": row["id"],
        "conversation_id": row["conversation_id"],
        "status": status.value,
        "status_label": STATUS_LABELS[status],
        "phase": phase.value if phase else None,
        "phase_label": PHASE_LABELS[phase] if phase else None,
        "escalated": row["escalated_at"] is not None,
        "issue_type": row["issue_type"],
        "sub_type": row["sub_type"],
        "issue_label": rulebook.label_of(row["issue_type"], row["sub_type"]),
        "remedy": row["remedy"],
        "remedy_label": rulebook.remedies[row["remedy"]].label
        if row["remedy"] in rulebook.remedies
        else None,
        "order": {key: line.get(key) for key in _ORDER_KEYS} if line else None,
        "merchant": {"id": row["party"], "name": row["merchant_name"]} if line else None,
        "consumer": {"id": row["consumer_id"], "name": row["consumer_name"]},
        "evidence": [_evidence(item) for item in evidence],
        "return_to": (row["proposal"] or {}).get("return_to") or (line or {}).get("return_to") or None,
        "proposal": row["proposal"],
        "proof": row["proof"],
        "due_at": wire_time(due) if due else None,
        "due_label": due_label(status, due, phase),
        "next_step": next_step(status, has_merchant=bool(line), remedy=row["remedy"], phase=phase),
        "adjudication": ruling and {key: ruling[key] for key in _RULING_KEYS},
        "quote": row["quote"],
        "version": row["version"],
        "opened_at": wire_time(row["opened_at"]),
        "closed_at": wire_time(row["closed_at"]) if row["closed_at"] else None,
        "rule_version": row["rule_version"],
        "record": {"from_seq": row["record_from"], "to_seq": row["record_to"]},
        "rating": {"score": row["rating"], "service": row["rating_service"], "note": row["rating_note"]}
        if row["rating"]
        else None,
    }
    shown["steps"] = next_triggers(shown, Actor(CONSUMER, row["consumer_id"], ""), rulebook)
    return shown


def next_triggers(ticket: dict[str, Any], actor: Actor, rulebook: Rulebook) -> list[dict[str, Any]]:
    """What this actor may do next, with the fields to fill in and their choices."""
    phase = Phase(ticket["phase"]) if ticket["phase"] else None
    party = ticket["merchant"]["id"] if ticket["merchant"] else PLATFORM_PARTY
    quote = (ticket["quote"] or {}).get("state") == "asked"
    limit = rule_for(Status(ticket["status"]), phase, rulebook, unsent=is_unsent(ticket["order"]))
    return [
        {
            "trigger": name,
            "label": row.label,
            "due_label": ticket["due_label"],
            "basis": limit.basis if limit else "",
            "needs": [
                _need(need, name, ticket, rulebook)
                for need in row.needs
                if not _is_known(need, ticket, rulebook)
            ],
        }
        for name, row in steps_of(Status(ticket["status"]), roles_of(actor, party), phase)
        if quote or name not in ("accept_quote", "refuse_quote")
    ]


def retypes(row: Row, actor: Actor, rulebook: Rulebook) -> list[dict[str, str | None]]:
    """What else the ticket may be about, for those who may say so; empty for everybody else."""
    try:
        check_actor(Status(row["status"]), actor, row["party"])
    except DomainError:
        return []
    now = (row["issue_type"], row["sub_type"])
    return [
        {
            "issue_type": issue_type,
            "sub_type": sub_type,
            "label": label,
            "group": rulebook.label_of(issue_type, None),
        }
        for issue_type, sub_type, label in types(rulebook)
        if (issue_type, sub_type) != now
    ]


def pending(row: Row, actor: Actor, rulebook: Rulebook) -> dict[str, Any] | None:
    """The decision that waits for a second signature, as the actor's own side and the platform see it."""
    kept = row["pending_decision"]
    if not kept or actor.kind not in (kept["by"]["kind"], PLATFORM_PARTY):
        return None
    remedy = rulebook.remedies[kept["data"].get("remedy", "refund_only")]
    return {
        "trigger_label": TABLE[Status(row["status"]), kept["trigger"]].label,
        "by_name": kept["by"]["name"],
        "mine": kept["by"]["id"] == actor.id,
        "remedy_label": remedy.label,
        "amount_fen": kept["data"].get("amount_fen") or (row["order_line"] or {}).get("paid_fen"),
        "reason": kept["reason"],
        "at": kept["at"],
    }


_SNAPSHOT = (
    "order_no", "title", "sku", "category", "spec", "quantity", "paid_fen", "payment", "status", "ordered_at",
    "shipped_at", "signed_at", "carrier", "waybill_no", "gifts", "promises", "no_reason_exclusion", "consent_at",
    "warranty_months",
)  # fmt: skip


def snapshot(row: Row) -> dict[str, Any] | None:
    """The order line as it was when the ticket was opened, for those who decide; None without an order."""
    line = row["order_line"]
    return {key: line.get(key) for key in _SNAPSHOT} if line else None


def pays_by_itself(ticket: Row, rulebook: Rulebook) -> bool:
    """Whether completing this ticket refunds through the payment service, whose receipt then is the proof."""
    amount = (ticket["proposal"] or {}).get("amount_fen")
    has_order = bool(ticket.get("order") or ticket.get("order_no"))
    return bool(has_order and amount and proof_needed(ticket["remedy"], rulebook) == "refund")


def _is_known(need: Need, ticket: dict[str, Any], rulebook: Rulebook) -> bool:
    if need.name == "loss_fen":  # asked for only where a loss decides how much is lawful
        issue = rulebook.issues.get(ticket["sub_type"] or "")
        return not (issue and issue.human)
    if need.name == "return_to":
        return bool(ticket["return_to"])
    return need.type == "proof" and pays_by_itself(ticket, rulebook)


def _need(need: Need, trigger: str, ticket: dict[str, Any], rulebook: Rulebook) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": need.name,
        "label": need.label,
        "type": need.type,
        "required": need.required,
    }
    if need.type == "remedy":
        shown["options"] = _remedies(trigger, ticket, rulebook)
    if need.type == "money" and need.name == "amount_fen" and trigger in DECISIONS:
        shown |= _sum(ticket, rulebook)
    if need.type == "payer":
        payers = allowed_payers(rulebook, ticket["sub_type"])
        shown["options"] = [{"value": payer, "label": FREIGHT[payer]} for payer in payers]
    if need.type == "liability":
        shown["options"] = [{"value": value, "label": label} for value, label in LIABLE.items()]
    if need.type == "clause":
        clauses = clause_options(rulebook, ticket["sub_type"])
        shown["options"] = [{"value": clause, "label": clause} for clause in clauses]
    if need.type == "proof":
        kind = proof_needed(ticket["remedy"], rulebook)
        shown |= {"label": PROOFS[kind], "type": "text", "required": True}
    return shown


def _remedies(trigger: str, ticket: dict[str, Any], rulebook: Rulebook) -> list[dict[str, str]]:
    """What may be chosen; at the desk the consumer's wish and what §4 grants come first, the rest is the merchant's free will."""
    unsent = is_unsent(ticket["order"])
    rules = rulable_remedies if trigger in RULINGS else allowed_remedies
    names = rules(rulebook, ticket["issue_type"], ticket["sub_type"], unsent=unsent)
    row = ticket.get("decision")
    if not row:
        return [{"value": name, "label": rulebook.remedies[name].label} for name in names]
    granted = [one["value"] for one in row["remedies"] if one["value"] in names]
    wish = [ticket["remedy"]] if ticket["remedy"] in granted else []
    free = "" if trigger in RULINGS else "（商家自愿）"
    ordered = list(dict.fromkeys([*wish, *granted, *names]))
    return [
        {"value": name, "label": rulebook.remedies[name].label + ("" if name in granted else free)}
        for name in ordered
    ]


def _sum(ticket: dict[str, Any], rulebook: Rulebook) -> dict[str, Any]:
    """A sum that a rule names, for people who decide: a share for spoiled goods, the most that is lawful."""
    order = ticket["order"]
    said = next((item["text"] for item in ticket["evidence"] if item["item_id"] == "spoiled_quantity"), None)
    if order and said and (found := spoiled_refund(said, order["paid_fen"], rulebook)):
        return {"suggested_fen": found.amount_fen, "hint": found.reason}
    limit = compensation_limit(rulebook, ticket["sub_type"], order)
    human = rulebook.issues[ticket["sub_type"]].human if ticket["sub_type"] in rulebook.issues else None
    return {"hint": f"赔付最多 {yuan(limit.most_fen)} 元：{limit.reason}"} if limit and human else {}


async def history(tx: Tx, ticket_id: str) -> list[dict[str, Any]]:
    """Every move of a ticket, oldest first."""
    query = select(transitions).where(transitions.c.ticket_id == ticket_id).order_by(transitions.c.id)
    return [
        {
            "at": wire_time(row["at"]),
            "actor_kind": row["actor_kind"],
            "actor_name": row["actor_name"],
            "from": row["from_status"],
            "to": row["to_status"],
            "to_label": STATUS_LABELS[Status(row["to_status"])],
            "trigger": row["trigger"],
            "trigger_label": _trigger_label(row),
            "reason": row["reason"],
        }
        for row in await tx.all(query)
    ]


# Moves that are in no row of the table.
MARKS = {"ask_countersign": "提交复核", "drop_decision": "复核退回", RETYPE: LABEL}


def _trigger_label(row: Row) -> str:
    if row["from_status"] is None:
        return "提交申请"
    if row["trigger"] in MARKS:
        return MARKS[row["trigger"]]
    return TABLE[Status(row["from_status"]), row["trigger"]].label


def _evidence(item: Row) -> dict[str, Any]:
    files = [file | {"url": f"/api/v1/files/{file['file_id']}"} for file in item["files"]]
    keys = ("item_id", "label", "kind", "status", "text")
    return {key: item[key] for key in keys} | {"required": bool(item["required"]), "files": files}
