"""Looks after a model that was just promoted: what it does to consumers beside the one before, and back when it jumps."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select, update

from curation.core.serving import State
from curation.core.watching import Counts, Limits, jump
from curation.promoting import WATCH_JOB, take_back_by_watch
from curation.run_store import promotions
from curation.store import turns
from kernel import jobs
from kernel.db import Database, Row, Tx

WATCH_EVERY = timedelta(seconds=20)
WATCHED = timedelta(hours=24)  # after a model has gone live for all
COMPARED = timedelta(days=7)  # how far back the model before it is looked at


async def watch(db: Database, now: datetime, limits: Limits | None = None) -> None:
    """One look at the promotion that is tried out or has just gone live; takes it back when a rate jumped."""
    async with db.read() as tx:
        row = await _watched(tx, now)
        if row is None:
            return
        before, after = await compared(tx, row, now)
    found = jump(before, after, limits or Limits())
    seen = {"before": before.to_json(), "after": after.to_json(), "at": now.isoformat()}
    async with db.write() as tx:
        await tx.execute(update(promotions).where(promotions.c.id == row["id"]).values(seen=seen))
        await jobs.schedule(tx, WATCH_JOB, "promotion", now + WATCH_EVERY, {})
    if found is not None:
        await take_back_by_watch(db, row["id"], found.reason, now)


async def _watched(tx: Tx, now: datetime) -> Row | None:
    p = promotions.c
    fresh = (p.state == State.CANARY) | ((p.state == State.LIVE) & (p.live_at > now - WATCHED))
    return await tx.one(
        select(promotions).where(fresh, p.kind == "promote").order_by(p.asked_at.desc()).limit(1)
    )


async def compared(tx: Tx, row: Row, now: datetime) -> tuple[Counts, Counts]:
    """The model before and the new one: side by side while it is tried out; after that, with the days before it."""
    since = row["canary_at"] or row["live_at"]
    after = await counts(tx, row["model"], since, now)
    start = since if row["state"] == State.CANARY else since - COMPARED
    return await counts(tx, row["before"], start, now), after


async def counts(tx: Tx, model: str, start: datetime, end: datetime) -> Counts:
    """What a model did from `start` to before `end`; a conversation counts when all its turns then were this model's."""
    t = turns.c
    inside = (t.at >= start, t.at < end)
    by_turn = await tx.one(
        select(
            func.count().label("turns"),
            func.coalesce(func.sum(case((t.decision != "act", 1), else_=0)), 0).label("fallbacks"),
        ).where(t.model == model, *inside)
    )
    talks = (
        select(
            t.conversation_id,
            func.max(case((t.handed_off.is_not(None), 1), else_=0)).label("handed"),
            func.max(case((t.asked_back, 1), (t.corrected_to.is_not(None), 1), else_=0)).label("twice"),
            func.min(t.model).label("first"),
            func.max(t.model).label("last"),
        )
        .where(*inside)
        .group_by(t.conversation_id)
        .subquery()
    )
    by_talk = await tx.one(
        select(
            func.count().label("conversations"),
            func.coalesce(func.sum(talks.c.handed), 0).label("handoffs"),
            func.coalesce(
                func.sum(case(((talks.c.handed == 0) & (talks.c.twice == 0), 1), else_=0)), 0
            ).label("one_pass"),
        ).where(talks.c.first == model, talks.c.last == model)
    )
    assert by_turn is not None and by_talk is not None
    return Counts(**{key: int(value) for key, value in {**by_turn, **by_talk}.items()})


async def effects(tx: Tx, rows: Sequence[Row], span: timedelta = COMPARED) -> list[dict[str, Any]]:
    """What each promotion that went live changed: the same rates in the days before it and after it."""
    found = []
    for row in rows:
        end = min(filter(None, (row["ended_at"], row["live_at"] + span)), default=row["live_at"] + span)
        before = await counts(tx, row["before"], row["live_at"] - span, row["live_at"])
        after = await counts(tx, row["model"], row["live_at"], end)
        found.append(
            {
                "id": row["id"],
                "model": row["model"],
                "at": row["live_at"].isoformat(),
                "reason": row["reason"],
                "state": row["state"],
                "before": before.to_json(),
                "after": after.to_json(),
            }
        )
    return found
