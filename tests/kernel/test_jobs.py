"""Due work survives restarts and is never run by two at once."""

import asyncio
from datetime import timedelta

from kernel import jobs
from kernel.clock import utcnow
from kernel.db import Database


async def plan(db: Database, key: str, minutes: float) -> None:
    async with db.write() as tx:
        await jobs.schedule(tx, "test", key, utcnow() + timedelta(minutes=minutes), {"key": key})


async def test_only_what_is_due_is_claimed_oldest_first(db: Database) -> None:
    await plan(db, "later", 10)
    await plan(db, "second", -1)
    await plan(db, "first", -2)
    assert [row["key"] for row in await jobs.claim_due(db, utcnow())] == ["first", "second"]


async def test_two_instances_never_claim_one_job_twice(db: Database) -> None:
    for i in range(40):
        await plan(db, f"k{i}", -1)
    claims = await asyncio.gather(*(jobs.claim_due(db, utcnow(), limit=10) for _ in range(8)))
    keys = [row["key"] for claim in claims for row in claim]
    assert len(keys) == len(set(keys)) == 40


async def test_a_claim_that_was_never_finished_comes_back(db: Database) -> None:
    await plan(db, "lost", -1)
    await jobs.claim_due(db, utcnow())
    assert await jobs.claim_due(db, utcnow()) == []
    again = await jobs.claim_due(db, utcnow() + jobs.LEASE + timedelta(seconds=1))
    assert [row["attempts"] for row in again] == [1]
    await jobs.finish(db, again[0]["id"])
    assert await jobs.claim_due(db, utcnow() + timedelta(hours=1)) == []


async def test_planning_again_moves_the_job(db: Database) -> None:
    await plan(db, "moved", -1)
    await plan(db, "moved", 30)
    assert await jobs.claim_due(db, utcnow()) == []
