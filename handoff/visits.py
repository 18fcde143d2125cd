"""When consumers come to us: a word after half an hour of silence begins a visit, whatever conversation it is in."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, bindparam, case, func, insert, select

from handoff import policy
from handoff.store import conversations, visits
from kernel.db import Row, Tx

c = conversations.c
A_DAY = timedelta(hours=24)


def columns(now: BindParameter[datetime]) -> dict[str, Any]:
    """What a consumer's word at `now` changes in its conversation's row; `values` go with it."""
    silent = c.said_at.is_(None) | (c.said_at < bindparam("silent_since", type_=c.said_at.type))
    return {"said_at": now, "visited_at": case((silent, now), else_=c.visited_at)}


def values(now: datetime) -> dict[str, datetime]:
    """What a statement with `columns` is run with."""
    return {"silent_since": now - _pause()}


async def is_one_too_many(tx: Tx, row: Row, now: datetime) -> bool:
    """Writes the visit down when this word began one; True when it is the third within 24 h (§4, L32).

    `row` is the conversation's row after `columns` were written.
    """
    if row["visited_at"] != now or await _is_here_elsewhere(tx, row, now):
        return False
    await tx.execute(insert(visits).values(consumer_id=row["consumer_id"], conversation_id=row["id"], at=now))
    return await count(tx, row["consumer_id"], now) >= policy.current().visits_a_day


async def count(tx: Tx, consumer_id: str, now: datetime) -> int:
    """Visits of a consumer in the last 24 hours."""
    query = select(func.count()).select_from(visits)
    found: int = await tx.scalar(query.where(visits.c.consumer_id == consumer_id, visits.c.at > now - A_DAY))
    return found


async def _is_here_elsewhere(tx: Tx, row: Row, now: datetime) -> bool:
    query = select(c.id).where(
        c.consumer_id == row["consumer_id"], c.id != row["id"], c.said_at >= now - _pause()
    )
    return await tx.scalar(query.limit(1)) is not None


def _pause() -> timedelta:
    return timedelta(seconds=policy.current().returns_after)
