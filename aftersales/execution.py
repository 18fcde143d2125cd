"""Carrying out what was agreed: the refund or the waybill that proves it, then 完结."""

from datetime import datetime
from typing import Any

from aftersales import tickets
from aftersales.core.ticket import Actor, Status, proof_needed, row_for
from aftersales.gateways.payments import Payments
from aftersales.rulebook_store import load_rulebook
from kernel.db import Database


async def complete(
    db: Database,
    payments: Payments,
    ticket_id: str,
    actor: Actor,
    *,
    reason: str,
    data: dict[str, Any],
    expected_version: int | None,
    now: datetime,
) -> dict[str, Any]:
    """Executes and closes a ticket. A refund goes along the original route under the ticket's own key, so that a
    repeat after a crash pays nothing twice; its receipt is the proof. Raises what `tickets.transition` raises.
    """
    row, _ = await tickets.find(db, ticket_id)
    row_for(Status(row["status"]), "complete", actor.kind)
    line, proposal = row["order_line"], row["proposal"] or {}
    needs_refund = proof_needed(row["remedy"], load_rulebook(row["rule_version"])) == "refund"
    if needs_refund and not data.get("proof") and line and proposal.get("amount_fen"):
        receipt = await payments.refund(line["order_no"], proposal["amount_fen"], f"{ticket_id}:refund")
        data = data | {"proof": f"退款流水号 {receipt.receipt_no}，金额 {receipt.amount_fen / 100:.2f} 元"}
    return await tickets.transition(
        db, ticket_id, "complete", actor, reason=reason, data=data, expected_version=expected_version, now=now
    )
