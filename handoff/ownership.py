"""Changes of a conversation's owner, each in one transaction with its line in the communication record."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from handoff import joining, wording
from handoff.core.conversation import Owner, Ownership, Trigger, move
from handoff.core.reasons import priority_of
from handoff.records import OWNER_CHANGED, announce, append, bump, line, note
from handoff.store import agents, conversations
from handoff.stream import QUEUE, ROUTING, EventStream, agent_channel
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.principal import PLATFORM, Principal

c = conversations.c
# Built once: in every reply.
_LOCK = (
    select(conversations).where(c.id == bindparam("of_id")).with_for_update().execution_options(prepared=True)
)


async def change(
    tx: Tx,
    stream: EventStream | None,
    row: Row,
    trigger: Trigger,
    now: datetime,
    *,
    agent: Row | None = None,
    reason: str = "",
    priority: int = 0,
    party: str | None = None,
    team: str | None = None,
    text: str | None = None,
    actor: str = "system",
) -> Row:
    """Applies one trigger to a conversation whose row the caller holds; returns the row after it.

    Asked for again while a person is coming, a more urgent reason moves the conversation forward in the queue.
    """
    before = Ownership(Owner(row["owner"]), row["epoch"], row["agent_id"])
    after = move(before, trigger, agent["id"] if agent else None)
    if after == before:
        return await _raise(tx, stream, row, reason, priority, now)
    values: dict[str, Any] = {"owner": after.owner.value, "epoch": after.epoch, "agent_id": after.agent_id}
    values |= {"hand_back_epoch": None, "offered_to": None, "offer_expires_at": None, "overflowed_at": None}
    if after.owner is Owner.QUEUED:
        priority = priority_of(reason, priority)
        values |= await joining.facts(tx, row, reason, priority, party or row["party"], team, now)
    else:
        values |= {"queue_reason": None, "queue_priority": 0, "queued_at": None, "queue_told": None}
        values |= {"passed_over": {}, "queue_team": None, "wait_mode": "wait"}
    if before.owner is Owner.AGENT or after.owner is Owner.AGENT:
        values["last_agent_id"] = after.agent_id or before.agent_id
    if party:
        values["party"] = party
    # Whatever the bot had not answered is now with a person, or was dealt with by one.
    back = trigger is Trigger.CONSUMER_RETURNS  # with a word that nobody has dealt with yet
    values |= {"answered_seq": row["consumer_seq"] - back}
    values |= {"turn_id": None, "turn_lease_until": None}
    values |= {"turn_failures": 0, "turn_retry_at": None}
    values["closed_at"] = now if after.owner is Owner.CLOSED else None
    moved = await bump(tx, row["id"], 1, now, **values)
    assert moved is not None
    shown_agent = {"id": agent["id"], "name": agent["name"]} if agent and after.owner is Owner.AGENT else None
    data = {"owner": after.owner.value, "epoch": after.epoch, "agent": shown_agent, "reason": reason or None}
    entry = line(
        OWNER_CHANGED,
        "system",
        sender_id=actor,
        sender_name=wording.SYSTEM_NAME,
        text=_text(trigger, agent, priority, moved, now) if text is None else text,
        data=data,
    )
    await append(tx, stream, moved, [entry], now)
    trail = {
        "from": before.owner.value,
        "to": after.owner.value,
        "epoch": after.epoch,
        "party": moved["party"],
    }
    trail |= {"agent": after.agent_id, "from_agent": before.agent_id, "reason": reason or None}
    await note(tx, f"owner.{trigger.value}", row["id"], actor, now, **trail)
    if after.owner is Owner.QUEUED and before.owner is not Owner.QUEUED:
        asked = {"reason": reason, "priority": priority, "party": moved["party"], "from": before.owner.value}
        await note(tx, "handoff.requested", row["id"], actor, now, **asked)
    await announce(tx, stream, _news(row, moved, before, after), now)
    return moved


def _news(row: Row, moved: Row, before: Ownership, after: Ownership) -> list[tuple[str, dict[str, Any]]]:
    """Who else has to hear of it: the queue, routing, and an agent whose offer is over."""
    news: list[tuple[str, dict[str, Any]]] = []
    if Owner.QUEUED in (before.owner, after.owner):
        news.append((QUEUE, {"type": "queue", "party": moved["party"]}))
    if before.owner is Owner.AGENT:
        news.append((ROUTING, {"type": "room"}))
        if before.agent_id and before.agent_id != after.agent_id:
            changed = {"type": "conversation", "id": row["id"], "party": moved["party"]}
            news.append((agent_channel(before.agent_id), changed))
    if row["offered_to"] and row["offered_to"] != after.agent_id:
        why = "taken" if after.owner is Owner.AGENT else "left"
        news.append((agent_channel(row["offered_to"]), offer_gone(row, why)))
    return news


def offer_gone(row: Row, why: str) -> dict[str, Any]:
    """`why`: taken, left, declined, expired or offline."""
    return {"type": "offer_gone", "conversation_id": row["id"], "why": why}


async def _raise(
    tx: Tx, stream: EventStream | None, row: Row, reason: str, priority: int, now: datetime
) -> Row:
    priority = priority_of(reason, priority)
    if row["owner"] != Owner.QUEUED or priority <= row["queue_priority"]:
        return row
    values = {"queue_priority": priority, "queue_reason": reason}
    raised = await tx.one(update(conversations).where(c.id == row["id"]).values(**values).returning(*c))
    assert raised is not None
    await note(tx, "handoff.raised", row["id"], "system", now, reason=reason, priority=priority)
    await announce(tx, stream, [(QUEUE, {"type": "queue", "party": row["party"]})], now)
    return raised


def _text(trigger: Trigger, agent: Row | None, priority: int, moved: Row, now: datetime) -> str:
    name = agent["name"] if agent else ""
    return {
        Trigger.ASKS_PERSON: wording.QUEUED_URGENT if priority >= 3 else joining.welcome(moved["party"], now),
        Trigger.PLATFORM_COMES_IN: wording.PLATFORM_COMES_IN,
        Trigger.LEAVES_QUEUE: wording.LEFT_QUEUE,
        Trigger.AGENT_ACCEPTS: wording.accepted(name),
        Trigger.CONSUMER_AGREES: wording.HANDED_BACK,
        Trigger.SUPERVISOR_STEPS_IN: wording.stepped_in(name),
        Trigger.AGENT_REQUEUES: wording.REQUEUED,
        Trigger.AGENT_PASSES_ON: wording.passed_on(name),
        Trigger.AGENT_CLOSES: wording.CLOSED,
        Trigger.CONSUMER_RETURNS: wording.RETURNED,
    }[trigger]


async def lock(tx: Tx, conversation_id: str) -> Row:
    """The conversation's row, held until the end of the transaction."""
    row = await tx.one(_LOCK, {"of_id": conversation_id})
    if row is None:
        raise not_found("会话")
    return row


