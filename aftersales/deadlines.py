"""What time does to a ticket: the step at the end of a period, the reminder before it. Run as jobs; repeats are harmless."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from aftersales import views
from aftersales.core.deadline import is_unsent, timeout_step
from aftersales.core.telling import due_label, next_step, reminder
from aftersales.core.ticket import SYSTEM_ACTOR, Phase, Status, TicketReminded
from aftersales.gateways.orders import Orders
from aftersales.moves import DEADLINE_JOB, REMINDER_JOB, move
from aftersales.rulebook_store import load_rulebook
from aftersales.store import tickets
from kernel.db import Database

__all__ = ["DEADLINE_JOB", "REMINDER_JOB", "handle_deadline", "handle_reminder"]


async def handle_deadline(
    db: Database, payload: dict[str, Any], now: datetime, orders: Orders | None = None
) -> None:
    """What happens when a deadline passes, never a consumer's consent.

    Nothing when the ticket has moved on meanwhile or the time has not come. Before silence refunds an order that
    was not sent, `orders` is asked whether it has been sent since; raises `orders_unavailable` (503) while it cannot
    say, and the job comes again.
    """
    sent_since = await _sent_since(db, orders, payload) if orders else False
    async with db.write() as tx:
        row = await tx.one(select(tickets).where(tickets.c.id == payload["ticket_id"]).with_for_update())
        if row is None or row["version"] != payload["version"] or (row["due_at"] and row["due_at"] > now):
            return
        trigger, data = timeout_step(
            payload["trigger"], row, load_rulebook(row["rule_version"]), sent_since=sent_since
        )
        await move(tx, row, trigger, SYSTEM_ACTOR, "到期未处理，按规则自动进行", data, now)


async def _sent_since(db: Database, orders: Orders, payload: dict[str, Any]) -> bool:
    if payload["trigger"] != "respond":
        return False
    async with db.read(brief=True) as tx:
        line = await tx.scalar(select(tickets.c.order_line).where(tickets.c.id == payload["ticket_id"]))
    if not is_unsent(line):
        return False
    present = await orders.line(line["line_id"])
    return present is not None and not is_unsent(present.to_json())


async def handle_reminder(db: Database, payload: dict[str, Any], now: datetime) -> None:
    """Reminds the consumer of what waits for him, while the ticket is where it was when this was planned."""
    async with db.write() as tx:
        row = await tx.one(select(tickets).where(tickets.c.id == payload["ticket_id"]))
        if row is None or (row["status"], row["phase"]) != (payload["status"], payload["phase"]):
            return
        if row["due_at"] is None or row["due_at"] <= now or row["version"] < payload["round"]:
            return
        status, phase = Status(row["status"]), Phase(row["phase"]) if row["phase"] else None
        step = next_step(status, has_merchant=bool(row["order_line"]), remedy=row["remedy"], phase=phase)
        text = reminder(status, step, due_label(status, row["due_at"], phase) or "")
        shown = (await views.views(tx, [row], load_rulebook))[0]
        await tx.emit(TicketReminded(shown, text, now))
