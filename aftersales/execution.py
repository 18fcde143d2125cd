"""Carrying out what was agreed: the refund or the waybill that proves it, then 完结."""

from datetime import datetime
from typing import Any

from aftersales import tickets
from aftersales.core.money import yuan
from aftersales.core.ticket import Actor, Status, row_for
from aftersales.gateways.payments import Payments
from aftersales.reading import find
from aftersales.rulebook_store import load_rulebook
from aftersales.views import pays_by_itself
from kernel.db import Database
from kernel.errors import DomainError


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
    repeat after a crash pays nothing twice; its receipt is the proof, never a typed one. What is refused is refused
    before any money moves. Raises what `tickets.transition` raises, and `payments_unavailable` (503).
    """
    row, _ = await find(db, ticket_id)
    row_for(Status(row["status"]), "complete", actor.kind)
    if expected_version not in (None, row["version"]):
        raise DomainError("stale_ticket", "工单刚刚有了新进展，请刷新后再操作", 409, version=row["version"])
    if pays_by_itself(row, load_rulebook(row["rule_version"])):
        amount = row["proposal"]["amount_fen"]
        receipt = await payments.refund(row["order_no"], amount, f"{ticket_id}:refund")
        data = data | {"proof": f"退款流水号 {receipt.receipt_no}，金额 {yuan(receipt.amount_fen)} 元"}
    return await tickets.transition(
        db, ticket_id, "complete", actor, reason=reason, data=data, expected_version=expected_version, now=now
    )
