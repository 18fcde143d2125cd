"""The communication record: appending lines to it, reading them back, and their form on the wire."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, delete, insert, select, update

from handoff.core.conversation import Owner
from handoff.store import audit, conversations, messages, outbox
from handoff.stream import CHANGES, EventStream, agent_channel, conversation_channel
from kernel.db import Database, Row, Tx
from kernel.times import wire_time

MESSAGE, OWNER_CHANGED, TICKET_CHANGED = "message", "owner_changed", "ticket_changed"
TALK = "record"  # a talk by phone or video, entered by an agent
_WRITE = insert(messages).execution_options(prepared=True)
_ANNOUNCE = insert(outbox).returning(outbox.c.id).execution_options(prepared=True)
_AFTER = (
    select(messages)
    .where(messages.c.conversation_id == bindparam("of"), messages.c.seq > bindparam("after"))
    .order_by(messages.c.seq)
    .limit(bindparam("most"))
    .execution_options(prepared=True)
)


def line(
    kind: str,
    sender: str,
    *,
    text: str = "",
    sender_id: str | None = None,
    sender_name: str | None = None,
    files: Sequence[dict[str, Any]] = (),
    buttons: Sequence[dict[str, Any]] = (),
    card: dict[str, Any] | None = None,
    choice: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    client_msg_id: str | None = None,
    dedupe_key: str | None = None,
) -> dict[str, Any]:
    """One line of the record, without its place in it."""
    return {
        "kind": kind,
        "sender": sender,
        "sender_id": sender_id,
        "sender_name": sender_name,
        "text": text,
        "files": list(files),
        "buttons": list(buttons),
        "card": card,
        "choice": choice,
        "data": data,
        "client_msg_id": client_msg_id,
        "dedupe_key": dedupe_key,
    }


async def append(
    tx: Tx, stream: EventStream | None, conversation: Row, lines: Sequence[dict[str, Any]], now: datetime
) -> list[dict[str, Any]]:
    """Writes `lines` after `conversation.last_seq` and publishes them after the commit.

    The caller holds the conversation's row and has raised its `last_seq` by `len(lines)` already; `conversation`
    is the row after that. Returns the rows as written.
    """
    first = conversation["last_seq"] - len(lines) + 1
    rows = [
        entry
        | {"conversation_id": conversation["id"], "seq": first + i, "epoch": conversation["epoch"], "at": now}
        for i, entry in enumerate(lines)
    ]
    if rows:
        await tx.do(_WRITE, rows)
        news = [(conversation_channel(conversation["id"]), wire_event(row)) for row in rows]
        changed = {"type": "conversation", "id": conversation["id"], "party": conversation["party"]}
        news.append((CHANGES, changed))
        if conversation["agent_id"]:
            news.append((agent_channel(conversation["agent_id"]), changed))
        await announce(tx, stream, news, now)
    return rows


async def announce(
    tx: Tx, stream: EventStream | None, news: list[tuple[str, dict[str, Any]]], now: datetime
) -> None:
    """Puts news into the outbox and sends it after the commit; what cannot be sent then is sent by `flush`."""
    if not news:
        return
    left = await tx.scalar(_ANNOUNCE, {"news": news, "at": now})

    async def send() -> None:
        if stream:
            stream.publish_soon(news, left)  # nobody's answer waits for Redis

    tx.after_commit(send)


async def flush(db: Database, stream: EventStream, older_than: datetime) -> int:
    """Clears what was published and publishes what a crash left behind; returns how many were left behind."""
    done, stream.sent[:] = stream.sent[:], []
    if done:
        async with db.write() as tx:
            await tx.execute(delete(outbox).where(outbox.c.id.in_(done)))
    async with db.read() as tx:
        left = await tx.all(select(outbox).where(outbox.c.at < older_than).order_by(outbox.c.id).limit(500))
    for row in left:
        stream.publish_soon([(channel, payload) for channel, payload in row["news"]], row["id"])
    return len(left)


async def bump(
    tx: Tx, conversation_id: str, count: int, now: datetime, *, bot_epoch: int | None = None, **values: Any
) -> Row | None:
    """Takes the conversation's row, makes room for `count` lines and sets `values`; returns the row after it.

    With `bot_epoch` only while the bot owns it under that epoch; None when it does not, or there is no such row.
    """
    given = {f"new_{name}": value for name, value in values.items()}
    given |= {"of_id": conversation_id, "count": count, "new_updated_at": now, "bot_epoch": bot_epoch}
    return await tx.one(_bumping(frozenset(values), Owner.BOT if bot_epoch is not None else None), given)


async def make_room_for_agent(
    tx: Tx, conversation_id: str, now: datetime, *, epoch: int, agent_id: str
) -> Row | None:
    """Room for one line of the agent who has the conversation under `epoch`: it answers all that was said before.

    Returns the row after it; None when he does not have it, or there is no such row.
    """
    given = {"of_id": conversation_id, "count": 1, "new_updated_at": now}
    return await tx.one(_bumping(frozenset(), Owner.AGENT), given | {"by_epoch": epoch, "by_agent": agent_id})


@cache
def _bumping(names: frozenset[str], owner: Owner | None) -> Update:
    """Built once for each set of columns: building a statement costs several times what running it does."""
    c = conversations.c
    changed: dict[str, Any] = {
        name: bindparam(f"new_{name}", type_=c[name].type) for name in ("updated_at", *sorted(names))
    }
    statement = update(conversations).where(c.id == bindparam("of_id"))
    if owner == Owner.BOT:
        statement = statement.where(c.owner == owner, c.epoch == bindparam("bot_epoch"))
    if owner == Owner.AGENT:
        statement = statement.where(
            c.owner == owner, c.epoch == bindparam("by_epoch"), c.agent_id == bindparam("by_agent")
        )
        changed |= {"answered_seq": c.consumer_seq, "agent_read_seq": c.consumer_seq}
    room = {"last_seq": c.last_seq + bindparam("count", type_=c.last_seq.type)}
    return statement.values(room | changed).returning(*c).execution_options(prepared=True)


async def note(
    tx: Tx, kind: str, conversation_id: str | None, actor: str, now: datetime, **data: Any
) -> None:
    """Writes a line into the audit trail."""
    await tx.execute(
        insert(audit).values(kind=kind, conversation_id=conversation_id, actor=actor, data=data, at=now)
    )


async def events_after(tx: Tx, conversation_id: str, after: int, limit: int = 200) -> list[dict[str, Any]]:
    """Wire events with `seq` above `after`, oldest first."""
    rows = await tx.all(_AFTER, {"of": conversation_id, "after": after, "most": limit})
    return [wire_event(row) for row in rows]


async def events_before(
    tx: Tx, conversation_id: str, before: int | None, limit: int = 100
) -> list[dict[str, Any]]:
    """The newest `limit` wire events with `seq` below `before`, oldest first."""
    query = select(messages).where(messages.c.conversation_id == conversation_id)
    if before is not None:
        query = query.where(messages.c.seq < before)
    rows = await tx.all(query.order_by(messages.c.seq.desc()).limit(limit))
    return [wire_event(row) for row in reversed(rows)]


def wire_event(row: Row) -> dict[str, Any]:
    """A line as every socket and API shows it: no payloads of buttons, no internal ids."""
    head: dict[str, Any] = {"type": row["kind"], "seq": row["seq"], "at": wire_time(row["at"])}
    if row["kind"] == OWNER_CHANGED:
        return head | {"text": row["text"]} | row["data"]
    if row["kind"] == TICKET_CHANGED:
        return head | {"text": row["text"], "ticket": row["data"]}
    if row["kind"] == TALK:
        by = {"id": row["sender_id"], "name": row["sender_name"]}
        return head | {"text": row["text"], "record": row["data"] | {"by": by, "files": row["files"]}}
    return head | {"message": wire_message(row)}


def wire_message(row: Row) -> dict[str, Any]:
    return {
        "seq": row["seq"],
        "sender": row["sender"],
        "sender_name": row["sender_name"],
        "text": row["text"],
        "files": row["files"],
        "buttons": [
            {k: b[k] for k in ("id", "title", "style") if k in b}
            for b in row["buttons"]
            if not b.get("hidden")
        ],
        "card": row["card"],
        "client_msg_id": row["client_msg_id"],
        "at": wire_time(row["at"]),
    }


def last_text(rows: Iterable[Row]) -> str:
    """What consumer messages say, joined for one turn."""
    return "\n".join(row["text"] for row in rows if row["text"])
