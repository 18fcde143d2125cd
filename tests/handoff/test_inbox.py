"""What a consumer sends is kept once, in order, and passed to whoever owns the conversation."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from handoff import inbox
from handoff.files import FileRoom
from handoff.inbox import Incoming, parse_payload
from handoff.records import events_after
from handoff.store import conversations, messages
from handoff.stream import EventStream
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.errors import DomainError
from tests.handoff.test_files import MP4, PDF


async def send(db: Database, stream: EventStream, row: Row, incoming: Incoming) -> inbox.Receipt:
    return await inbox.receive(db, stream, row["id"], incoming, utcnow())


async def test_the_same_client_message_is_kept_once(
    db: Database, stream: EventStream, conversation: Row
) -> None:
    first = await send(db, stream, conversation, Incoming("m1", "鞋底开胶了"))
    again = await send(db, stream, conversation, Incoming("m1", "鞋底开胶了"))
    assert (again.seq, again.duplicate) == (first.seq, True)
    assert (await send(db, stream, conversation, Incoming("m2", "在吗"))).seq == first.seq + 1


async def test_twenty_copies_at_once_are_one_message(
    db: Database, stream: EventStream, conversation: Row
) -> None:
    copies = [send(db, stream, conversation, Incoming("same", "少了一只")) for _ in range(20)]
    receipts = await asyncio.gather(*copies)
    assert len({receipt.seq for receipt in receipts}) == 1
    assert sum(not receipt.duplicate for receipt in receipts) == 1


async def test_messages_at_once_get_places_without_gaps(
    db: Database, stream: EventStream, conversation: Row
) -> None:
    receipts = await asyncio.gather(
        *(send(db, stream, conversation, Incoming(f"m{i}", f"第{i}条")) for i in range(30))
    )
    assert sorted(receipt.seq for receipt in receipts) == list(range(2, 32))


@pytest.mark.parametrize(
    ("incoming", "code"),
    [
        (Incoming("m", ""), "empty_message"),
        (Incoming("m", "  \n"), "empty_message"),
        (Incoming("m", "长" * 1001), "text_too_long"),
        (Incoming("", "在吗"), "bad_client_msg_id"),
        (Incoming("m", files=("f_unknown",)), "unknown_file"),
        (Incoming("m", choice="b_unknown"), "unknown_choice"),
        (Incoming("m", files=tuple(f"f{i}" for i in range(10))), "too_many_files"),
    ],
)
async def test_bad_messages_are_refused_with_a_code_and_leave_nothing(
    db: Database, stream: EventStream, conversation: Row, incoming: Incoming, code: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        await send(db, stream, conversation, incoming)
    assert refusal.value.code == code
    assert (await send(db, stream, conversation, Incoming("next", "在吗"))).seq == 2


async def test_asking_for_a_person_queues_in_the_same_step(
    db: Database, stream: EventStream, conversation: Row
) -> None:
    receipt = await send(db, stream, conversation, Incoming("m1", "转人工，我的订单没人管"))
    assert receipt.owner == "queued"
    async with db.read() as tx:
        events = await events_after(tx, conversation["id"], receipt.seq)
    assert [(event["type"], event["owner"]) for event in events] == [("owner_changed", "queued")]


async def test_a_threat_is_left_to_the_bot_to_ask_about_and_moves_forward_who_waits(
    db: Database, stream: EventStream, conversation: Row
) -> None:
    assert (await send(db, stream, conversation, Incoming("m1", "我要打12315"))).owner == "bot"
    assert (await send(db, stream, conversation, Incoming("m2", "转人工"))).owner == "queued"
    await send(db, stream, conversation, Incoming("m3", "再不来我就找律师"))
    async with db.read() as tx:
        row = await tx.one(select(conversations).where(conversations.c.id == conversation["id"]))
    assert row is not None
    assert (row["queue_reason"], row["queue_priority"]) == ("legal_or_media", 2)


async def test_a_button_is_answered_by_its_server_issued_id(
    db: Database, stream: EventStream, conversation: Row
) -> None:
    async with db.read() as tx:
        greeting = (await events_after(tx, conversation["id"], 0))[0]["message"]
    button = greeting["buttons"][0]
    assert "payload" not in button
    receipt = await send(db, stream, conversation, Incoming("m1", choice=button["id"]))
    assert receipt.choice == {"intent": "quality", "entities": {}}


async def test_the_record_can_be_neither_changed_nor_removed(
    db: Database, stream: EventStream, conversation: Row
) -> None:
    await send(db, stream, conversation, Incoming("m1", "原话"))
    with pytest.raises(DBAPIError):
        async with db.write() as tx:
            await tx.execute(update(messages).where(messages.c.seq == 2).values(text="改过的话"))
    with pytest.raises(DBAPIError):
        async with db.write() as tx:
            await tx.execute(messages.delete())
    async with db.read() as tx:
        assert await tx.scalar(select(messages.c.text).where(messages.c.seq == 2)) == "原话"


def test_a_payload_is_an_intent_with_entities() -> None:
    assert parse_payload('/choose_order{"order_line": "2-1"}') == {
        "intent": "choose_order",
        "entities": {"order_line": "2-1"},
    }
    with pytest.raises(ValueError, match="not a payload"):
        parse_payload("choose_order")


async def test_one_video_and_two_documents_are_enough_for_one_message(
    db: Database, stream: EventStream, conversation: Row, tmp_path: Path
) -> None:
    room = FileRoom(tmp_path, "secret")

    async def kept(data: bytes) -> str:
        return str((await room.keep(db, conversation["id"], "u_1", "f", data, utcnow()))["file_id"])

    videos = [await kept(MP4 + bytes([i])) for i in range(2)]
    papers = [await kept(PDF + bytes([i])) for i in range(3)]
    for files in (videos, papers):
        with pytest.raises(DomainError) as refusal:
            await send(db, stream, conversation, Incoming("m", files=tuple(files)))
        assert refusal.value.code == "too_many_files"
    assert (await send(db, stream, conversation, Incoming("m", files=(videos[0], *papers[:2])))).seq == 2
