"""A consumer who will not wait: he leaves a message, or is called. His place in the queue stays all the same."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from handoff import policy, wording
from handoff.core.conversation import Owner
from handoff.joining import spoken_time
from handoff.ownership import lock
from handoff.records import MESSAGE, append, bump, line, note
from handoff.store import callbacks, conversations
from handoff.stream import EventStream
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.ids import new_id
from kernel.principal import Principal
from kernel.times import wire_time

WAIT, TICKET, CALLBACK = "wait", "ticket", "callback"
MODES = (WAIT, TICKET, CALLBACK)
LONGEST_WISH = 200
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")


async def choose(
    db: Database,
    stream: EventStream | None,
    conversation_id: str,
    mode: str,
    now: datetime,
    *,
    phone: str = "",
    wish: str = "",
) -> Row:
    """How the consumer waits: on the page, for an answer here later, or for a call; he may change it.

    Raises `not_waiting` (409), `bad_wait` (422), `bad_phone` (422). What is promised has a time and is recorded.
    """
    phone = phone.replace(" ", "")
    if mode not in MODES or len(wish) > LONGEST_WISH:
        raise DomainError("bad_wait", "请选择继续等、留言或约电话", 422)
    if mode == CALLBACK and not _PHONE.fullmatch(phone):
        raise DomainError("bad_phone", "请填写能打通的手机号或座机号", 422)
    rules = policy.current()
    async with db.write() as tx:
        row = await lock(tx, conversation_id)
        if row["owner"] != Owner.QUEUED:
            raise DomainError("not_waiting", "现在没有在排队", 409)
        if mode == row["wait_mode"] == WAIT:
            return row
        await _drop_open(tx, conversation_id)
        text = wording.WAITS_ON
        if mode != WAIT:
            begins = rules.next_open(row["party"], now) or now
            due = begins + timedelta(seconds=rules.callback_within)
            await tx.execute(
                insert(callbacks).values(
                    id=new_id("cb"),
                    conversation_id=conversation_id,
                    party=row["party"],
                    kind=mode,
                    phone=phone if mode == CALLBACK else "",
                    wish=wish.strip(),
                    due_at=due,
                    at=now,
                )
            )
            told = wording.WILL_CALL if mode == CALLBACK else wording.LEFT_MESSAGE
            text = told.format(due=spoken_time(due, now), tail=phone[-4:])
        entry = line(MESSAGE, "system", text=text, sender_name=wording.SYSTEM_NAME)
        after = await bump(tx, conversation_id, 1, now, wait_mode=mode)
        assert after is not None
        await append(tx, stream, after, [entry], now)
        await note(tx, "wait.chosen", conversation_id, row["consumer_id"], now, mode=mode)
        return after


async def _drop_open(tx: Tx, conversation_id: str) -> None:
    await tx.execute(
        update(callbacks)
        .where(callbacks.c.conversation_id == conversation_id, callbacks.c.state == "open")
        .values(state="dropped")
    )


async def of_conversation(tx: Tx, conversation_id: str) -> list[dict[str, Any]]:
    """What was promised to this consumer, oldest first; a dropped one is no promise any more."""
    query = select(callbacks).where(
        callbacks.c.conversation_id == conversation_id, callbacks.c.state != "dropped"
    )
    return [shown(row) for row in await tx.all(query.order_by(callbacks.c.at))]


async def open_ones(db: Database, who: Principal, limit: int = 200) -> list[dict[str, Any]]:
    """Promises that are still to be kept, the next due first."""
    query = select(callbacks, conversations.c.consumer_name).join(
        conversations, conversations.c.id == callbacks.c.conversation_id
    )
    query = query.where(callbacks.c.state == "open").order_by(callbacks.c.due_at).limit(limit)
    if not who.handles_all_parties:
        query = query.where(callbacks.c.party == who.party)
    async with db.read() as tx:
        rows: Sequence[Row] = await tx.all(query)
    return [shown(row) | {"consumer_name": row["consumer_name"]} for row in rows]


async def done(db: Database, callback_id: str, who: Principal, now: datetime) -> dict[str, Any]:
    """The agent has answered or called; again changes nothing. Raises not_found (404)."""
    async with db.write() as tx:
        row = await tx.one(select(callbacks).where(callbacks.c.id == callback_id).with_for_update())
        if row is None or not who.may_see(row["party"]):
            raise not_found("约定")
        if row["state"] == "open":
            values = {"state": "done", "done_by": who.agent_id, "done_at": now}
            await tx.execute(update(callbacks).where(callbacks.c.id == callback_id).values(**values))
            await note(tx, "callback.done", row["conversation_id"], who.agent_id, now, callback=callback_id)
            row = dict(row) | values
    return shown(row)


def shown(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "conversation_id": row["conversation_id"],
        "kind": row["kind"],
        "phone": row["phone"],
        "wish": row["wish"],
        "state": row["state"],
        "due_at": wire_time(row["due_at"]),
        "at": wire_time(row["at"]),
    }
