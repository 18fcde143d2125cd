"""A ticket as people and programs see it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from aftersales.core.proposal import FREIGHT, PROOFS, allowed_payers, allowed_remedies, proof_needed
from aftersales.core.rulebook import Rulebook
from aftersales.core.ticket import (
    STATUS_LABELS,
    TABLE,
    Actor,
    Need,
    Status,
    due_label,
    next_step,
    steps_of,
)
from aftersales.store import evidence_items, transitions
from kernel.db import Row, Tx
from kernel.times import wire_time

_ORDER_KEYS = ("line_id", "order_no", "title", "spec", "image_url", "paid_fen", "quantity", "signed_at")


async def views(tx: Tx, rows: Sequence[Row], book_of: Any) -> list[dict[str, Any]]:
    """The JSON of each ticket, two queries for all of them; `book_of(version)` gives its rulebook."""
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    found = await tx.all(
        select(evidence_items).where(evidence_items.c.ticket_id.in_(ids)).order_by(evidence_items.c.id)
    )
    by_ticket: dict[str, list[Row]] = {}
    for item in found:
        by_ticket.setdefault(item["ticket_id"], []).append(item)
    return [view(row, by_ticket.get(row["id"], []), book_of(row["rule_version"])) for row in rows]


def view(row: Row, evidence: Sequence[Row], rulebook: Rulebook) -> dict[str, Any]:
    """One ticket's JSON, see the API's description."""
    status = Status(row["status"])
    line = row["order_line"]
    due = row["due_at"]
    return {
        "id": row["id"],
        "conversation_id": row["conversation_id"],
        "status": status.value,
        "status_label": STATUS_LABELS[status],
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
        "proposal": row["proposal"],
        "proof": row["proof"],
        "due_at": wire_time(due) if due else None,
        "due_label": due_label(status, due),
        "next_step": next_step(status, has_merchant=bool(line), remedy=row["remedy"]),
        "version": row["version"],
        "opened_at": wire_time(row["opened_at"]),
        "closed_at": wire_time(row["closed_at"]) if row["closed_at"] else None,
        "rule_version": row["rule_version"],
        "record": {"from_seq": row["record_from"], "to_seq": row["record_to"]},
        "rating": {"score": row["rating"], "note": row["rating_note"]} if row["rating"] else None,
    }


def next_triggers(ticket: dict[str, Any], actor: Actor, rulebook: Rulebook) -> list[dict[str, Any]]:
    """What this actor may do next, with the fields to fill in and their choices."""
    return [
        {
            "trigger": name,
            "label": row.label,
            "needs": [
                _need(need, ticket, rulebook) for need in row.needs if not _is_known(need, ticket, rulebook)
            ],
        }
        for name, row in steps_of(Status(ticket["status"]), actor.kind)
    ]


def pays_by_itself(ticket: Row, rulebook: Rulebook) -> bool:
    """Whether completing this ticket refunds through the payment service, whose receipt then is the proof."""
    amount = (ticket["proposal"] or {}).get("amount_fen")
    has_order = bool(ticket.get("order") or ticket.get("order_no"))
    return bool(has_order and amount and proof_needed(ticket["remedy"], rulebook) == "refund")


def _is_known(need: Need, ticket: dict[str, Any], rulebook: Rulebook) -> bool:
    return need.type == "proof" and pays_by_itself(ticket, rulebook)


def _need(need: Need, ticket: dict[str, Any], rulebook: Rulebook) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": need.name,
        "label": need.label,
        "type": need.type,
        "required": need.required,
    }
    if need.type == "remedy":
        names = allowed_remedies(rulebook, ticket["issue_type"], ticket["sub_type"])
        shown["options"] = [{"value": name, "label": rulebook.remedies[name].label} for name in names]
    if need.type == "payer":
        payers = allowed_payers(rulebook, ticket["sub_type"])
        shown["options"] = [{"value": payer, "label": FREIGHT[payer]} for payer in payers]
    if need.type == "proof":
        kind = proof_needed(ticket["remedy"], rulebook)
        shown |= {"label": PROOFS[kind], "type": "text", "required": True}
    return shown


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


def _trigger_label(row: Row) -> str:
    if row["from_status"] is None:
        return "提交申请"
    return TABLE[Status(row["from_status"]), row["trigger"]].label


def _evidence(item: Row) -> dict[str, Any]:
    files = [file | {"url": f"/api/v1/files/{file['file_id']}"} for file in item["files"]]
    keys = ("item_id", "label", "kind", "status", "text")
    return {key: item[key] for key in keys} | {"required": bool(item["required"]), "files": files}
