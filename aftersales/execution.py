"""Carrying out what was agreed: the refund or the waybill that proves it, then 完结.

`refunding.plan` and `parcels.send` run inside the transaction that decides; jobs carry on from there. `complete` is
the desk's button; where the proof comes by itself, the events below close the ticket.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from aftersales import parcels, reading, refunding, tickets
from aftersales.core.deadline import SIGNED_FOR, end_of
from aftersales.core.executed import ParcelSigned, RefundFailed, RefundSettled, receipts_text
from aftersales.core.proposal import proof_needed
from aftersales.core.table import row_for
from aftersales.core.ticket import (
    PARCEL_KINDS,
    PAYING,
    SYSTEM_ACTOR,
    Actor,
    Phase,
    Status,
    roles_of,
)
from aftersales.gateways.payments import Payments
from aftersales.moves import check_version, locked, move, plan_timeout
from aftersales.rulebook_store import load_rulebook
from aftersales.store import tickets as table
from aftersales.views import pays_by_itself
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError

PATIENCE = timedelta(minutes=1)  # the job stays away while the desk waits for the payment


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
    before any money moves.

    Raises what `tickets.transition` raises, `amount_too_high` (422), `payments_unavailable` (503), and
    `refund_pending` (409) while the provider has not paid every part: the job goes on asking and closes the ticket.
    """
    async with db.write() as tx:
        row = await locked(tx, ticket_id)
        phase = Phase(row["phase"]) if row["phase"] else None
        row_for(Status(row["status"]), "complete", roles_of(actor, row["party"]), phase)
        check_version(row, expected_version)
        pays = pays_by_itself(row, load_rulebook(row["rule_version"]))
        refund = await refunding.plan(tx, row, now, wait=PATIENCE) if pays else None
    if refund is not None:
        refund = await refunding.pay(db, payments, refund["key"], now)
        if refund["state"] != "done":
            raise DomainError(
                "refund_pending",
                "退款已经提交，还没有全部到账；到账后会自动完结",
                409,
                state=refund["state"],
            )
        row, shown = await reading.find(db, ticket_id)
        if row["status"] == Status.CLOSED:  # the payment itself has closed it, see `on_settled`
            return shown
        data = data | {"proof": receipts_text(refund["parts"])}
    elif not data.get("proof"):
        async with db.read() as tx:
            data = data | {"proof": await proof_of(tx, row)}
    return await tickets.transition(
        db, ticket_id, "complete", actor, reason=reason, data=data, expected_version=expected_version, now=now
    )


async def on_settled(tx: Tx, event: RefundSettled) -> None:
    """The money has arrived: with its receipt as proof the ticket is 完结, in the same transaction."""
    row = await locked(tx, event.ticket_id)
    if row["status"] == Status.EXECUTING and row["phase"] in PAYING and refunding.key_of(row) == event.key:
        await move(tx, row, "complete", SYSTEM_ACTOR, "退款已全部到账", {"proof": event.proof}, event.at)


async def on_failed(tx: Tx, event: RefundFailed) -> None:
    """A refund that does not go through is a supervisor's business."""
    row = await locked(tx, event.ticket_id)
    if row["status"] == Status.EXECUTING and not row["escalated_at"]:
        await move(tx, row, "escalate", SYSTEM_ACTOR, f"退款多次没有成功：{event.reason}", {}, event.at)


async def on_signed(tx: Tx, event: ParcelSigned) -> None:
    """A parcel was signed for: the merchant's time to check begins, or what was sent has arrived and is the proof."""
    row = await locked(tx, event.ticket_id)
    if row["status"] != Status.EXECUTING:
        return
    if event.kind == "return" and row["phase"] == Phase.AWAITING_RECEIPT:
        rule = load_rulebook(row["rule_version"]).deadlines[SIGNED_FOR]
        due = end_of(rule, max(event.signed_at, row["entered_at"]))
        changes = {"due_at": due, "version": row["version"] + 1}
        await tx.execute(update(table).where(table.c.id == row["id"]).values(changes))
        await plan_timeout(tx, dict(row) | changes, rule.on_timeout or "escalate", due)
    elif row["phase"] and PARCEL_KINDS.get(Phase(row["phase"])) == event.kind:
        proof = f"{event.carrier} {event.waybill_no} 已签收"
        await move(tx, row, "complete", SYSTEM_ACTOR, "寄出的商品已签收", {"proof": proof}, event.at)


async def proof_of(tx: Tx, ticket: Row) -> str:
    """What proves this round of the execution so far: its receipts, or the parcels signed for; else empty."""
    kind = proof_needed(ticket["remedy"], load_rulebook(ticket["rule_version"]))
    if kind == "refund":
        key = refunding.key_of(ticket)
        paid = await refunding.of_ticket(tx, ticket["id"])
        return "；".join(
            receipts_text(row["parts"]) for row in paid if row["state"] == "done" and row["key"] == key
        )
    if kind == "waybill":
        sent = await parcels.of_ticket(tx, ticket["id"])
        there = [row for row in sent if row["kind"] != "return" and row["state"] == "signed"]
        return "、".join(f"{row['carrier']} {row['waybill_no']}" for row in there)
    return ""


# For the database's table of handlers.
HANDLERS: dict[type, list[Any]] = {
    RefundSettled: [on_settled],
    RefundFailed: [on_failed],
    ParcelSigned: [on_signed],
}
