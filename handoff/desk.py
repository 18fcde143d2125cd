"""What an agent does in a conversation besides changing its owner: replying and reading."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from handoff import ownership, writing
from handoff.files import wire_file
from handoff.inbox import MAX_FILES, MAX_TEXT
from handoff.records import MESSAGE, append, line, make_room_for_agent, note
from handoff.store import conversations, files, messages
from handoff.stream import EventStream, conversation_channel
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.principal import Principal


async def reply(
    db: Database,
    stream: EventStream | None,
    conversation_id: str,
    who: Principal,
    *,
    client_msg_id: str,
    text: str,
    file_ids: tuple[str, ...],
    epoch: int,
    now: datetime,
) -> tuple[int, bool]:
    """Writes an agent's message; returns (seq, duplicate).

    Raises DomainError `stale_epoch` (409) when the conversation has another owner than the agent saw when
    writing; the refusal is noted in the audit trail. The same `client_msg_id` again returns the first seq.
    """
    if not text.strip() and not file_ids:
        raise DomainError("empty_message", "写点内容再发送", 422)
    if len(text) > 2 * MAX_TEXT or len(file_ids) > MAX_FILES:
        raise DomainError("text_too_long", f"一条消息最多 {2 * MAX_TEXT} 个字、{MAX_FILES} 个文件", 422)
    key = f"agent:{who.agent_id}:{client_msg_id}"
    try:
        async with db.write() as tx:
            after = await make_room_for_agent(tx, conversation_id, now, epoch=epoch, agent_id=who.agent_id)
            if after is not None:
                if not who.may_see(after["party"]):
                    raise not_found("会话")
                entry = line(
                    MESSAGE,
                    "agent",
                    text=text.strip(),
                    sender_id=who.agent_id,
                    sender_name=who.name,
                    files=await _files(tx, conversation_id, file_ids) if file_ids else [],
                    client_msg_id=client_msg_id,
                    dedupe_key=key,
                )
                await append(tx, stream, after, [entry], now)
                await writing.on_reply(tx, stream, after, who, entry["text"], after["last_seq"], now)
                return after["last_seq"], False
            row = await ownership.lock(tx, conversation_id)
            first = await _earlier(tx, conversation_id, key)
            if first is not None:  # kept already, before the conversation went to somebody else
                return first, True
            if not who.may_see(row["party"]):
                raise not_found("会话")
            refusal = await ownership.stale(tx, row)
    except IntegrityError:
        async with db.read() as tx:
            first = await _earlier(tx, conversation_id, key)
        if first is None:
            raise
        return first, True
    async with db.write() as tx:
        await note(tx, "reply.refused", conversation_id, who.agent_id, now, epoch=epoch, current=row["epoch"])
    raise refusal


async def _earlier(tx: Tx, conversation_id: str, key: str) -> int | None:
    query = select(messages.c.seq).where(
        messages.c.conversation_id == conversation_id, messages.c.dedupe_key == key
    )
    seq: int | None = await tx.scalar(query)
    return seq


async def _files(tx: Tx, conversation_id: str, ids: tuple[str, ...]) -> list[dict[str, Any]]:
    found = await tx.all(select(files).where(files.c.conversation_id == conversation_id, files.c.id.in_(ids)))
    if len(found) != len(set(ids)):
        raise DomainError("unknown_file", "有文件没有上传成功，请重新上传", 422)
    return [wire_file(file) for file in found]


async def read(
    db: Database, stream: EventStream | None, conversation_id: str, side: str, seq: int, now: datetime
) -> None:
    """Marks everything up to `seq` as read by `side` (consumer or agent) and tells the other side."""
    column = conversations.c.consumer_read_seq if side == "consumer" else conversations.c.agent_read_seq
    async with db.write() as tx:
        result = await tx.execute(
            update(conversations)
            .where(conversations.c.id == conversation_id, column < seq, conversations.c.last_seq >= seq)
            .values({column.name: seq})
        )
    if result.rowcount and stream:
        news: dict[str, Any] = {"type": "read", "sender": side, "seq": seq}
        await stream.publish([(conversation_channel(conversation_id), news)])


async def find(db: Database, conversation_id: str, who: Principal) -> Row:
    """The conversation, if this member of staff may see it; the view is noted in the audit trail by the caller."""
    async with db.read() as tx:
        row = await tx.one(select(conversations).where(conversations.c.id == conversation_id))
    if row is None or not who.may_see(row["party"]):
        raise not_found("会话")
    return row
