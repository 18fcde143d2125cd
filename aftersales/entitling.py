"""What an order line entitles to, with what earlier tickets did to it: repairs, exchanges."""

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, true

from aftersales.core.deciding import decision_for
from aftersales.core.eligibility import History, entitlements
from aftersales.core.figures import Decision
from aftersales.core.order import OrderLine
from aftersales.core.proposal import FREIGHT
from aftersales.core.rulebook import Rulebook
from aftersales.rulebook_store import load_rulebook
from aftersales.store import tickets, transitions
from kernel.db import Database, Row, Tx

MOST_TICKETS = 100  # of one order; more is no history but noise


async def answer_for(
    db: Database, line: OrderLine, now: datetime, sub_type: str | None = None, rule_version: str | None = None
) -> dict[str, Any]:
    """The entitlements of a line as JSON, see `Entitlements.to_json`; by default under the rules in force."""
    async with db.read() as tx:
        past = await history_of(tx, line)
    book = load_rulebook(rule_version)
    return entitlements(line, book, now, sub_type=sub_type, history=past).to_json()


async def of_ticket(tx: Tx, row: Row) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """What a ticket's line entitled to when it was opened, under its own rules, and the row of §4 for it, as JSON.

    None without an order, or once the order is forgotten.
    """
    book = load_rulebook(row["rule_version"])
    try:
        line = OrderLine.from_json(row["order_line"]) if row["order_line"] else None
    except ValueError:
        return None, None
    found = None
    if line:
        past = await history_of(tx, line, row["opened_at"])
        found = entitlements(line, book, row["opened_at"], sub_type=row["sub_type"], history=past)
    chosen = decision_for(line, row["sub_type"], found, book)
    return found.to_json() if found else None, decision_json(chosen, book) if chosen else None


def decision_json(row: Decision, book: Rulebook) -> dict[str, Any]:
    """A row of the table of decisions as people read it."""
    return {
        "label": row.label,
        "remedies": [{"value": name, "label": book.remedies[name].label} for name in row.remedies],
        "freight": row.freight,
        "freight_label": FREIGHT[row.freight],
        "within": row.within,
        "people": row.people,
        "rule_id": row.rule_id,
        "basis": row.basis,
    }


async def history_of(tx: Tx, line: OrderLine, before: datetime | None = None) -> History:
    """The finished repairs and the last exchange of a line, from its tickets that are 完结 (L18), or were `before` a moment."""
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
            or_(transitions.c.to_phase.in_(("repairing", "exchanging")), transitions.c.to_phase.is_(None)),
            tickets.c.closed_at < before if before else true(),
        )
        .order_by(transitions.c.at.desc())  # so that of one ticket its first is kept
        .limit(MOST_TICKETS)
    )  # fmt: skip
    mine = {row["id"]: row for row in found if (row["order_line"] or {}).get("line_id") == line.line_id}
    repairs = [(row["began"], row["closed_at"]) for row in mine.values() if row["remedy"] == "repair"]
    exchanges = [row["closed_at"] for row in mine.values() if row["remedy"] == "exchange"]
    return History(tuple(sorted(repairs)), max(exchanges, default=None))
