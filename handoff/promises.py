"""The promises made to a consumer: entered when they are said, reminded of before they are due, kept or broken."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from aftersales.core.deadline import is_day_off
from aftersales.core.ticket import TicketMoved
from aftersales.reading import of_conversations
from handoff.core.promises import KINDS, Promise, find
from handoff.records import announce, note
from handoff.stream import DESK, EventStream
from handoff.writing_store import promises
from kernel import jobs
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.ids import new_id
from kernel.principal import Principal
from kernel.times import wire_time

DUE_JOB, REMIND_JOB = "promise.due", "promise.remind"
OPEN, KEPT, BROKEN, WITHDRAWN = "open", "kept", "broken", "withdrawn"
LONGEST_LEAD = timedelta(minutes=30)
_OVER = frozenset({"closed", "archived", "withdrawn"})
c = promises.c


def in_words(text: str, now: datetime) -> list[Promise]:
    """The promises in a text, with China's working days."""
    return find(text, now, lambda day: not is_day_off(day))


async def enter(
    tx: Tx, conversation: Row, who: Principal, seq: int, text: str, now: datetime
) -> list[dict[str, Any]]:
    """Enters what a message just written promises, with the open ticket it is about; plans reminder and deadline."""
    found = in_words(text, now)
    if not found:
        return []
    open_tickets = [t for t in await of_conversations(tx, [conversation["id"]]) if t["status"] not in _OVER]
    rows = [
        {
            "id": new_id("p"),
            "conversation_id": conversation["id"],
            "ticket_id": open_tickets[-1]["id"] if open_tickets else None,
            "party": conversation["party"],
            "agent_id": who.agent_id,
            "agent_name": who.name,
            "seq": seq,
            "kind": one.kind,
            "text": one.sentence,
            "phrase": one.phrase,
            "due_at": one.due_at,
            "state": OPEN,
            "made_at": now,
            "note": "",
        }
        for one in found
    ]
    await tx.execute(insert(promises), rows)
    for row in rows:
        lead = min(LONGEST_LEAD, (row["due_at"] - now) / 4)
        await jobs.schedule(tx, REMIND_JOB, row["id"], row["due_at"] - lead, {"id": row["id"]})
        await jobs.schedule(tx, DUE_JOB, row["id"], row["due_at"], {"id": row["id"]})
        await note(tx, "promise.made", conversation["id"], who.agent_id, now, promise=row["id"], seq=seq)
    return [as_json(row) for row in rows]


async def handle_reminder(db: Database, stream: EventStream, payload: dict[str, Any], now: datetime) -> None:
    """Reminds the agent of a promise that is still open."""
    async with db.write() as tx:
        row = await tx.one(select(promises).where(c.id == payload["id"], c.state == OPEN))
        if row:
            await announce(tx, stream, [_news(row, "soon")], now)


async def handle_due(db: Database, stream: EventStream, payload: dict[str, Any], now: datetime) -> None:
    """A promise still open at its deadline is broken; its agent and the supervisors hear of it."""
    async with db.write() as tx:
        row = await _settle(tx, payload["id"], BROKEN, "system", now, "")
        if row:
            await announce(tx, stream, [_news(row, "broken")], now)


async def settle(
    db: Database, stream: EventStream, promise_id: str, who: Principal, outcome: str, why: str, now: datetime
) -> dict[str, Any]:
    """The agent says that a promise is kept, or that it was none (`withdrawn`, with a reason).

    A broken one that is kept afterwards stays broken and says when it was made good. Raises DomainError.
    """
    if outcome == WITHDRAWN and not why.strip():
        raise DomainError("reason_needed", "请写明为什么这不算承诺", 422)
    async with db.write() as tx:
        row = await tx.one(select(promises).where(c.id == promise_id).with_for_update())
        if row is None or not who.may_see(row["party"]):
            raise not_found("承诺")
        after = await _settle(tx, promise_id, outcome, who.agent_id, now, why.strip())
        if after is None and row["state"] == BROKEN and outcome == KEPT and not row["note"]:
            after = await tx.one(
                update(promises)
                .where(c.id == promise_id)
                .values(settled_at=now, settled_by=who.agent_id, note=why.strip() or "逾期后已兑现")
                .returning(*c)
            )
            await note(tx, "promise.kept_late", row["conversation_id"], who.agent_id, now, promise=promise_id)
        if after is None:
            raise DomainError("already_settled", "这条承诺已经有结果了", 409, state=row["state"])
        await announce(tx, stream, [_news(after, "settled")], now)
    return as_json(after)


async def on_moved(tx: Tx, event: TicketMoved) -> None:
    """A ticket that comes to its end keeps what was promised about it: the money is paid, the goods are sent."""
    if event.to_status != "closed":
        return
    rows = await tx.all(select(c.id).where(c.ticket_id == event.view["id"], c.state == OPEN))
    for row in rows:
        await _settle(tx, row["id"], KEPT, "system", event.at, "工单已完结")


async def _settle(tx: Tx, promise_id: str, state: str, by: str, now: datetime, why: str) -> Row | None:
    """An open promise with its outcome, None when it is settled already."""
    row = await tx.one(
        update(promises)
        .where(c.id == promise_id, c.state == OPEN)
        .values(state=state, settled_at=now, settled_by=by, note=why)
        .returning(*c)
    )
    if row:
        for kind in (REMIND_JOB, DUE_JOB) if state != BROKEN else ():
            await jobs.cancel(tx, kind, promise_id)
        await note(tx, f"promise.{state}", row["conversation_id"], by, now, promise=promise_id)
    return row


async def of_conversation(tx: Tx, conversation_id: str) -> list[dict[str, Any]]:
    """Every promise of a conversation, the first due first."""
    query = select(promises).where(c.conversation_id == conversation_id)
    return [as_json(row) for row in await tx.all(query.order_by(c.due_at, c.id))]


async def due(tx: Tx, who: Principal, *, everybodys: bool = False, limit: int = 200) -> list[dict[str, Any]]:
    """Open and broken promises that wait for this agent, or for everybody he may see; the first due first."""
    waiting = (c.state == OPEN) | ((c.state == BROKEN) & (c.note == ""))
    query = select(promises).where(waiting).order_by(c.due_at).limit(limit)
    if not everybodys:
        query = query.where(c.agent_id == who.agent_id)
    elif not who.handles_all_parties:
        query = query.where(c.party == who.party)
    return [as_json(row) for row in await tx.all(query)]


def _news(row: Row, why: str) -> tuple[str, dict[str, Any]]:
    news = {"type": "promise", "conversation_id": row["conversation_id"], "party": row["party"]}
    return DESK, news | {"to": [row["agent_id"]], "why": why, "promise": as_json(row)}


def as_json(row: Row) -> dict[str, Any]:
    settled: datetime | None = row.get("settled_at")
    return {
        "id": row["id"],
        "conversation_id": row["conversation_id"],
        "ticket_id": row["ticket_id"],
        "seq": row["seq"],
        "kind": row["kind"],
        "kind_label": KINDS[row["kind"]],
        "text": row["text"],
        "phrase": row["phrase"],
        "due_at": wire_time(row["due_at"]),
        "state": row["state"],
        "agent": {"id": row["agent_id"], "name": row["agent_name"]},
        "made_at": wire_time(row["made_at"]),
        "settled_at": wire_time(settled) if settled else None,
        "note": row["note"],
    }
