"""A conversation goes from one to another: to a colleague, a team, the platform, a supervisor, or back to the bot."""

from datetime import datetime

from sqlalchemy import select, update

from handoff import wording
from handoff.core.conversation import Owner, Trigger
from handoff.ownership import agent_row, change, give, lock, may_handle, mine
from handoff.presence import state_of
from handoff.records import MESSAGE, append, bump, line, note
from handoff.store import conversations, teams
from handoff.stream import EventStream
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, forbidden, not_found
from kernel.ids import new_id
from kernel.principal import PLATFORM, Principal
from kernel.times import wire_time

c = conversations.c
CONSENT = "answer_hand_back"  # the intent of the consent's buttons; it never reaches the model


async def ask_hand_back(
    db: Database,
    stream: EventStream | None,
    conversation_id: str,
    who: Principal,
    epoch: int,
    now: datetime,
    why: str = "",
) -> Row:
    """Asks the consumer in the thread whether the bot may go on; the owner changes with his yes alone (L31).

    Asked once under an epoch: again raises DomainError `already_asked` (409).
    """
    async with db.write() as tx:
        row = await mine(tx, conversation_id, who, epoch)
        if row["hand_back_epoch"] == epoch:
            raise DomainError("already_asked", "已经问过消费者了，等他点选就行", 409)
        buttons = [
            {
                "id": new_id("b", 12),
                "title": title,
                "payload": f'/{CONSENT}{{"yes": {yes}, "epoch": {epoch}}}',
                "style": "default",
            }
            for title, yes in ((wording.AGREE_HAND_BACK, "true"), (wording.KEEP_PERSON, "false"))
        ]
        entry = line(
            MESSAGE,
            "agent",
            text=wording.ASK_HAND_BACK,
            sender_id=who.agent_id,
            sender_name=who.name,
            buttons=buttons,
        )
        asked = await bump(tx, conversation_id, 1, now, hand_back_epoch=epoch)
        assert asked is not None
        await append(tx, stream, asked, [entry], now)
        await note(tx, "hand_back.asked", conversation_id, who.agent_id, now, note=why, epoch=epoch)
        return asked


async def answer_hand_back(
    tx: Tx, stream: EventStream | None, row: Row, yes: bool, epoch: int, now: datetime
) -> Row:
    """The consumer's answer, whose row the caller holds. Under another owner than the one who asked it is no answer."""
    if row["owner"] != Owner.AGENT or row["epoch"] != epoch:
        return row
    await note(tx, "hand_back.answered", row["id"], row["consumer_id"], now, yes=yes, epoch=epoch)
    if yes:
        return await change(tx, stream, row, Trigger.CONSUMER_AGREES, now, actor=row["consumer_id"])
    entry = line(MESSAGE, "system", text=wording.STILL_WITH_PERSON, sender_name=wording.SYSTEM_NAME)
    after = await bump(tx, row["id"], 1, now, hand_back_epoch=None)
    assert after is not None
    await append(tx, stream, after, [entry], now)
    return after


async def transfer(
    db: Database,
    stream: EventStream | None,
    conversation_id: str,
    who: Principal,
    epoch: int,
    now: datetime,
    *,
    agent_id: str | None = None,
    team: str | None = None,
    party: str | None = None,
    why: str = "",
) -> Row:
    """To a named colleague who is there, to a team's queue, or to the queue of a party (the platform, his own).

    Raises `bad_transfer` (422) unless exactly one is named, `agent_offline` (409) for a colleague who is not there.
    """
    if sum(bool(one) for one in (agent_id, team, party)) != 1:
        raise DomainError("bad_transfer", "请选择转给哪位同事或哪个团队", 422)
    async with db.write() as tx:
        row = await mine(tx, conversation_id, who, epoch)
        to = {"agent": agent_id, "team": team, "party": party}
        if agent_id:
            colleague = await _colleague(tx, agent_id, row, now)
            passed = await change(
                tx, stream, row, Trigger.AGENT_PASSES_ON, now, agent=colleague, actor=who.agent_id
            )
        else:
            if team:
                found = await tx.one(select(teams).where(teams.c.id == team))
                if found is None:
                    raise not_found("团队")
                party = found["party"]
            if party not in (PLATFORM, row["party"]) and not who.handles_all_parties:
                raise forbidden("只能转给平台或自己的团队")
            passed = await change(
                tx,
                stream,
                row,
                Trigger.AGENT_REQUEUES,
                now,
                reason="transfer",
                party=party,
                team=team,
                actor=who.agent_id,
            )
            await not_again(tx, passed, who.agent_id, now)
        await note(tx, "conversation.transferred", conversation_id, who.agent_id, now, **to, note=why)
        return passed


async def not_again(tx: Tx, row: Row, agent_id: str, now: datetime) -> None:
    """The agent a conversation came from is not the first to be asked again."""
    values = {"passed_over": row["passed_over"] | {agent_id: wire_time(now)}, "last_agent_id": None}
    await tx.execute(update(conversations).where(c.id == row["id"]).values(**values))


async def step_in(
    db: Database, stream: EventStream | None, conversation_id: str, who: Principal, now: datetime, why: str
) -> Row:
    """A supervisor takes the conversation from whoever has it, and says why. Raises forbidden (403)."""
    _supervisor(who)
    async with db.write() as tx:
        row = await lock(tx, conversation_id)
        may_handle(row, who)
        if row["owner"] == Owner.AGENT and row["agent_id"] == who.agent_id:
            return row
        me = await agent_row(tx, who.agent_id)
        taken = await change(tx, stream, row, Trigger.SUPERVISOR_STEPS_IN, now, agent=me, actor=who.agent_id)
        await note(
            tx, "conversation.stepped_in", conversation_id, who.agent_id, now, note=why, was=row["agent_id"]
        )
        return taken


async def reassign(
    db: Database,
    stream: EventStream | None,
    conversation_id: str,
    who: Principal,
    agent_id: str,
    now: datetime,
    why: str,
) -> Row:
    """A supervisor gives a conversation that waits or that an agent has to another agent who is there."""
    _supervisor(who)
    async with db.write() as tx:
        row = await lock(tx, conversation_id)
        may_handle(row, who)
        colleague = await _colleague(tx, agent_id, row, now)
        if row["owner"] == Owner.AGENT and row["agent_id"] == agent_id:
            return row
        if row["owner"] == Owner.QUEUED:
            moved = await give(tx, stream, row, colleague, now, who.agent_id)
        else:
            moved = await change(
                tx, stream, row, Trigger.AGENT_PASSES_ON, now, agent=colleague, actor=who.agent_id
            )
        await note(
            tx,
            "conversation.reassigned",
            conversation_id,
            who.agent_id,
            now,
            to=agent_id,
            was=row["agent_id"],
            note=why,
        )
        return moved


async def _colleague(tx: Tx, agent_id: str, row: Row, now: datetime) -> Row:
    colleague = await agent_row(tx, agent_id)
    if colleague["role"] == "trainer" or colleague["party"] not in (PLATFORM, row["party"]):
        raise forbidden("这位同事不负责这个商家")
    if state_of(colleague, now) not in ("online", "busy"):
        raise DomainError("agent_offline", f"{colleague['name']}现在不在线，请换一位同事或转给团队", 409)
    return colleague


def _supervisor(who: Principal) -> None:
    if not who.supervises:
        raise forbidden("只有主管可以这样做")
