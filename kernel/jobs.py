"""Work that is due later, kept in the database so that a restart loses none and two instances run none twice."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Column, Integer, String, Table, delete, insert, select, update
from sqlalchemy.schema import Index, UniqueConstraint

from kernel.db import Database, Row, Tx, UtcDateTime, metadata
from kernel.ids import new_id

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(60), nullable=False),
    Column("key", String(120), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("claimed_until", UtcDateTime),
    UniqueConstraint("kind", "key"),
    Index("ix_jobs_due_at", "due_at"),
)

LEASE = timedelta(minutes=2)
AT_ONCE = 50


async def schedule(tx: Tx, kind: str, key: str, due_at: datetime, payload: dict[str, Any]) -> None:
    """Plans one job; the same kind and key again moves it to the new time and payload."""
    await cancel(tx, kind, key)
    await tx.execute(
        insert(jobs).values(id=new_id("job"), kind=kind, key=key, due_at=due_at, payload=payload, attempts=0)
    )


async def cancel(tx: Tx, kind: str, key: str) -> None:
    await tx.execute(delete(jobs).where(jobs.c.kind == kind, jobs.c.key == key))


async def claim_due(db: Database, now: datetime, limit: int = AT_ONCE) -> Sequence[Row]:
    """Leases up to `limit` due jobs to the caller for LEASE; nobody else gets them meanwhile."""
    async with db.write() as tx:
        free = jobs.c.claimed_until.is_(None) | (jobs.c.claimed_until < now)
        query = select(jobs).where(jobs.c.due_at <= now, free).order_by(jobs.c.due_at).limit(limit)
        if tx.dialect == "postgresql":
            query = query.with_for_update(skip_locked=True)
        rows = await tx.all(query)
        if rows:
            await tx.execute(
                update(jobs)
                .where(jobs.c.id.in_([row["id"] for row in rows]))
                .values(claimed_until=now + LEASE, attempts=jobs.c.attempts + 1)
            )
    return rows


async def finish(db: Database, job_id: str) -> None:
    async with db.write() as tx:
        await tx.execute(delete(jobs).where(jobs.c.id == job_id))


async def postpone(db: Database, job_id: str, until: datetime) -> None:
    """After a failure: the job stays and is tried again at `until`."""
    async with db.write() as tx:
        await tx.execute(update(jobs).where(jobs.c.id == job_id).values(due_at=until, claimed_until=None))
