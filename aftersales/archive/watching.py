"""Every look at the archive is written down: who, when, what and why."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from aftersales.archive.store import access
from kernel.db import Database, Tx
from kernel.errors import forbidden
from kernel.principal import Principal
from kernel.times import wire_time


async def note(
    tx: Tx, who: Principal, act: str, ticket_id: str | None, reason: str, now: datetime, **data: Any
) -> None:
    """One line of the access log, in the transaction of what it speaks of."""
    await tx.execute(
        insert(access).values(
            ticket_id=ticket_id,
            act=act,
            actor_id=who.agent_id,
            actor_name=who.name,
            party=who.party,
            reason=reason.strip()[:500],
            data=data,
            at=now,
        )
    )


async def access_log(
    db: Database, who: Principal, ticket_id: str | None = None, before: int | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """The newest lines of the log, below the id `before`. Platform only."""
    if not who.handles_all_parties:
        raise forbidden("访问记录由平台查看")
    query = select(access).order_by(access.c.id.desc()).limit(limit)
    if ticket_id is not None:
        query = query.where(access.c.ticket_id == ticket_id)
    if before is not None:
        query = query.where(access.c.id < before)
    async with db.read() as tx:
        return [dict(row) | {"at": wire_time(row["at"])} for row in await tx.all(query)]
