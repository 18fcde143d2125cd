"""What time does to a ticket: the step at the end of a period, the reminder before it. Run as jobs; repeats are harmless."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from aftersales import views
from aftersales.core.deadline import timeout_step
from aftersales.core.telling import due_label, next_step, reminder
from aftersales.core.ticket import SYSTEM_ACTOR, Phase, Status, TicketReminded
from aftersales.moves import DEADLINE_JOB, REMINDER_JOB, move
from aftersales.rulebook_store import load_rulebook
from aftersales.store import tickets
from kernel.db import Database

__all__ = ["DEADLINE_JOB", "REMINDER_JOB", "handle_deadline", "handle_reminder"]


async def handle_deadline(db: Database, payload: dict[str, Any], now: datetime) -> None:
    """What happens when a deadline passes, never a consumer's consent.

    Nothing when the ticket has moved on meanwhile or the time has not come.
    """
    async with db.write() as tx:
        row = await tx.one(select(tickets).where(tickets.c.id == payload["ticket_id"]).with_for_update())
        if row is None or row["version"] != payload["version"] or (row["due_at"] and row["due_at"] > now):
            return
        trigger, data = timeout_step(payload["trigger"], row, load_rulebook(row["rule_version"]))
        await move(tx, row, trigger, SYSTEM_ACTOR, "到期未处理，按规则自动进行", data, now)


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
