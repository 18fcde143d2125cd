"""Carrying out what was agreed: the refund or the waybill that proves it, then 完结.

`refunding.plan` and `parcels.send` run inside the transaction that decides; jobs carry on from there. `complete` is
the desk's button, `finish` the system's step when the proof came by itself.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from aftersales import parcels, refunding, tickets
from aftersales.core.executed import receipts_text
from aftersales.core.proposal import proof_needed
from aftersales.core.ticket import SYSTEM_ACTOR, Actor, Status, row_for
from aftersales.gateways.payments import Payments
from aftersales.rulebook_store import load_rulebook
from aftersales.store import tickets as table
from aftersales.views import pays_by_itself
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found

PAYING = timedelta(minutes=1)  # the job stays away while the desk waits for the payment


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
        row = await _locked(tx, ticket_id)
        row_for(Status(row["status"]), "complete", actor.kind)
        if expected_version not in (None, row["version"]):
            raise DomainError(
                "stale_ticket", "工单刚刚有了新进展，请刷新后再操作", 409, version=row["version"]
            )
        pays = pays_by_itself(row, load_rulebook(row["rule_version"]))
        refund = await refunding.plan(tx, row, now, wait=PAYING) if pays else None
    if refund is not None:
        refund = await refunding.pay(db, payments, refund["key"], now)
        if refund["state"] != "done":
            raise DomainError(
                "refund_pending",
                "退款已经提交，还没有全部到账；到账后会自动完结",
                409,
                state=refund["state"],
            )
        data = data | {"proof": receipts_text(refund["parts"])}
    elif not data.get("proof"):
        async with db.read() as tx:
            data = data | {"proof": await proof_of(tx, row)}
    return await tickets.transition(
        db, ticket_id, "complete", actor, reason=reason, data=data, expected_version=expected_version, now=now
    )


async def finish(db: Database, ticket_id: str, now: datetime) -> bool:
    """Closes a ticket in execution whose proof has come by itself; whether it did. Repeats are harmless."""
    async with db.read() as tx:
        row = await tx.one(select(table).where(table.c.id == ticket_id))
        proof = await proof_of(tx, row) if row else ""
    if row is None or not proof or row["status"] != Status.EXECUTING:
        return False
    try:
        await tickets.transition(
            db,
            ticket_id,
            "complete",
            SYSTEM_ACTOR,
            reason="执行凭证齐全",
            data={"proof": proof},
            expected_version=row["version"],
            now=now,
        )
    except DomainError as error:
        if error.status in (403, 409, 422):  # somebody moved it meanwhile, or this step is a person's
            return False
        raise
    return True


async def proof_of(tx: Tx, ticket: Row) -> str:
    """What proves the execution of a ticket so far: its receipts, or the waybills of what was sent; else empty."""
    kind = proof_needed(ticket["remedy"], load_rulebook(ticket["rule_version"]))
    if kind == "refund":
        done = [row for row in await refunding.of_ticket(tx, ticket["id"]) if row["state"] == "done"]
        return "；".join(receipts_text(row["parts"]) for row in done)
    if kind == "waybill":
        sent = [row for row in await parcels.of_ticket(tx, ticket["id"]) if row["kind"] != "return"]
        return "、".join(f"{row['carrier']} {row['waybill_no']}" for row in sent)
    return ""


async def handle_refund(db: Database, payments: Payments, payload: dict[str, Any], now: datetime) -> None:
    """The job: one more try to pay, then 完结 if that was all that was missing."""
    row = await refunding.handle_refund(db, payments, payload, now)
    if row is not None and row["state"] == "done":
        await finish(db, row["ticket_id"], now)


async def _locked(tx: Tx, ticket_id: str) -> Row:
    row = await tx.one(select(table).where(table.c.id == ticket_id).with_for_update())
    if row is None:
        raise not_found("工单")
    return row
