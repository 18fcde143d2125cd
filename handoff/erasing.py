"""What the archive asks of conversations: their lines, and, when nothing may be kept any longer, their end."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select, update

from handoff.records import wire_event
from handoff.store import conversations, erasures, file_looks, files, messages
from handoff.writing_store import notes, promises, tone_hits
from kernel.db import Tx
from kernel.ids import new_id


async def lines(tx: Tx, conversation_id: str, from_seq: int, until: datetime) -> list[dict[str, Any]]:
    """The communication record from `from_seq` to what was said at `until`, as on the wire, oldest first."""
    where = (
        messages.c.conversation_id == conversation_id,
        messages.c.seq >= from_seq,
        messages.c.at <= until,
    )
    return [wire_event(row) for row in await tx.all(select(messages).where(*where).order_by(messages.c.seq))]


async def conversations_of(tx: Tx, consumer_id: str) -> list[str]:
    query = select(conversations.c.id).where(conversations.c.consumer_id == consumer_id)
    return [row["id"] for row in await tx.all(query)]


async def erase(
    tx: Tx,
    path_of: Callable[[str], Path],
    conversation_ids: Sequence[str],
    keep_files: Collection[str],
    why: str,
    now: datetime,
) -> dict[str, int]:
    """Deletes the lines and files of conversations and forgets whose they were; `{messages, files}` deleted.

    The erasure is written down first, without which the database refuses. Files on disk go after the commit.
    """
    counts = {"messages": 0, "files": 0}
    for conversation_id in conversation_ids:
        known = await tx.one(select(erasures).where(erasures.c.conversation_id == conversation_id))
        if known is None:
            await tx.execute(insert(erasures).values(conversation_id=conversation_id, why=why, at=now))
        gone = await tx.execute(delete(messages).where(messages.c.conversation_id == conversation_id))
        counts["messages"] += gone.rowcount
        for table in (notes, promises, tone_hits):
            await tx.execute(delete(table).where(table.c.conversation_id == conversation_id))
        kept = await tx.all(
            select(files.c.id, files.c.path).where(files.c.conversation_id == conversation_id)
        )
        for file in kept:
            if file["id"] not in keep_files:
                await tx.execute(delete(files).where(files.c.id == file["id"]))
                await tx.execute(delete(file_looks).where(file_looks.c.file_id == file["id"]))
                tx.after_commit(_remover(path_of(file["path"])))
                counts["files"] += 1
        await tx.execute(
            update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(consumer_id=new_id("gone"), consumer_name="", order_nos=[], order_line_id=None)
        )
    return counts


def _remover(path: Path) -> Any:
    async def remove() -> None:
        path.unlink(missing_ok=True)

    return remove
