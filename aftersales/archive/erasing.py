"""Verbs of the end: content whose time is over is deleted, and a consumer's wish to be forgotten is carried out."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, func, insert, select, tuple_, update

from aftersales.archive.appending import append
from aftersales.archive.core.chain import DOSSIER, ERASED, RESTRICTED
from aftersales.archive.core.dossier import PERSONAL, SECTIONS
from aftersales.archive.core.retention import is_erasable
from aftersales.archive.keeping import OVER, archive_ticket
from aftersales.archive.live import forget_person
from aftersales.archive.ports import ArchivePorts
from aftersales.archive.store import deletions, entries, files, releases, sections
from aftersales.store import evidence_items, statements, tickets
from kernel import jobs
from kernel.db import Database, Row, Tx
from kernel.ids import new_id

PURGE_JOB, DELETION_JOB = "archive.purge", "archive.deletion"
Mode = Literal["anonymise", "delete"]
TRY_AGAIN = timedelta(days=1)


async def purge(
    db: Database, ports: ArchivePorts, now: datetime, mode: Mode = "anonymise", limit: int = 200
) -> int:
    """Deletes the content of dossiers whose time is over and that nobody holds; returns how many.

    `anonymise` keeps the case, the rules and the course of events without persons; `delete` keeps only the hashes.
    The chain still verifies: the deletion is an entry of its own, written before anything goes.
    """
    due = (
        select(files.c.ticket_id)
        .where(files.c.retain_until <= now, ~files.c.held, files.c.erased_at.is_(None))
        .order_by(files.c.retain_until)
        .limit(limit)
    )
    async with db.read() as tx:
        ids = [row["ticket_id"] for row in await tx.all(due)]
    done = 0
    for ticket_id in ids:
        async with db.write() as tx:
            row = await tx.one(select(files).where(files.c.ticket_id == ticket_id).with_for_update())
            if row is not None and is_erasable(row, now):
                await _erase(tx, ports, row, "保存期届满", mode, now)
                done += 1
    return done


async def _erase(tx: Tx, ports: ArchivePorts, row: Row, why: str, mode: Mode, now: datetime) -> None:
    ticket_id = row["ticket_id"]
    gone = PERSONAL if mode == "anonymise" else frozenset(SECTIONS)
    kept = await tx.all(
        select(sections.c.seq, sections.c.name)
        .join(entries, entries.c.seq == sections.c.seq)
        .where(entries.c.ticket_id == ticket_id, entries.c.kind == DOSSIER, sections.c.name.in_(gone))
    )
    names: dict[str, list[str]] = {}
    for part in kept:
        names.setdefault(str(part["seq"]), []).append(part["name"])
    data = {"why": why, "mode": mode, "sections": {seq: sorted(found) for seq, found in names.items()}}
    entry = await append(tx, ticket_id, ERASED, now, data)
    pairs = [(part["seq"], part["name"]) for part in kept]
    if pairs:
        released = [{"seq": seq, "name": name, "erased_by": entry.seq} for seq, name in pairs]
        await tx.execute(insert(releases), released)
        await tx.execute(delete(sections).where(tuple_(sections.c.seq, sections.c.name).in_(pairs)))
    await forget_person(tx, ticket_id)
    await tx.execute(
        update(files)
        .where(files.c.ticket_id == ticket_id)
        .values(consumer_id=None, order_no=None, erased_at=now)
    )
    conversation_id = row["conversation_id"]
    if conversation_id and not await _is_needed(tx, conversation_id):
        await ports.record.erase(tx, [conversation_id], (), why, now)


async def _is_needed(tx: Tx, conversation_id: str) -> bool:
    """Whether a case that is not over, or a dossier that is still kept, belongs to this conversation."""
    running = select(func.count()).where(
        tickets.c.conversation_id == conversation_id, tickets.c.status.not_in(OVER)
    )
    kept = select(func.count()).where(files.c.conversation_id == conversation_id, files.c.erased_at.is_(None))
    return bool(await tx.scalar(running)) or bool(await tx.scalar(kept))


async def ask_deletion(db: Database, consumer_id: str, reason: str, now: datetime) -> dict[str, Any]:
    """Notes a consumer's wish to have his data deleted and plans the work; a second wish joins the open one."""
    async with db.write() as tx:
        known = await tx.one(
            select(deletions).where(deletions.c.consumer_id == consumer_id, deletions.c.done_at.is_(None))
        )
        if known is not None:
            return dict(known)
        row: dict[str, Any] = {
            "id": new_id("del"),
            "consumer_id": consumer_id,
            "reason": reason.strip()[:500],
            "asked_at": now,
            "done_at": None,
            "result": {},
        }
        await tx.execute(insert(deletions).values(row))
        await jobs.schedule(tx, DELETION_JOB, row["id"], now, {"deletion_id": row["id"]})
    return row


