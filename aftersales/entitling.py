"""What an order line entitles to, with what earlier tickets did to it: repairs, exchanges."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from aftersales.core.eligibility import History, entitlements
from aftersales.core.order import OrderLine
from aftersales.rulebook_store import load_rulebook
from aftersales.store import tickets, transitions
from kernel.db import Database, Tx

MOST_TICKETS = 100  # of one order; more is no history but noise


async def answer_for(
    db: Database, line: OrderLine, now: datetime, sub_type: str | None = None, rule_version: str | None = None
) -> dict[str, Any]:
    """The entitlements of a line as JSON, see `Entitlements.to_json`; by default under the rules in force."""
    async with db.read() as tx:
        past = await history_of(tx, line)
    book = load_rulebook(rule_version)
    return entitlements(line, book, now, sub_type=sub_type, history=past).to_json()


async def history_of(tx: Tx, line: OrderLine) -> History:
    """The finished repairs and the last exchange of a line, from its tickets that are 完结 (L18)."""
    found = await tx.all(
        select(
            tickets.c.id, tickets.c.order_line, tickets.c.remedy, tickets.c.closed_at, transitions.c.at.label("began")
        )
        .join(transitions, transitions.c.ticket_id == tickets.c.id)
        .where(
            tickets.c.order_no == line.order_no,
            tickets.c.remedy.in_(("repair", "exchange")),
            tickets.c.status.in_(("closed", "archived")),
            tickets.c.closed_at.is_not(None),
            transitions.c.to_status == "executing",
        )
        .order_by(transitions.c.at)
        .limit(MOST_TICKETS)
    )  # fmt: skip
    mine = {row["id"]: row for row in found if (row["order_line"] or {}).get("line_id") == line.line_id}
    repairs = [(row["began"], row["closed_at"]) for row in mine.values() if row["remedy"] == "repair"]
    exchanges = [row["closed_at"] for row in mine.values() if row["remedy"] == "exchange"]
    return History(tuple(sorted(repairs)), max(exchanges, default=None))
