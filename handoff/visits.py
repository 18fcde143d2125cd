"""When consumers come to us: a word after half an hour of silence begins a visit, whatever conversation it is in."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, bindparam, case, func, insert, select

from handoff import policy
from handoff.store import conversations, visits
from kernel.db import Row, Tx

c = conversations.c
A_DAY = timedelta(hours=24)
# Built once: they run with consumers' words.
_VISIT = insert(visits).execution_options(prepared=True)
_VISITS = (
    select(func.count())
    .select_from(visits)
    .where(visits.c.consumer_id == bindparam("consumer"), visits.c.at > bindparam("since"))
    .execution_options(prepared=True)
)
_ELSEWHERE = (
    select(c.id)
    .where(c.consumer_id == bindparam("consumer"), c.id != bindparam("here"), c.said_at >= bindparam("since"))
    .limit(1)
    .execution_options(prepared=True)
)


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
    here = {"consumer_id": row["consumer_id"], "conversation_id": row["id"], "at": now}
    await tx.do(_VISIT, here)
    return await count(tx, row["consumer_id"], now) >= policy.current().visits_a_day


async def count(tx: Tx, consumer_id: str, now: datetime) -> int:
    """Visits of a consumer in the last 24 hours."""
    found: int = await tx.scalar(_VISITS, {"consumer": consumer_id, "since": now - A_DAY})
    return found


async def _is_here_elsewhere(tx: Tx, row: Row, now: datetime) -> bool:
    asked = {"consumer": row["consumer_id"], "here": row["id"], "since": now - _pause()}
    return await tx.scalar(_ELSEWHERE, asked) is not None


def _pause() -> timedelta:
    return timedelta(seconds=policy.current().returns_after)
