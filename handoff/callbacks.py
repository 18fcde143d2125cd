"""A consumer who will not wait: he leaves a message, or is called. His place in the queue stays all the same.

The desk is reminded before the promised time; what was not kept by then is overdue until somebody does it.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from handoff import policy, wording
from handoff.core.conversation import Owner
from handoff.joining import spoken_time
from handoff.ownership import lock
from handoff.records import MESSAGE, announce, append, bump, line, note
from handoff.store import callbacks, conversations
from handoff.stream import DESK, EventStream
from kernel import jobs
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.ids import new_id
from kernel.principal import Principal
from kernel.times import wire_time

WAIT, TICKET, CALLBACK = "wait", "ticket", "callback"
MODES = (WAIT, TICKET, CALLBACK)
OPEN, OVERDUE, DONE, DROPPED = "open", "overdue", "done", "dropped"
TO_BE_KEPT = (OPEN, OVERDUE)
REMIND_JOB, DUE_JOB = "callback.remind", "callback.due"
LONGEST_LEAD = timedelta(minutes=30)
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
            promised = new_id("cb")
            await tx.execute(
                insert(callbacks).values(
                    id=promised,
                    conversation_id=conversation_id,
                    party=row["party"],
                    kind=mode,
                    phone=phone if mode == CALLBACK else "",
                    wish=wish.strip(),
                    due_at=due,
                    at=now,
                )
            )
            lead = min(LONGEST_LEAD, (due - now) / 4)
            await jobs.schedule(tx, REMIND_JOB, promised, due - lead, {"id": promised})
            await jobs.schedule(tx, DUE_JOB, promised, due, {"id": promised})
            told = wording.WILL_CALL if mode == CALLBACK else wording.LEFT_MESSAGE
            text = told.format(due=spoken_time(due, now), tail=phone[-4:])
        entry = line(MESSAGE, "system", text=text, sender_name=wording.SYSTEM_NAME)
        after = await bump(tx, conversation_id, 1, now, wait_mode=mode)
        assert after is not None
        await append(tx, stream, after, [entry], now)
        await note(tx, "wait.chosen", conversation_id, row["consumer_id"], now, mode=mode)
        return after


async def _drop_open(tx: Tx, conversation_id: str) -> None:
    dropped = await tx.all(
        update(callbacks)
        .where(callbacks.c.conversation_id == conversation_id, callbacks.c.state.in_(TO_BE_KEPT))
        .values(state=DROPPED)
        .returning(callbacks.c.id)
    )
    for row in dropped:
        await _remind_no_more(tx, row["id"])


async def _remind_no_more(tx: Tx, callback_id: str) -> None:
    for kind in (REMIND_JOB, DUE_JOB):
        await jobs.cancel(tx, kind, callback_id)


async def handle_reminder(db: Database, stream: EventStream, payload: dict[str, Any], now: datetime) -> None:
    """Reminds whoever has the conversation, or else everybody of its party, of a promise that is still open."""
    async with db.write() as tx:
        row = await tx.one(
            select(callbacks).where(callbacks.c.id == payload["id"], callbacks.c.state == OPEN)
        )
        if row:
            await _tell(tx, stream, row, "soon", now)


async def handle_due(db: Database, stream: EventStream, payload: dict[str, Any], now: datetime) -> None:
    """A promise nobody kept by its time is overdue: it is marked, written down, and the desk hears of it."""
    async with db.write() as tx:
        row = await tx.one(
            update(callbacks)
            .where(callbacks.c.id == payload["id"], callbacks.c.state == OPEN)
            .values(state=OVERDUE)
            .returning(*callbacks.c)
        )
        if row:
            await note(
                tx,
                "callback.overdue",
                row["conversation_id"],
                "system",
                now,
                callback=row["id"],
                party=row["party"],
            )
            await _tell(tx, stream, row, "overdue", now)


async def _tell(tx: Tx, stream: EventStream, row: Row, why: str, now: datetime) -> None:
    about = await tx.one(
        select(conversations.c.agent_id, conversations.c.consumer_name).where(
            conversations.c.id == row["conversation_id"]
        )
    )
    news = {"type": "callback", "conversation_id": row["conversation_id"], "party": row["party"], "why": why}
    news["callback"] = shown(row) | {"consumer_name": about["consumer_name"] if about else ""}
    if about and about["agent_id"]:
        news["to"] = [about["agent_id"]]
    await announce(tx, stream, [(DESK, news)], now)


async def of_conversation(tx: Tx, conversation_id: str) -> list[dict[str, Any]]:
    """What was promised to this consumer, oldest first; a dropped one is no promise any more."""
    query = select(callbacks).where(
        callbacks.c.conversation_id == conversation_id, callbacks.c.state != DROPPED
    )
    return [shown(row) for row in await tx.all(query.order_by(callbacks.c.at))]


async def open_ones(db: Database, who: Principal, limit: int = 200) -> list[dict[str, Any]]:
    """Promises that are still to be kept, the next due first."""
    query = select(callbacks, conversations.c.consumer_name).join(
        conversations, conversations.c.id == callbacks.c.conversation_id
    )
    query = query.where(callbacks.c.state.in_(TO_BE_KEPT)).order_by(callbacks.c.due_at).limit(limit)
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
        if row["state"] in TO_BE_KEPT:
            values = {"state": DONE, "done_by": who.agent_id, "done_at": now}
            await tx.execute(update(callbacks).where(callbacks.c.id == callback_id).values(**values))
            await _remind_no_more(tx, callback_id)
            late = row["state"] == OVERDUE
            await note(
                tx,
                "callback.done",
                row["conversation_id"],
                who.agent_id,
                now,
                callback=callback_id,
                late=late,
            )
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
