"""The stream carries news; what it loses is read from the database."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from handoff import inbox, records
from handoff.feed import Feed
from handoff.inbox import Incoming
from handoff.store import outbox
from handoff.stream import RESYNC, EventStream, Listener, conversation_channel
from kernel.clock import utcnow
from kernel.db import Database, Row


async def say(db: Database, stream: EventStream | None, row: Row, key: str) -> None:
    await inbox.receive(db, stream, row["id"], Incoming(key, f"说了{key}"), utcnow())


async def hear(listener: Listener, within: float) -> dict[str, Any] | None:
    """The next news; that one has to read the database, said when a subscription begins, is passed over."""
    while (news := await listener.next(within)) == RESYNC:
        pass
    return news


async def test_committed_messages_arrive_in_order(
    db: Database, stream: EventStream, conversation: Row
) -> None:
    with stream.listen(conversation_channel(conversation["id"])) as listener:
        feed = Feed(db, conversation["id"], 1)
        for i in range(5):
            await say(db, stream, conversation, f"m{i}")
        seen: list[int] = []
        while len(seen) < 5:
            news = await listener.next(2)
            assert news is not None
            seen += [event["seq"] for event in await feed.take(news)]
    assert seen == [2, 3, 4, 5, 6]


async def test_news_that_never_came_are_read_from_the_database(
    db: Database, stream: EventStream, conversation: Row
) -> None:
    feed = Feed(db, conversation["id"], 1)
    for i in range(3):
        await say(db, None, conversation, f"m{i}")  # committed while the stream was away
    assert [event["seq"] for event in await feed.take(RESYNC)] == [2, 3, 4]
    await say(db, None, conversation, "m3")
    await say(db, None, conversation, "m4")
    late = {"type": "message", "seq": 6, "message": {}}
    assert [event["seq"] for event in await feed.take(late)] == [5, 6]
    assert await feed.take(late) == []


async def test_what_a_crash_left_in_the_outbox_is_published_later(
    db: Database, stream: EventStream, conversation: Row
) -> None:
    with stream.listen("anxin:test") as listener:
        await asyncio.sleep(0.1)
        long_ago = utcnow() - timedelta(minutes=1)
        async with db.write() as tx:
            await tx.execute(insert(outbox).values(news=[["anxin:test", {"type": "left"}]], at=long_ago))
        assert await records.flush(db, stream, utcnow() - timedelta(seconds=3)) == 1
        assert await hear(listener, 2) == {"type": "left"}
        await asyncio.sleep(0.1)  # it is on its way to other processes
    await records.flush(db, stream, utcnow() - timedelta(seconds=3))
    async with db.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(outbox)) == 0


async def test_a_listener_that_reads_too_slowly_is_told_to_resync(stream: EventStream) -> None:
    with stream.listen("anxin:flood") as listener:
        await asyncio.sleep(0.1)
        for _ in range(30):
            await stream.publish([("anxin:flood", {"type": "x"})] * 100)
        await asyncio.sleep(0.3)
        heard = []
        while news := await listener.next(0.2):
            heard.append(news["type"])
    assert "resync" in heard
    assert len(heard) < 3000


async def test_listeners_here_hear_at_once_and_once_and_those_of_other_processes_too(
    db: Database, stream: EventStream, conversation: Row, redis_url: str
) -> None:
    channel = conversation_channel(conversation["id"])
    other = EventStream(redis_url)
    await other.start()
    try:
        with stream.listen(channel) as here, other.listen(channel) as there:
            while await here.next(0.5) or await there.next(0.5):  # what a subscription begins with
                pass
            await say(db, stream, conversation, "m0")
            first = await hear(here, 0.05)
            assert first is not None and first["seq"] == 2
            assert await hear(there, 2) == first
            assert await hear(here, 0.2) is None
    finally:
        await other.close()


async def test_news_heard_here_while_redis_was_away_are_only_sent_when_it_is_back(
    db: Database, stream: EventStream, conversation: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_args: Any) -> bool:
        return False

    await asyncio.sleep(0.1)
    greeted = list(stream.sent)
    with stream.listen(conversation_channel(conversation["id"])) as listener:
        with monkeypatch.context() as cut:
            cut.setattr(stream, "_send", away)
            await say(db, stream, conversation, "m0")
            assert (await hear(listener, 1) or {})["seq"] == 2
            await asyncio.sleep(0.1)
        assert stream.sent == greeted
        assert await records.flush(db, stream, utcnow() + timedelta(seconds=1)) == 1
        assert await hear(listener, 0.3) is None
    assert len(stream.sent) == 1  # those of before are cleared, this one can be


async def test_without_redis_listeners_of_this_process_still_hear(db: Database, conversation: Row) -> None:
    cut_off = EventStream("redis://127.0.0.1:1")
    with cut_off.listen(conversation_channel(conversation["id"])) as listener:
        await say(db, cut_off, conversation, "m0")
        news = await listener.next(0.05)
        assert news is not None and news["seq"] == 2
    await asyncio.sleep(0.1)
    assert cut_off.sent == []  # it stays in the outbox until it was published
    await cut_off.close()


async def test_who_listens_while_the_subscription_is_only_being_opened_hears_everything(
    redis_url: str,
) -> None:
    for attempt in range(30):
        early = EventStream(redis_url)
        await early.start()
        for _ in range(attempt):  # somewhere on the way of its connecting
            await asyncio.sleep(0)
        try:
            with early.listen("anxin:early") as listener:
                await asyncio.sleep(0.1)
                await early.publish([("anxin:early", {"type": "news", "attempt": attempt})])
                assert await hear(listener, 5) == {"type": "news", "attempt": attempt}
        finally:
            await early.close()
