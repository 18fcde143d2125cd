"""A conversation's lines go only where an erasure says so; the other conversations stay as they are."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from handoff import erasing
from handoff.store import conversations, erasures, files, messages
from kernel.db import Database
from tests.handoff.conftest import open_one

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


async def picture(db: Database, folder: Path, conversation_id: str, file_id: str) -> Path:
    path = folder / file_id
    path.write_bytes(b"x")
    row = {"id": file_id, "conversation_id": conversation_id, "uploaded_by": "u", "kind": "image", "size": 1}
    row |= {"mime": "image/png", "name": "a.png", "sha256": "0" * 64, "path": file_id, "at": NOW}
    async with db.write() as tx:
        await tx.execute(insert(files).values(row))
    return path


async def test_lines_and_files_of_one_conversation_go_and_its_owner_is_forgotten(
    db: Database, tmp_path: Path
) -> None:
    gone, kept = await open_one(db, None), await open_one(db, None)
    evidence = await picture(db, tmp_path, gone["id"], "f_1")
    chatter = await picture(db, tmp_path, gone["id"], "f_2")
    async with db.write() as tx:
        counts = await erasing.erase(tx, tmp_path.joinpath, [gone["id"]], {"f_1"}, "消费者要求删除", NOW)
        assert chatter.exists()  # nothing leaves the disk before the commit
    assert counts["files"] == 1 and counts["messages"] >= 1
    assert evidence.exists() and not chatter.exists()
    async with db.read() as tx:
        left = {row["conversation_id"] for row in await tx.all(select(messages.c.conversation_id))}
        row = await tx.one(select(conversations).where(conversations.c.id == gone["id"]))
        assert await erasing.conversations_of(tx, gone["consumer_id"]) in ([], [kept["id"]])
    assert left == {kept["id"]}
    assert row is not None and row["consumer_id"] != gone["consumer_id"] and row["order_nos"] == []


async def test_a_second_time_changes_nothing_more(db: Database, tmp_path: Path) -> None:
    one = await open_one(db, None)
    for expected in (True, False):
        async with db.write() as tx:
            counts = await erasing.erase(tx, tmp_path.joinpath, [one["id"]], (), "到期", NOW)
        assert bool(counts["messages"]) is expected


async def test_without_an_erasure_written_down_the_database_refuses(db: Database) -> None:
    await open_one(db, None)
    with pytest.raises(DBAPIError, match="immutable"):
        async with db.write() as tx:
            await tx.execute(text("DELETE FROM messages"))


async def test_an_erasure_allows_no_change_of_a_line(db: Database, tmp_path: Path) -> None:
    one = await open_one(db, None)
    async with db.write() as tx:
        await tx.execute(insert(erasures).values(conversation_id=one["id"], why="x", at=NOW))
    with pytest.raises(DBAPIError, match="immutable"):
        async with db.write() as tx:
            await tx.execute(text("UPDATE messages SET text = 'x'"))


async def test_the_record_is_read_from_a_line_to_a_moment(db: Database) -> None:
    one = await open_one(db, None)
    async with db.read() as tx:
        at = (await tx.all(select(messages.c.at).where(messages.c.conversation_id == one["id"])))[-1]["at"]
        whole = await erasing.lines(tx, one["id"], 0, at)
        assert [line["seq"] for line in whole] == list(range(1, one["last_seq"] + 1))
        assert await erasing.lines(tx, one["id"], one["last_seq"] + 1, at) == []
        assert await erasing.lines(tx, one["id"], 0, at - timedelta(days=1)) == []
