"""A transaction keeps all or nothing, on both databases, also when its caller is cancelled."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import event, func, insert, select
from sqlalchemy.exc import IntegrityError

from kernel.clock import utcnow
from kernel.db import Database, metadata
from kernel.jobs import jobs


def row(name: str) -> dict[str, object]:
    return {"id": name, "kind": "k", "key": name, "due_at": utcnow(), "payload": {}, "attempts": 0}


async def count(db: Database) -> int:
    async with db.read() as tx:
        return int(await tx.scalar(select(func.count()).select_from(jobs)))


async def test_a_failed_block_keeps_nothing(db: Database) -> None:
    async def breaks() -> None:
        async with db.write() as tx:
            await tx.execute(insert(jobs).values(row("a")))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await breaks()
    assert await count(db) == 0


async def test_what_is_left_for_after_the_commit_sees_the_commit(db: Database) -> None:
    seen: list[int] = []

    async def look() -> None:
        seen.append(await count(db))

    async with db.write() as tx:
        await tx.execute(insert(jobs).values(row("a")))
        tx.after_commit(look)
        assert seen == []
    assert seen == [1]


async def test_a_reader_sees_nothing_of_an_unfinished_write(db: Database) -> None:
    async with db.write() as tx:
        await tx.execute(insert(jobs).values(row("a")))
        assert await count(db) == 0
    assert await count(db) == 1


async def test_more_readers_than_connections_wait_without_stopping_the_loop(db: Database) -> None:
    async def slow() -> int:
        async with db.read() as tx:
            await asyncio.sleep(0.01)
            return int(await tx.scalar(select(func.count()).select_from(jobs)))

    assert await asyncio.wait_for(asyncio.gather(*(slow() for _ in range(60))), 20) == [0] * 60


async def test_cancelled_writers_leave_whole_transactions_and_a_usable_database(db: Database) -> None:
    async def both(name: str) -> None:
        async with db.write() as tx:
            await tx.execute(insert(jobs).values(row(f"{name}-1")))
            await asyncio.sleep(0)
            await tx.execute(insert(jobs).values(row(f"{name}-2")))

    for i in range(60):
        task = asyncio.create_task(both(str(i)))
        await asyncio.sleep(0.0001 * (i % 20))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await both("last")
    async with db.read() as tx:
        ids = {found["id"] for found in await tx.all(select(jobs.c.id))}
    assert {"last-1", "last-2"} <= ids
    assert all(f"{name.split('-')[0]}-{n}" in ids for name in ids for n in (1, 2))


async def test_writers_who_wait_for_each_other_share_a_commit_and_fail_alone(db: Database) -> None:
    told: list[str] = []

    async def one(name: str) -> None:
        async with db.write() as tx:
            await tx.execute(insert(jobs).values(row(name)))
            if name.startswith("bad"):
                raise ZeroDivisionError

            async def tell() -> None:
                told.append(name)

            tx.after_commit(tell)

    names = [f"{'bad' if number % 5 == 2 else 'good'}{number:02}" for number in range(40)]
    results = await asyncio.gather(*(one(name) for name in names), return_exceptions=True)
    failed = [name for name, result in zip(names, results, strict=True) if result is not None]
    assert failed == [name for name in names if name.startswith("bad")]
    assert sorted(told) == [name for name in names if name.startswith("good")]
    async with db.read() as tx:
        kept = {r["id"] for r in await tx.all(select(jobs.c.id))}
    assert kept == set(told)


async def test_a_commit_that_fails_fails_all_who_share_it_and_the_next_is_kept(tmp_path: Path) -> None:
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'one.db'}")
    await db.run_sync(metadata.create_all)
    commits: list[int] = []

    @event.listens_for(db._on.engine, "commit")
    def fail_once(_connection: object) -> None:
        commits.append(1)
        if len(commits) == 1:
            raise OSError("the disk is gone")

    async def one(name: str) -> None:
        async with db.write() as tx:
            await tx.execute(insert(jobs).values(row(name)))

    results = await asyncio.gather(*(one(f"j{number}") for number in range(10)), return_exceptions=True)
    assert all(isinstance(result, OSError) for result in results) and len(commits) == 1
    assert await count(db) == 0
    await one("later")
    assert await count(db) == 1
    await db.close()


async def test_who_meets_with_a_write_that_is_not_kept_yet_is_told_when_it_is(db: Database) -> None:
    async def one() -> bool:
        try:
            async with db.write() as tx:
                await tx.execute(insert(jobs).values(row("same")))
                return True
        except IntegrityError:
            return await count(db) == 1  # it can be seen, by anybody

    assert await asyncio.gather(*(one() for _ in range(30))) == [True] * 30
    assert await count(db) == 1
