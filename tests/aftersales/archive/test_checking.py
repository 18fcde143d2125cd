"""Nobody changes the archive unseen: the database refuses, and who gets around it is found out."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from aftersales.archive.checking import verify
from aftersales.archive.erasing import purge
from aftersales.archive.keeping import hold
from aftersales.archive.ports import ArchivePorts
from aftersales.archive.store import entries
from kernel.db import Database
from tests.aftersales.archive.conftest import DONE, PLATFORM, archived, unguarded

LATER = DONE + timedelta(days=4 * 366)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE archive_entries SET ticket_id = 'AX1'",
        "DELETE FROM archive_entries",
        "UPDATE archive_sections SET body = '{}'",
        "DELETE FROM archive_sections",
        "UPDATE archive_access SET reason = ''",
        "DELETE FROM archive_access",
        "DELETE FROM archive_releases",
    ],
)
async def test_the_database_refuses(db: Database, ports: ArchivePorts, statement: str) -> None:
    await archived(db, ports)
    await hold(db, PLATFORM, await archived(db, ports, "k2"), "法院调取", DONE)
    await archived(db, ports, "k3", now=DONE)
    await purge(db, ports, LATER)  # so that there is something in every table
    with pytest.raises(DBAPIError, match=r"append-only|not released"):
        async with db.write() as tx:
            await tx.execute(text(statement))
    assert (await verify(db)).holds


async def test_postgresql_refuses_truncate_too(db: Database, ports: ArchivePorts) -> None:
    if db.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE")
    await archived(db, ports)
    with pytest.raises(DBAPIError, match="append-only"):
        async with db.write() as tx:
            await tx.execute(text("TRUNCATE archive_entries"))


@pytest.mark.parametrize(
    ("statement", "broken", "problem"),
    [
        ("UPDATE archive_entries SET ticket_id = 'AX1' WHERE seq = 2", 2, "its own content does not give its hash"),
        ("UPDATE archive_entries SET data = '{}' WHERE seq = 3", 3, "its own content does not give its hash"),
        ("UPDATE archive_entries SET prev_hash = 'ff' WHERE seq = 2", 2, "does not follow from the entry before it"),
        ("DELETE FROM archive_entries WHERE seq = 2", 2, "entry 2 is missing"),
        ("DELETE FROM archive_entries WHERE seq = 4", 4, "the end of the chain is gone: the index knows more"),
        ("DELETE FROM archive_entries WHERE seq >= 1", 1, "the end of the chain is gone: the index knows more"),
        ("UPDATE archive_sections SET body = '{\"id\":\"u_2\"}' WHERE seq = 3 AND name = 'consumer'", 3, "section consumer was changed"),
        ("UPDATE archive_sections SET salt = '00' WHERE seq = 1 AND name = 'case'", 1, "section case was changed"),
        ("DELETE FROM archive_sections WHERE seq = 2 AND name = 'record'", 2, "section record is gone, and no entry says why"),
        ("INSERT INTO archive_sections VALUES (2, 'more', '00', '{}')", 2, "has a section more that was never archived"),
    ],
)  # fmt: skip
async def test_what_was_tampered_with_is_named(
    db: Database, ports: ArchivePorts, statement: str, broken: int, problem: str
) -> None:
    for number in range(4):
        await archived(db, ports, f"k{number}")
    assert (await verify(db)).holds
    await unguarded(db, statement)
    verdict = await verify(db)
    assert (verdict.broken_seq, verdict.problem) == (broken, problem)


async def test_a_release_that_no_entry_speaks_of_excuses_nothing(db: Database, ports: ArchivePorts) -> None:
    await archived(db, ports)
    await archived(db, ports, "k2")
    await unguarded(db, "INSERT INTO archive_releases VALUES (1, 'record', 2)")
    await unguarded(db, "DELETE FROM archive_sections WHERE seq = 1 AND name = 'record'")
    verdict = await verify(db)
    assert verdict.problem == "section record is gone, and no entry says why"


async def test_a_head_that_was_written_down_shows_what_was_cut_off_with_its_traces(
    db: Database, ports: ArchivePorts
) -> None:
    for number in range(3):
        await archived(db, ports, f"k{number}")
    head = await verify(db)
    for table in ("archive_entries", "archive_sections", "archive_index"):
        await unguarded(db, f"DELETE FROM {table} WHERE seq = 3")
    assert (await verify(db)).holds  # by itself a shorter chain is a good chain
    verdict = await verify(db, (3, head.head))
    assert verdict.broken_seq == 3 and "written down" in str(verdict.problem)


async def test_a_chain_that_was_made_anew_differs_from_the_head_written_down(
    db: Database, ports: ArchivePorts
) -> None:
    await archived(db, ports)
    head = await verify(db)
    assert (await verify(db, (head.entries, head.head))).holds
    verdict = await verify(db, (1, "f" * 64))
    assert verdict.problem == "is not the entry that was written down"


async def test_batches_do_not_matter(
    db: Database, ports: ArchivePorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aftersales.archive.checking.BATCH", 2)
    for number in range(5):
        await archived(db, ports, f"k{number}")
    assert (await verify(db)).entries == 5
    async with db.read() as tx:
        last = await tx.scalar(select(entries.c.hash).where(entries.c.seq == 5))
    assert (await verify(db)).head == last


async def test_an_empty_archive_holds(db: Database) -> None:
    assert (await verify(db)).holds
