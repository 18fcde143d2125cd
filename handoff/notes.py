"""Notes among colleagues and a supervisor's whispers: beside the record, never in it, never the consumer's to see."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select

from handoff import records
from handoff.ownership import lock
from handoff.store import agents
from handoff.stream import DESK, EventStream
from handoff.writing_store import notes
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, forbidden, not_found
from kernel.ids import new_id
from kernel.principal import Principal
from kernel.times import wire_time

NOTE, WHISPER = "note", "whisper"
MOST_TEXT = 1000
_SUPERVISES = frozenset({"supervisor", "admin"})


async def write(
    db: Database,
    stream: EventStream | None,
    conversation_id: str,
    who: Principal,
    *,
    client_msg_id: str,
    text: str,
    kind: str,
    to: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Keeps a note; returns it as on the wire. The same `client_msg_id` again returns the first and adds nothing.

    A whisper is a supervisor's, to the agent who has the conversation or to `to`. Raises DomainError.
    """
    if not text.strip():
        raise DomainError("empty_note", "写点内容再保存", 422)
    if kind == WHISPER and who.role not in _SUPERVISES:
        raise forbidden("只有主管可以悄悄提示同事")
    async with db.write() as tx:
        row = await lock(tx, conversation_id)
        if not who.may_see(row["party"]):
            raise not_found("会话")
        known = await tx.one(
            select(notes).where(notes.c.author_id == who.agent_id, notes.c.client_msg_id == client_msg_id)
        )
        if known:
            return as_json(known)
        receiver = await _receiver(tx, row, to) if kind == WHISPER else None
        entry = {
            "id": new_id("n"),
            "conversation_id": conversation_id,
            "kind": kind,
            "author_id": who.agent_id,
            "author_name": who.name,
            "to_id": receiver,
            "text": text.strip(),
            "after_seq": row["last_seq"],
            "client_msg_id": client_msg_id,
            "at": now,
        }
        await tx.execute(insert(notes).values(entry))
        await records.note(tx, f"{kind}.written", conversation_id, who.agent_id, now, note=entry["id"])
        written = as_json(entry)
        news = {"type": "note", "conversation_id": conversation_id, "party": row["party"], "note": written}
        if receiver:
            news["to"] = [receiver, who.agent_id]
        await records.announce(tx, stream, [(DESK, news)], now)
    return written


async def _receiver(tx: Tx, row: Row, to: str | None) -> str:
    receiver = to or row["agent_id"]
    if receiver is None:
        raise DomainError("nobody_there", "这个会话现在没有坐席，留一条备注吧", 409)
    known = await tx.one(select(agents.c.party).where(agents.c.id == receiver, agents.c.active))
    if known is None or known["party"] not in ("platform", row["party"]):
        raise not_found("坐席")
    return str(receiver)


async def of_conversation(tx: Tx, conversation_id: str, who: Principal) -> list[dict[str, Any]]:
    """Notes of a conversation, oldest first; whispers only for the two they are between and for supervisors."""
    query = select(notes).where(notes.c.conversation_id == conversation_id)
    if who.role not in _SUPERVISES:
        mine = or_(notes.c.to_id == who.agent_id, notes.c.author_id == who.agent_id)
        query = query.where(or_(notes.c.kind == NOTE, mine))
    return [as_json(row) for row in await tx.all(query.order_by(notes.c.at, notes.c.id))]


def as_json(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "conversation_id": row["conversation_id"],
        "kind": row["kind"],
        "author": {"id": row["author_id"], "name": row["author_name"]},
        "to": row["to_id"],
        "text": row["text"],
        "after_seq": row["after_seq"],
        "client_msg_id": row["client_msg_id"],
        "at": wire_time(row["at"]),
    }


def concerns(news: dict[str, Any], who: Principal) -> bool:
    """Whether this member of staff may hear this news of a note, a promise or a callback on the desk's channel."""
    if not who.may_see(news["party"]):
        return False
    return "to" not in news or who.agent_id in news["to"] or who.role in _SUPERVISES
