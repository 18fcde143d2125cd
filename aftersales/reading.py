"""Questions about tickets: one, a page of them, a consumer's open ones, a conversation's."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, or_, select

from aftersales import entitling, parcels, refunding, statements, views
from aftersales.core.ticket import OVER, PLATFORM, Status
from aftersales.paging import after, cursor_of, place_of
from aftersales.rulebook_store import load_rulebook
from aftersales.store import tickets
from kernel.db import Database, Row, Tx
from kernel.errors import not_found

_NUMBER = re.compile(r"[A-Za-z]{0,4}[0-9-]{8,}")
OPEN = tuple(status.value for status in Status if status not in OVER)
# Asked in every turn of the bot, so built once.
_OPEN_OF = (
    select(tickets)
    .where(tickets.c.consumer_id == bindparam("consumer"), tickets.c.status.in_(OPEN))
    .order_by(tickets.c.opened_at.desc(), tickets.c.id.desc())
    .limit(bindparam("most"))
)

# Asked with every change that agents see in their lists.
_OF_CONVERSATIONS = (
    select(tickets)
    .where(tickets.c.conversation_id.in_(bindparam("conversations", expanding=True)))
    .order_by(tickets.c.opened_at, tickets.c.id)
)


async def find(
    db: Database, ticket_id: str, *, history: bool = False, side: str = PLATFORM
) -> tuple[Row, dict[str, Any]]:
    """A ticket's row and its JSON, with `history` as `side` may see it. Raises not_found (404)."""
    async with db.read() as tx:
        row = await tx.one(select(tickets).where(tickets.c.id == ticket_id))
        if row is None:
            raise not_found("工单")
        shown = (await views.views(tx, [row], load_rulebook))[0]
        if history:
            shown["entitlements"], shown["decision"] = await entitling.of_ticket(tx, row)
            shown["history"] = await views.history(tx, ticket_id)
            shown["statements"] = await statements.of_ticket(tx, ticket_id, side)
            shown["parcels"] = [parcels.shown(one) for one in await parcels.of_ticket(tx, ticket_id)]
            shown["refunds"] = [refunding.shown(one) for one in await refunding.of_ticket(tx, ticket_id)]
    return row, shown


async def list_tickets(
    db: Database,
    *,
    party: str | None = None,
    consumer_id: str | None = None,
    status: str | None = None,
    escalated: bool = False,
    q: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[dict[str, Any]], str | None]:
    """Tickets, newest first, and the cursor of the next page, None on the last.

    None means any; an empty `party` or `consumer_id` finds nothing. `q` is a ticket's or an order's number, or part
    of a consumer's name. Raises `bad_cursor` (422).
    """
    query = select(tickets).order_by(tickets.c.opened_at.desc(), tickets.c.id.desc()).limit(limit + 1)
    for column, value in (
        (tickets.c.party, party),
        (tickets.c.consumer_id, consumer_id),
        (tickets.c.status, status),
    ):
        if value is not None:
            query = query.where(column == value)
    if escalated:
        query = query.where(tickets.c.escalated_at.is_not(None))
    words = (q or "").replace("\0", "").strip()
    if _NUMBER.fullmatch(words):  # exact, so that it is found by an index among millions
        query = query.where(or_(tickets.c.id == words.upper(), tickets.c.order_no == words))
    elif words:
        query = query.where(tickets.c.consumer_name.contains(words, autoescape=True))
    if cursor:
        query = query.where(after(tickets.c.opened_at, tickets.c.id, place_of(cursor)))
    async with db.read() as tx:
        rows = await tx.all(query)
        shown = await views.views(tx, rows[:limit], load_rulebook)
    last = rows[limit - 1] if len(rows) > limit else None
    return shown, cursor_of((last["opened_at"], last["id"])) if last else None


async def open_of_consumer(db: Database, consumer_id: str, limit: int = 10) -> list[dict[str, Any]]:
    """The consumer's tickets that are not at their end, newest first."""
    async with db.read(brief=True) as tx:
        rows = await tx.all(_OPEN_OF, {"consumer": consumer_id, "most": limit})
        return await views.views(tx, rows, load_rulebook)


async def of_conversations(tx: Tx, conversation_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The tickets of these conversations, oldest first."""
    rows = await tx.all(_OF_CONVERSATIONS, {"conversations": list(conversation_ids)})
    return await views.views(tx, rows, load_rulebook)
