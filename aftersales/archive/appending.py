"""The one way into the chain."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text

from aftersales.archive.core.chain import GENESIS, Entry, canonical, link, section_hash
from aftersales.archive.store import entries, sections
from kernel.db import Tx


async def append(
    tx: Tx,
    ticket_id: str,
    kind: str,
    now: datetime,
    data: Mapping[str, Any],
    bodies: Mapping[str, Any] | None = None,
) -> Entry:
    """Adds one entry with its sections in the caller's transaction; two at once wait for each other."""
    if tx.dialect == "postgresql":  # SQLite has one writer anyway
        await tx.execute(text("LOCK TABLE archive_entries IN SHARE ROW EXCLUSIVE MODE"))
    last = await tx.one(select(entries.c.seq, entries.c.hash).order_by(entries.c.seq.desc()).limit(1))
    before = (last["seq"], last["hash"]) if last else (0, GENESIS)
    kept = {name: (secrets.token_hex(16), canonical(body).decode()) for name, body in (bodies or {}).items()}
    hashes = {name: section_hash(salt, body) for name, (salt, body) in kept.items()}
    entry = link(before, ticket_id, kind, now, data, hashes)
    await tx.execute(
        insert(entries).values(
            seq=entry.seq,
            ticket_id=ticket_id,
            kind=kind,
            at=now,
            data=dict(data),
            sections=hashes,
            prev_hash=entry.prev_hash,
            hash=entry.hash,
        )
    )
    if kept:
        rows = [{"seq": entry.seq, "name": n, "salt": s, "body": b} for n, (s, b) in kept.items()]
        await tx.execute(insert(sections), rows)
    return entry
