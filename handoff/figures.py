"""Counts over conversations for others' metrics: waits of a party, and who wrote again after the end of a case."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import select

from aftersales.merchants.core.metrics import COMES_BACK_WITHIN
from handoff.core.waits import Wait, waits
from handoff.store import conversations, messages
from kernel.db import Tx

# Thanks and goodbyes right after the end are no coming back (自定).
AFTER_GOODBYE = timedelta(hours=1)
AT_ONCE = 200


async def waits_of(tx: Tx, party: str, start: datetime, end: datetime) -> list[Wait]:
    """Every wait for this party's agents that began from `start` to before `end`."""
    ids = [
        row["id"]
        for row in await tx.all(
            select(conversations.c.id).where(
                conversations.c.party == party,
                conversations.c.updated_at >= start,
                conversations.c.opened_at < end,
            )
        )
    ]
    found: list[Wait] = []
    columns = (messages.c.conversation_id, messages.c.kind, messages.c.sender, messages.c.data, messages.c.at)
    for place in range(0, len(ids), AT_ONCE):
        query = select(*columns).where(
            messages.c.conversation_id.in_(ids[place : place + AT_ONCE]),
            (messages.c.kind == "owner_changed") | (messages.c.sender == "agent"),
        )
        rows = await tx.all(query.order_by(messages.c.conversation_id, messages.c.seq))
        for _, lines in groupby(rows, key=lambda row: row["conversation_id"]):
            found += [wait for wait in waits(lines) if start <= wait.asked_at < end]
    return found


async def came_back(tx: Tx, closed: Sequence[tuple[str, str, datetime]]) -> set[str]:
    """Those of `closed` (ticket, conversation, when) whose consumer wrote again within 72 h, goodbyes apart."""
    back: set[str] = set()
    for place in range(0, len(closed), AT_ONCE):
        part = closed[place : place + AT_ONCE]
        query = select(messages.c.conversation_id, messages.c.at).where(
            messages.c.conversation_id.in_([conversation for _, conversation, _ in part]),
            messages.c.sender == "consumer",
            messages.c.at > min(at for _, _, at in part) + AFTER_GOODBYE,
        )
        said: dict[str, list[datetime]] = {}
        for row in await tx.all(query):
            said.setdefault(row["conversation_id"], []).append(row["at"])
        for ticket, conversation, at in part:
            if any(
                at + AFTER_GOODBYE < word <= at + COMES_BACK_WITHIN for word in said.get(conversation, ())
            ):
                back.add(ticket)
    return back
