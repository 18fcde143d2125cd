"""Changes of the training data: written down in the transaction that decides them, carried out once, undone when asked."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from curation.core.item import State, Trigger, move
from curation.core.nlu_file import About
from curation.folder import Edit
from curation.store import changes, items, labels
from curation.workbench import Workbench
from handoff.records import note
from kernel import jobs
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.ids import new_id
from kernel.principal import Principal
from kernel.times import wire_time

WRITE_JOB = "curation.write"


async def plan(
    tx: Tx,
    kind: str,
    who: Principal,
    reason: str,
    edits: Sequence[Edit],
    now: datetime,
    undoes: str | None = None,
) -> str:
    """Writes a change down and plans its carrying out; returns its id."""
    change_id = new_id("chg")
    await tx.execute(
        insert(changes).values(
            id=change_id,
            kind=kind,
            author_id=who.agent_id,
            author=who.name,
            reason=reason,
            edits=[edit.to_json() for edit in edits],
            undoes=undoes,
            at=now,
        )
    )
    await jobs.schedule(tx, WRITE_JOB, change_id, now, {"change_id": change_id})
    await note(tx, f"curation.data_{kind}", None, who.agent_id, now, change=change_id, edits=len(edits))
    return change_id


async def carry_out(db: Database, bench: Workbench, change_id: str, now: datetime) -> Row:
    """Brings a change into the data as one commit; harmless when repeated. Returns the change's row."""
    async with db.read() as tx:
        row = await tx.one(select(changes).where(changes.c.id == change_id))
    if row is None:
        raise not_found("改动")
    if row["done_at"] is not None:
        return row
    edits = [Edit.of(edit) for edit in row["edits"]]
    commit, done = await asyncio.to_thread(bench.folder.apply, edits, change_id, row["author"], row["reason"])
    values: dict[str, Any] = {"commit": commit, "done_at": now}
    if done or row["done"] is None:
        values["done"] = done or [
            edit | {"result": "added" if edit["do"] == "add" else "removed"} for edit in row["edits"]
        ]
    async with db.write() as tx:
        await tx.execute(
            update(changes).where(changes.c.id == change_id, changes.c.done_at.is_(None)).values(values)
        )
        await jobs.cancel(tx, WRITE_JOB, change_id)
    return dict(row) | values


async def undo(
    db: Database, bench: Workbench, who: Principal, change_id: str, reason: str, now: datetime
) -> Row:
    """Takes a change back as a change of its own; sentences that it accepted wait in the inbox again.

    Raises DomainError `already_undone` (409), `not_yet` (409) while it is being carried out.
    """
    async with db.write() as tx:
        row = await tx.one(select(changes).where(changes.c.id == change_id).with_for_update())
        if row is None:
            raise not_found("改动")
        if row["done_at"] is None:
            raise DomainError("not_yet", "这次改动还在写入，请稍后再撤回", 409)
        if row["undone_by"]:
            raise DomainError("already_undone", "这次改动已经撤回了", 409)
        undoing = await plan(
            tx, "undo", who, reason, reversed_edits(row["done"] or []), now, undoes=change_id
        )
        await tx.execute(update(changes).where(changes.c.id == change_id).values(undone_by=undoing))
        await reopen(tx, change_id, now)
    return await carry_out(db, bench, undoing, now)


async def reopen(tx: Tx, change_id: str, now: datetime) -> None:
    """The sentences whose acceptance a change was are undecided again."""
    for item in await tx.all(select(items).where(items.c.change_id == change_id).with_for_update()):
        state = move(State(item["state"]), Trigger.UNDONE)
        values = {"state": state.value, "label": None, "change_id": None, "decided_at": None}
        await tx.execute(update(items).where(items.c.id == item["id"]).values(values))
        await tx.execute(
            update(labels)
            .where(labels.c.item_id == item["id"], labels.c.undone_at.is_(None))
            .values(undone_at=now)
        )


def reversed_edits(done: Sequence[dict[str, Any]]) -> list[Edit]:
    """What takes back what really happened: what was there already or clashed is left alone."""
    edits = []
    for one in reversed(done):
        about = About.of(one["intent"], one["kind"], one["detail"])
        if one["result"] == "added":
            edits.append(Edit("remove", one["text"], one["raw"], about))
        elif one["result"] == "removed":
            edits.append(Edit("add", one["text"], one["raw"], about))
    return edits


async def author_of(db: Database, change_id: str) -> str:
    """Whose change it is. Raises `not_found` (404)."""
    async with db.read(brief=True) as tx:
        author = await tx.scalar(select(changes.c.author_id).where(changes.c.id == change_id))
    if author is None:
        raise not_found("改动")
    return str(author)


async def recent(db: Database, before: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """The newest changes on the wire, without their single edits beyond the first ten."""
    query = select(changes).order_by(changes.c.at.desc(), changes.c.id.desc()).limit(limit)
    async with db.read() as tx:
        if before:
            edge = await tx.one(select(changes.c.at).where(changes.c.id == before))
            if edge:
                query = query.where(changes.c.at < edge["at"])
        return [change_json(row) for row in await tx.all(query)]


def change_json(row: Row) -> dict[str, Any]:
    done = row["done"] or []
    counts: dict[str, int] = {}
    for one in done:
        counts[one["result"]] = counts.get(one["result"], 0) + 1
    return {
        "id": row["id"],
        "kind": row["kind"],
        "author": row["author"],
        "reason": row["reason"],
        "commit": row["commit"],
        "counts": counts,
        "edits": (done or row["edits"])[:10],
        "total": len(row["edits"]),
        "undoes": row["undoes"],
        "undone_by": row["undone_by"],
        "at": wire_time(row["at"]),
        "done_at": wire_time(row["done_at"]) if row["done_at"] else None,
    }
