"""The one door for consumer messages, whatever channel they come through."""

import asyncio
from typing import Any

from sqlalchemy import bindparam, select

from handoff import callbacks, inbox, ownership, queue
from handoff.core.conversation import Owner
from handoff.inbox import Incoming, Receipt
from handoff.store import conversations
from kernel.clock import utcnow
from kernel.db import Row
from kernel.errors import not_found

_CONVERSATION = (
    select(conversations).where(conversations.c.id == bindparam("of_id")).execution_options(prepared=True)
)


async def take(services: Any, conversation_id: str, incoming: Incoming) -> Receipt:
    """Rate-limits and keeps a message, then lets the bot answer if it is the bot's turn."""
    await services.limiter.check("message", conversation_id)
    turns = services.turns
    quiet = turns.quiet_for(
        conversation_id, incoming.text, has_choice=bool(incoming.choice), has_files=bool(incoming.files)
    )
    receipt = await inbox.receive(
        services.db,
        services.stream,
        conversation_id,
        incoming,
        utcnow(),
        claim=quiet == 0 and not turns.is_busy(conversation_id),
    )
    if receipt.owner == Owner.BOT and not receipt.duplicate:
        turns.kick(conversation_id, quiet, receipt.claimed)
    return receipt


async def ask_for_person(services: Any, conversation_id: str) -> Row:
    """The always visible 转人工 button; works whatever the bot is doing and also when Rasa is down."""
    await services.limiter.check("message", conversation_id)
    return await ownership.request_human(
        services.db, conversation_id, "button", utcnow(), stream=services.stream
    )


async def leave_queue(services: Any, conversation_id: str) -> Row:
    return await ownership.leave_queue(services.db, services.stream, conversation_id, utcnow())


async def conversation(services: Any, conversation_id: str) -> Row:
    async with services.db.read(brief=True) as tx:
        row = await tx.one(_CONVERSATION, {"of_id": conversation_id})
    if row is None:
        raise not_found("会话")
    return row


async def choose_wait(services: Any, conversation_id: str, mode: str, phone: str, wish: str) -> Row:
    """Wait on, leave a message or be called."""
    await services.limiter.check("message", conversation_id)
    return await callbacks.choose(
        services.db, services.stream, conversation_id, mode, utcnow(), phone=phone, wish=wish
    )


async def queue_position(services: Any, row: Row) -> dict[str, Any]:
    """The `queue_position` event of a waiting conversation."""
    return await services.lineup.of(row, utcnow())


async def hello(services: Any, row: Row) -> dict[str, Any]:
    """The first frame of a socket: who owns the conversation now."""
    agent = None
    if row["agent_id"]:
        async with services.db.read(brief=True) as tx:
            agent = (await queue.names(tx, [row])).get(row["agent_id"])
    return {
        "type": "hello",
        "conversation_id": row["id"],
        "owner": row["owner"],
        "epoch": row["epoch"],
        "last_seq": row["last_seq"],
        "agent": {"id": row["agent_id"], "name": agent} if agent else None,
    }


async def wait_until_answered(services: Any, conversation_id: str, seq: int, seconds: float) -> Row:
    """Waits until the bot has dealt with message `seq`, a person has the conversation, or `seconds` are over."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        row = await conversation(services, conversation_id)
        if row["answered_seq"] >= seq or row["owner"] != Owner.BOT or loop.time() >= end:
            return row
        await asyncio.sleep(0.02)
