"""An agent's words stand in the record only while the conversation is his."""

import itertools

import pytest
from sqlalchemy import select, update

from handoff import desk
from handoff.core.conversation import Owner
from handoff.store import audit, conversations, messages
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.errors import DomainError
from kernel.principal import Principal
from tests.handoff.conftest import make_agent


async def say(db: Database, row: Row, who: Principal, epoch: int, key: str = "m1") -> tuple[int, bool]:
    return await desk.reply(
        db, None, row["id"], who, client_msg_id=key, text="我看一下", file_ids=(), epoch=epoch, now=utcnow()
    )


async def give(db: Database, row: Row, **values: object) -> None:
    async with db.write() as tx:
        await tx.execute(update(conversations).where(conversations.c.id == row["id"]).values(values))


async def lines(db: Database, row: Row) -> list[int]:
    async with db.read() as tx:
        query = select(messages.c.seq).where(messages.c.conversation_id == row["id"])
        found = await tx.all(query.order_by(messages.c.seq))
    return [one["seq"] for one in found]


async def test_an_agent_writes_only_where_he_has_the_conversation_under_the_epoch_he_saw(
    db: Database, conversation: Row, agents: list[Principal]
) -> None:
    who, colleague = agents
    for owner, epoch, has in itertools.product(Owner, (4, 5, 6), (who, colleague)):
        await give(db, conversation, owner=owner, epoch=5, agent_id=has.agent_id)
        before = await lines(db, conversation)
        key = f"{owner}-{epoch}-{has.agent_id}"
        if (owner, epoch, has) == (Owner.AGENT, 5, who):
            assert await say(db, conversation, who, epoch, key) == (len(before) + 1, False)
            continue
        with pytest.raises(DomainError) as refusal:
            await say(db, conversation, who, epoch, key)
        assert refusal.value.code == "stale_epoch"
        assert await lines(db, conversation) == before
    async with db.read() as tx:
        refused = await tx.all(select(audit).where(audit.c.kind == "reply.refused"))
    assert len(refused) == len(Owner) * 3 * 2 - 1


async def test_a_reply_sent_again_is_kept_once_also_when_the_conversation_is_gone_meanwhile(
    db: Database, conversation: Row, agents: list[Principal]
) -> None:
    who, colleague = agents
    await give(db, conversation, owner=Owner.AGENT, epoch=5, agent_id=who.agent_id)
    seq, _ = await say(db, conversation, who, 5)
    assert await say(db, conversation, who, 5) == (seq, True)
    await give(db, conversation, owner=Owner.AGENT, epoch=6, agent_id=colleague.agent_id)
    assert await say(db, conversation, who, 5) == (seq, True)
    assert await lines(db, conversation) == [1, seq]


async def test_what_the_consumer_said_before_is_answered_and_read(
    db: Database, conversation: Row, agents: list[Principal]
) -> None:
    await give(db, conversation, owner=Owner.AGENT, epoch=5, agent_id=agents[0].agent_id, consumer_seq=1)
    await say(db, conversation, agents[0], 5)
    async with db.read() as tx:
        row = await tx.one(select(conversations).where(conversations.c.id == conversation["id"]))
    assert row is not None and (row["answered_seq"], row["agent_read_seq"]) == (1, 1)


async def test_a_conversation_of_another_party_is_no_conversation(db: Database, conversation: Row) -> None:
    stranger = await make_agent(db, "韩雪", "merchant_agent", "m_1")
    for has in (None, stranger.agent_id):
        await give(db, conversation, owner=Owner.AGENT, epoch=5, agent_id=has)
        with pytest.raises(DomainError) as refusal:
            await say(db, conversation, stranger, 5)
        assert refusal.value.code == "not_found"
    assert await lines(db, conversation) == [1]
