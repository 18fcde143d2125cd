"""From turns to the inbox: what happened next is joined, like sentences become one item, each item gets its worth."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from aftersales.store import tickets
from curation.core import ordering
from curation.core.item import WAITING, State
from curation.core.likeness import find_alike, flat, novelty
from curation.core.outcome import Next, outcome
from curation.store import items, turns
from curation.workbench import Workbench
from handoff.records import MESSAGE, OWNER_CHANGED
from handoff.store import conversations, messages
from kernel.db import Database, Row, Tx
from kernel.ids import new_id

GATHER_JOB = "curation.gather"
EVERY = timedelta(seconds=20)
AT_ONCE = 200  # turns of one transaction
COMPARED = 20_000  # waiting items that a new sentence is compared with, the newest
LOOKED_AT = 50  # turns of a group that its worth is made of
LATER = timedelta(minutes=5)  # overlap of what is looked at again, for clocks that differ


async def gather(db: Database, bench: Workbench, now: datetime, since: datetime | None = None) -> int:
    """Takes new turns into the inbox and joins what happened since; returns how many turns were new.

    `since`: conversations that changed after it are looked at again; the last day when it is not known.
    """
    taken = 0
    while batch := await _group(db, bench, now):
        taken += batch
    await join_outcomes(db, (since or now - timedelta(days=1)) - LATER)
    return taken


async def _group(db: Database, bench: Workbench, now: datetime) -> int:
    async with db.read() as tx:
        fresh = await tx.all(
            select(turns).where(turns.c.item_id.is_(None)).order_by(turns.c.id).limit(AT_ONCE)
        )
        if not fresh:
            return 0
        waiting = await tx.all(
            select(items.c.id, items.c.flat)
            .where(items.c.state.in_([state.value for state in WAITING]))
            .order_by(items.c.last_at.desc())
            .limit(COMPARED)
        )
    known = {row["id"]: row["flat"] for row in waiting}
    placed = await asyncio.to_thread(_placed, fresh, known, bench)
    groups: dict[str, list[int]] = {}
    async with db.write() as tx:
        still = select(turns.c.id).where(turns.c.id.in_(list(placed)), turns.c.item_id.is_(None))
        for row in await tx.all(still.order_by(turns.c.id).with_for_update()):  # another may have been here
            groups.setdefault(placed[row["id"]]["id"], []).append(row["id"])
        for item in placed.values():
            if item["new"] and item["id"] in groups:
                await tx.execute(insert(items).values({key: item[key] for key in item if key != "new"}))
        for item_id, ids in groups.items():
            await tx.execute(update(turns).where(turns.c.id.in_(ids)).values(item_id=item_id))
        await weigh(tx, list(groups))
    return len(fresh)


def _placed(fresh: Sequence[Row], known: dict[str, str], bench: Workbench) -> dict[int, dict[str, Any]]:
    """For each new turn its item: one that waits already, or a new one."""
    corpus = bench.folder.corpus()
    placed: dict[int, dict[str, Any]] = {}
    for row in fresh:
        plain = flat(row["text"])
        item_id = find_alike(plain, known)
        if item_id:
            placed[row["id"]] = {"id": item_id, "new": False}
            continue
        item = new_item(row["text"], row["facts"], "talk", row["at"], novelty(plain, corpus.flats))
        item["wanted"] = bench.wanted(plain)
        item |= {"predicted": row["intent"], "sub_type": row["sub_type"], "confidence": row["confidence"]}
        known[item["id"]] = plain
        placed[row["id"]] = item | {"new": True}
    return placed


def new_item(text: str, facts: list[Any], source: str, at: datetime, how_new: float) -> dict[str, Any]:
    """The row of an item that waits for a label."""
    parts = ordering.parts([], 1, how_new)
    return {
        "id": new_id("ci"),
        "text": text,
        "flat": flat(text),
        "facts": facts,
        "state": State.OPEN.value,
        "source": source,
        "size": 1,
        "wanted": 1,
        "predicted": None,
        "sub_type": None,
        "confidence": 0.0,
        "priority": ordering.worth(parts),
        "parts": parts,
        "first_at": at,
        "last_at": at,
    }


async def weigh(tx: Tx, item_ids: Sequence[str]) -> None:
    """Counts the groups again and gives them their worth; one whose last turn is gone keeps what it has."""
    for item_id in item_ids:
        item = await tx.one(select(items).where(items.c.id == item_id))
        size = await tx.scalar(select(func.count()).where(turns.c.item_id == item_id))
        newest = await tx.all(
            select(turns).where(turns.c.item_id == item_id).order_by(turns.c.id.desc()).limit(LOOKED_AT)
        )
        if item is None or not newest:
            continue
        seen = [
            ordering.Seen(
                confidence=row["confidence"],
                decision=row["decision"],
                issue_type=row["issue_type"],
                handed_off=row["handed_off"] is not None,
                corrected=row["corrected_to"] is not None,
                relabelled_to=row["relabelled_to"],
            )
            for row in newest
        ]
        parts = ordering.parts(seen, size, item["parts"].get("novelty", 1.0))
        values = {"size": size, "parts": parts, "priority": ordering.worth(parts), "last_at": newest[0]["at"]}
        await tx.execute(update(items).where(items.c.id == item_id).values(values))


async def join_outcomes(db: Database, since: datetime) -> int:
    """Writes beside each turn of the conversations that changed after `since` what came of it; returns how many changed."""
    changed = 0
    last = ""
    while True:
        query = (
            select(conversations.c.id)
            .where(conversations.c.updated_at >= since, conversations.c.id > last)
            .where(select(turns.c.id).where(turns.c.conversation_id == conversations.c.id).exists())
            .order_by(conversations.c.id)
            .limit(AT_ONCE)
        )
        async with db.read() as tx:
            ids = [row["id"] for row in await tx.all(query)]
        if not ids:
            return changed
        last = ids[-1]
        for conversation_id in ids:
            changed += await _join(db, conversation_id)


async def _join(db: Database, conversation_id: str) -> int:
    async with db.read() as tx:
        own = await tx.all(
            select(turns).where(turns.c.conversation_id == conversation_id).order_by(turns.c.last_seq)
        )
        moves = await tx.all(
            select(messages.c.seq, messages.c.data).where(
                messages.c.conversation_id == conversation_id, messages.c.kind == OWNER_CHANGED
            )
        )
        cases = await tx.all(
            select(tickets.c.issue_type, tickets.c.record_from, tickets.c.record_to).where(
                tickets.c.conversation_id == conversation_id
            )
        )
        chosen = await tx.all(
            select(messages.c.seq, messages.c.choice).where(
                messages.c.conversation_id == conversation_id,
                messages.c.kind == MESSAGE,
                messages.c.sender == "consumer",
                messages.c.choice.is_not(None),
            )
        )
    changes = []
    for place, row in enumerate(own):
        after = own[place + 1] if place + 1 < len(own) else None
        found = outcome(row, Next(after, moves, cases, chosen))
        if any(row[key] != value for key, value in found.items()):
            changes.append((row["id"], row["item_id"], found))
    if changes:
        async with db.write() as tx:
            for turn_id, _, found in changes:
                await tx.execute(update(turns).where(turns.c.id == turn_id).values(found))
            await weigh(tx, sorted({item_id for _, item_id, _ in changes if item_id}))
    return len(changes)


def due(payload: Mapping[str, Any]) -> datetime | None:
    """The time that the last gathering began, as its successor's payload has it."""
    return datetime.fromisoformat(payload["since"]) if payload.get("since") else None