async def carry_out_deletion(
    db: Database,
    ports: ArchivePorts,
    deletion_id: str,
    now: datetime,
    years: int = 3,
    mode: Mode = "anonymise",
) -> dict[str, Any]:
    """Moves what the law keeps into restricted storage and deletes the rest; returns the request's row.

    What is over is archived first; then the working tables forget the person and only the restricted dossier
    knows him. Cases that still run are needed for their own sake: the work is tried again every day until the last
    is over. Harmless when repeated.
    """
    async with db.read() as tx:
        wish = await tx.one(select(deletions).where(deletions.c.id == deletion_id))
        if wish is None or wish["done_at"] is not None:
            return dict(wish) if wish else {}
        mine = await tx.all(
            select(tickets.c.id, tickets.c.status).where(tickets.c.consumer_id == wish["consumer_id"])
        )
    running = [row["id"] for row in mine if row["status"] not in OVER]
    for row in mine:
        if row["status"] in OVER:
            await archive_ticket(db, ports, row["id"], now, years)
    async with db.write() as tx:
        result = await _restrict(tx, ports, wish, running, mode, now)
        changes: dict[str, Any] = {"result": result, "done_at": None if running else now}
        await tx.execute(update(deletions).where(deletions.c.id == deletion_id).values(changes))
        if running:
            payload = {"deletion_id": deletion_id}
            await jobs.schedule(tx, DELETION_JOB, deletion_id, now + TRY_AGAIN, payload)
    return dict(wish) | changes


async def _restrict(
    tx: Tx, ports: ArchivePorts, wish: Row, running: Iterable[str], mode: Mode, now: datetime
) -> dict[str, Any]:
    consumer_id = wish["consumer_id"]
    rows = await tx.all(
        select(files).where(files.c.consumer_id == consumer_id, files.c.erased_at.is_(None)).with_for_update()
    )
    # Before the working tables forget: which pictures the kept dossiers speak of, and which talks are over.
    ids = [row["ticket_id"] for row in rows]
    pictures = [
        *await tx.all(select(evidence_items.c.files).where(evidence_items.c.ticket_id.in_(ids))),
        *await tx.all(select(statements.c.files).where(statements.c.ticket_id.in_(ids))),
    ]
    keep = {file["file_id"] for row in pictures for file in row["files"] if "file_id" in file}
    talks_of_running = select(tickets.c.conversation_id).where(tickets.c.id.in_(list(running)))
    busy = {row["conversation_id"] for row in await tx.all(talks_of_running)}
    restricted = erased = 0
    for row in rows:
        if is_erasable(row, now):
            await _erase(tx, ports, row, "消费者要求删除", mode, now)
            erased += 1
        elif row["restricted_at"] is None:
            await append(tx, row["ticket_id"], RESTRICTED, now, {"deletion_id": wish["id"]})
            await tx.execute(
                update(files).where(files.c.ticket_id == row["ticket_id"]).values(restricted_at=now)
            )
            await forget_person(tx, row["ticket_id"])
            restricted += 1
    talks = [one for one in await ports.record.conversations_of(tx, consumer_id) if one not in busy]
    counts = await ports.record.erase(tx, talks, keep, "消费者要求删除", now)
    so_far = wish["result"]
    return {
        "restricted": so_far.get("restricted", 0) + restricted,
        "erased": so_far.get("erased", 0) + erased,
        "still_running": list(running),
        "deleted": {key: so_far.get("deleted", {}).get(key, 0) + count for key, count in counts.items()},
    }
