"""What is already known about a consumer, so that nobody asks for it: order lines and open tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select

from aftersales import tickets
from aftersales.core.order import OrderLine
from aftersales.gateways.orders import Orders
from handoff.store import conversations
from kernel.clock import utcnow
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError

log = structlog.get_logger()

FRESH = timedelta(seconds=60)
MOST_CACHED = 5000


@dataclass(frozen=True)
class Kept:
    """A consumer's order lines as they were at a moment, and as every turn sends them."""

    at: datetime
    lines: list[OrderLine]
    json: list[dict[str, Any]]


class Facts:
    """Order lines are kept for a minute, so that a burst of turns asks the order service once."""

    def __init__(self, db: Database, orders: Orders) -> None:
        self.db, self.orders = db, orders
        self._kept: dict[str, Kept] = {}

    async def order_lines(self, row: Row) -> list[OrderLine]:
        """The consumer's order lines, newest first; none for an anonymous one or while orders are out of reach."""
        return (await self._orders(row)).lines

    async def _orders(self, row: Row) -> Kept:
        now = utcnow()
        if row["anonymous"]:
            return Kept(now, [], [])
        kept = self._kept.get(row["id"])
        if kept and now - kept.at < FRESH:
            return kept
        try:
            lines = await self.orders.lines_of(row["consumer_id"], row["order_nos"])
        except DomainError as error:
            log.warning("orders.unavailable", conversation=row["id"], code=error.code)
            return kept or Kept(now, [], [])
        if len(self._kept) >= MOST_CACHED:
            self._kept.clear()
        made = self._kept[row["id"]] = Kept(now, lines, [line.to_json() for line in lines])
        return made

    async def own_line(self, conversation_id: str, line_id: str) -> OrderLine | None:
        """One line of the conversation's consumer, within the orders his token names; None for any other.

        Raises `orders_unavailable` (503).
        """
        async with self.db.read() as tx:
            row = await tx.one(select(conversations).where(conversations.c.id == conversation_id))
        line = await self.orders.line(line_id) if row and not row["anonymous"] else None
        if row is None or line is None or line.consumer_id != row["consumer_id"]:
            return None
        return line if row["order_nos"] is None or line.order_no in row["order_nos"] else None

    async def for_turn(self, row: Row) -> dict[str, Any]:
        """The `facts` of a turn, see the channel's contract."""
        orders = await self._orders(row)
        open_tickets = (
            await tickets.open_of_consumer(self.db, row["consumer_id"]) if not row["anonymous"] else []
        )
        return {
            "anonymous": row["anonymous"],
            "introduced": row["channel"] != "rest",  # the greeting was shown there by us, with its AI label
            "consumer_id": row["consumer_id"],
            "consumer_name": row["consumer_name"] or None,
            "order_line_id": row["order_line_id"],
            "order_lines": orders.json,
            "open_tickets": open_tickets,
        }


async def of_cases(tx: Tx, conversation_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """For the desk's lists: each conversation's tickets and the order of its newest one."""
    cases: dict[str, dict[str, Any]] = {}
    for ticket in await tickets.of_conversations(tx, conversation_ids):
        case = cases.setdefault(ticket["conversation_id"], {"order": None, "tickets": []})
        case["order"] = ticket["order"] or case["order"]
        case["tickets"].append({key: ticket[key] for key in ("id", "status", "status_label")})
    return cases
