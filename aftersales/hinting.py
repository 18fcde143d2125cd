"""Gathers what a machine noticed about a ticket's evidence, for the desk."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy import select

from aftersales.core import times
from aftersales.core.hints import hints
from aftersales.store import tickets
from kernel.db import Database

Seen = Callable[[Database, Sequence[str]], Awaitable[dict[str, dict[str, Any]]]]
MOST_OTHERS = 3


async def with_hints(db: Database, ticket: dict[str, Any], seen: Seen) -> dict[str, Any]:
    """The ticket's JSON with `hints` on each evidence item, a list of sentences."""
    ids = [file["file_id"] for item in ticket["evidence"] for file in item["files"]]
    known = await seen(db, ids)
    others = await _others(db, ticket["id"], {talk for one in known.values() for talk in one["again"]})
    elsewhere = {
        file_id: [number for talk in one["again"] for number in others.get(talk, [])][:MOST_OTHERS]
        for file_id, one in known.items()
    }
    async with db.read() as tx:
        line = await tx.scalar(select(tickets.c.order_line).where(tickets.c.id == ticket["id"]))
    signed = times.parsed(line["signed_at"]) if line and line.get("signed_at") else None
    evidence = [
        item | {"hints": hints(item["item_id"], item["files"], known, line, signed, elsewhere)}
        for item in ticket["evidence"]
    ]
    return ticket | {"evidence": evidence}


async def _others(db: Database, ticket_id: str, talks: set[str]) -> dict[str, list[str]]:
    if not talks:
        return {}
    async with db.read() as tx:
        rows = await tx.all(
            select(tickets.c.id, tickets.c.conversation_id).where(
                tickets.c.conversation_id.in_(talks), tickets.c.id != ticket_id
            )
        )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["conversation_id"], []).append(row["id"])
    return found
