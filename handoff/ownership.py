"""Changes of a conversation's owner, each in one transaction with its line in the communication record."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from handoff import wording
from handoff.core.conversation import Owner, Ownership, Trigger, move
from handoff.records import OWNER_CHANGED, announce, append, bump, line, note
from handoff.store import agents, conversations
from handoff.stream import QUEUE, EventStream
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, forbidden, not_found
from kernel.principal import PLATFORM, Principal


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
    text: str | None = None,
    actor: str = "system",
) -> Row:
    """Applies one trigger to a conversation whose row the caller holds; returns the row after it."""
    before = Ownership(Owner(row["owner"]), row["epoch"], row["agent_id"])
    after = move(before, trigger, agent["id"] if agent else None)
    if after == before:
        return row
    values: dict[str, Any] = {"owner": after.owner.value, "epoch": after.epoch, "agent_id": after.agent_id}
    if after.owner is Owner.QUEUED:
        values |= {"queue_reason": reason, "queue_priority": priority, "queued_at": now}
    else:
        values |= {"queue_reason": None, "queue_priority": 0, "queued_at": None}
    if party:
        values["party"] = party
    # Whatever the bot had not answered is now with a person, or was dealt with by one.
    values |= {"answered_seq": row["consumer_seq"], "turn_id": None, "turn_lease_until": None}
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
        text=_text(trigger, agent, priority) if text is None else text,
        data=data,
    )
    await append(tx, stream, moved, [entry], now)
    if Owner.QUEUED in (before.owner, after.owner):
        await announce(tx, stream, [(QUEUE, {"type": "queue", "party": moved["party"]})], now)
    return moved


def _text(trigger: Trigger, agent: Row | None, priority: int) -> str:
    name = agent["name"] if agent else ""
    return {
        Trigger.ASKS_PERSON: wording.QUEUED_URGENT if priority >= 3 else wording.QUEUED,
        Trigger.PLATFORM_COMES_IN: wording.PLATFORM_COMES_IN,
        Trigger.LEAVES_QUEUE: wording.LEFT_QUEUE,
        Trigger.AGENT_ACCEPTS: wording.accepted(name),
        Trigger.AGENT_HANDS_BACK: wording.HANDED_BACK,
        Trigger.AGENT_REQUEUES: wording.REQUEUED,
        Trigger.AGENT_PASSES_ON: wording.passed_on(name),
        Trigger.AGENT_CLOSES: wording.CLOSED,
        Trigger.CONSUMER_RETURNS: wording.RETURNED,
    }[trigger]


async def lock(tx: Tx, conversation_id: str) -> Row:
    """The conversation's row, held until the end of the transaction."""
    row = await tx.one(select(conversations).where(conversations.c.id == conversation_id).with_for_update())
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
            tx, stream, row, Trigger.PLATFORM_COMES_IN, now, reason="intervention", priority=1, party=PLATFORM
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
        _may_handle(row, who)
        if row["owner"] == Owner.AGENT and row["agent_id"] == who.agent_id:
            return row
        if row["owner"] == Owner.AGENT:
            holder = await tx.one(select(agents.c.id, agents.c.name).where(agents.c.id == row["agent_id"]))
            name = holder["name"] if holder else "同事"
            details = {"agent": {"id": row["agent_id"], "name": name}, "epoch": row["epoch"]}
            raise DomainError("already_taken", f"已由{name}接入", 409, **details)
        me = await _agent(tx, who.agent_id)
        await note(tx, "queue.accepted", conversation_id, row["party"], now, agent=who.agent_id)
        return await change(tx, stream, row, Trigger.AGENT_ACCEPTS, now, agent=me, actor=who.agent_id)


async def hand_back(
    db: Database,
    stream: EventStream | None,
    conversation_id: str,
    who: Principal,
    epoch: int,
    now: datetime,
    why: str = "",
) -> Row:
    """Gives the conversation back to the bot."""
    async with db.write() as tx:
        row = await _mine(tx, conversation_id, who, epoch)
        await note(tx, "conversation.handed_back", conversation_id, who.agent_id, now, note=why)
        return await change(tx, stream, row, Trigger.AGENT_HANDS_BACK, now, actor=who.agent_id)


async def close(
    db: Database, stream: EventStream | None, conversation_id: str, who: Principal, epoch: int, now: datetime
) -> Row:
    async with db.write() as tx:
        row = await _mine(tx, conversation_id, who, epoch)
        return await change(tx, stream, row, Trigger.AGENT_CLOSES, now, actor=who.agent_id)


async def transfer(
    db: Database,
    stream: EventStream | None,
    conversation_id: str,
    who: Principal,
    epoch: int,
    now: datetime,
    *,
    agent_id: str | None = None,
    party: str | None = None,
    why: str = "",
) -> Row:
    """To a named colleague, or back to the queue of a party (a merchant's own agents or the platform's)."""
    if bool(agent_id) == bool(party):
        raise DomainError("bad_transfer", "请选择转给哪位同事或哪个团队", 422)
    async with db.write() as tx:
        row = await _mine(tx, conversation_id, who, epoch)
        await note(
            tx, "conversation.transferred", conversation_id, who.agent_id, now, to=agent_id or party, note=why
        )
        if party:
            if party not in (PLATFORM, row["party"]) and not who.handles_all_parties:
                raise forbidden("只能转给平台或自己的团队")
            return await change(
                tx,
                stream,
                row,
                Trigger.AGENT_REQUEUES,
                now,
                reason="transfer",
                party=party,
                actor=who.agent_id,
            )
        colleague = await _agent(tx, agent_id or "")
        if colleague["party"] not in (PLATFORM, row["party"]):
            raise forbidden("这位同事不负责这个商家")
        return await change(
            tx, stream, row, Trigger.AGENT_PASSES_ON, now, agent=colleague, actor=who.agent_id
        )


async def _mine(tx: Tx, conversation_id: str, who: Principal, epoch: int) -> Row:
    row = await lock(tx, conversation_id)
    _may_handle(row, who)
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


def _may_handle(row: Row, who: Principal) -> None:
    if not who.may_see(row["party"]):
        raise not_found("会话")


async def _agent(tx: Tx, agent_id: str) -> Row:
    row = await tx.one(select(agents).where(agents.c.id == agent_id, agents.c.active))
    if row is None:
        raise not_found("坐席")
    return row