async def request_human(
    db: Database,
    conversation_id: str,
    reason: str,
    now: datetime,
    *,
    stream: EventStream | None = None,
    priority: int = 0,
    party: str | None = None,
) -> Row:
    """Passes the conversation to the queue in one step; nothing changes when a person has it already."""
    async with db.write() as tx:
        row = await lock(tx, conversation_id)
        return await change(
            tx, stream, row, Trigger.ASKS_PERSON, now, reason=reason, priority=priority, party=party
        )


async def ask_platform_in(
    db: Database, stream: EventStream | None, conversation_id: str, now: datetime
) -> Row:
    """平台介入: the platform's agents get the conversation, also from a merchant's agent, ahead of plain requests."""
    async with db.write() as tx:
        row = await lock(tx, conversation_id)
        if row["party"] == PLATFORM and row["owner"] in (Owner.QUEUED, Owner.AGENT):
            return row
        return await change(
            tx, stream, row, Trigger.PLATFORM_COMES_IN, now, reason="intervention", party=PLATFORM
        )


async def leave_queue(db: Database, stream: EventStream | None, conversation_id: str, now: datetime) -> Row:
    async with db.write() as tx:
        return await change(tx, stream, await lock(tx, conversation_id), Trigger.LEAVES_QUEUE, now)


async def accept(
    db: Database, stream: EventStream | None, conversation_id: str, who: Principal, now: datetime
) -> Row:
    """The agent takes a waiting conversation; of several at once exactly one wins.

    Raises DomainError `already_taken` (409) that says who has it.
    """
    async with db.write() as tx:
        row = await lock(tx, conversation_id)
        may_handle(row, who)
        if row["owner"] == Owner.AGENT and row["agent_id"] == who.agent_id:
            return row
        if row["owner"] == Owner.AGENT:
            holder = await tx.one(select(agents.c.id, agents.c.name).where(agents.c.id == row["agent_id"]))
            name = holder["name"] if holder else "同事"
            details = {"agent": {"id": row["agent_id"], "name": name}, "epoch": row["epoch"]}
            raise DomainError("already_taken", f"已由{name}接入", 409, **details)
        return await give(tx, stream, row, await agent_row(tx, who.agent_id), now)


async def give(
    tx: Tx, stream: EventStream | None, row: Row, agent: Row, now: datetime, actor: str | None = None
) -> Row:
    """A waiting conversation, whose row the caller holds, becomes this agent's; the wait is history from now on."""
    taken = await change(tx, stream, row, Trigger.AGENT_ACCEPTS, now, agent=agent, actor=actor or agent["id"])
    await joining.over(tx, row, agent["id"], now)
    return taken


async def close(
    db: Database, stream: EventStream | None, conversation_id: str, who: Principal, epoch: int, now: datetime
) -> Row:
    async with db.write() as tx:
        row = await mine(tx, conversation_id, who, epoch)
        return await change(tx, stream, row, Trigger.AGENT_CLOSES, now, actor=who.agent_id)


async def mine(tx: Tx, conversation_id: str, who: Principal, epoch: int) -> Row:
    """The row of a conversation that `who` has under `epoch`, held. Raises `stale_epoch` (409)."""
    row = await lock(tx, conversation_id)
    may_handle(row, who)
    if row["owner"] == Owner.AGENT and row["agent_id"] == who.agent_id and row["epoch"] == epoch:
        return row
    raise await stale(tx, row)


async def stale(tx: Tx, row: Row) -> DomainError:
    """The refusal of a write decided under an older epoch: it says who has the conversation now."""
    holder = await tx.one(select(agents.c.id, agents.c.name).where(agents.c.id == row["agent_id"]))
    now_with = {
        Owner.BOT: "智能助手",
        Owner.QUEUED: "排队中的队列",
        Owner.CLOSED: "已结束的会话",
        Owner.AGENT: holder["name"] if holder else "同事",
    }[Owner(row["owner"])]
    return DomainError(
        "stale_epoch",
        f"会话现在由{now_with}负责，这条没有发出，内容还在输入框里",
        409,
        owner=row["owner"],
        epoch=row["epoch"],
        agent=dict(holder) if holder else None,
    )


def may_handle(row: Row, who: Principal) -> None:
    if not who.may_see(row["party"]):
        raise not_found("会话")


async def agent_row(tx: Tx, agent_id: str) -> Row:
    """An active member of staff. Raises not_found (404)."""
    row = await tx.one(select(agents).where(agents.c.id == agent_id, agents.c.active))
    if row is None:
        raise not_found("坐席")
    return row
