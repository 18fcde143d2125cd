"""Gathers the facts of a conversation's brief; the rules that make lines of them are in `core.brief`."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from aftersales import entitling, tickets
from aftersales import views as ticket_views
from aftersales.core.order import OrderLine
from aftersales.core.ticket import OVER
from aftersales.reading import list_tickets
from handoff import callbacks, promises, visits
from handoff.core.brief import Facts, brief
from handoff.store import agents, audit, messages
from kernel.db import Database, Row, Tx
from kernel.principal import PLATFORM, Principal
from kernel.times import wire_time

MOST_LINES = 500
MOST_EARLIER = 5
TRAIL = ("conversation.transferred", "conversation.reassigned", "hand_back.answered")
ENDED = frozenset(status.value for status in OVER)


async def make(
    db: Database, row: Row, order_lines: list[OrderLine], who: Principal, now: datetime
) -> dict[str, Any]:
    """`{lines, made_at}` for one conversation, with what this member of staff may see of the consumer's cases."""
    async with db.read() as tx:
        newest = select(messages).where(messages.c.conversation_id == row["id"])
        lines = list(reversed(await tx.all(newest.order_by(messages.c.seq.desc()).limit(MOST_LINES))))
        shown = [one for one in await tickets.of_conversations(tx, [row["id"]]) if _may_see(who, one)]
        steps = {one["id"]: await ticket_views.history(tx, one["id"]) for one in shown}
        trail = await tx.all(
            select(audit)
            .where(audit.c.conversation_id == row["id"], audit.c.kind.in_(TRAIL))
            .order_by(audit.c.id)
        )
        names = await _names(tx, {entry["actor"] for entry in trail})
        calls = await callbacks.of_conversation(tx, row["id"])
        came = await visits.count(tx, row["consumer_id"], now)
        promised = await promises.of_conversation(tx, row["id"])
    earlier, _ = await list_tickets(db, consumer_id=row["consumer_id"], limit=MOST_EARLIER + len(shown))
    here = {one["id"] for one in shown}
    line_id = next((one["order"]["line_id"] for one in reversed(shown) if one["order"]), row["order_line_id"])
    mine = [line for line in order_lines if who.may_see(line.merchant_id)]
    order = next((line for line in mine if line.line_id == line_id), None)
    current = next((one for one in reversed(shown) if one["status"] not in ENDED), None)
    entitled = None
    if order:
        version, sub_type = (current["rule_version"], current["sub_type"]) if current else (None, None)
        entitled = await entitling.answer_for(db, order, now, sub_type, version)
    facts = Facts(
        conversation=row,
        lines=lines,
        now=now,
        tickets=shown,
        steps=steps,
        earlier=[one for one in earlier if one["id"] not in here and _may_see(who, one)][:MOST_EARLIER],
        order=order.to_json()
        if order
        else next((one["order"] for one in reversed(shown) if one["order"]), None),
        orders=len(mine),
        entitlements=entitled,
        promises=promised,
        callbacks=calls,
        trail=trail,
        names=names,
        visits=came,
    )
    return {"lines": brief(facts), "made_at": wire_time(now)}


def _may_see(who: Principal, ticket: dict[str, Any]) -> bool:
    return who.may_see(ticket["merchant"]["id"] if ticket["merchant"] else PLATFORM)


async def _names(tx: Tx, ids: set[str]) -> dict[str, str]:
    rows = await tx.all(select(agents.c.id, agents.c.name).where(agents.c.id.in_(ids)))
    return {row["id"]: row["name"] for row in rows}
