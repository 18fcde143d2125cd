"""Routing: gives or offers waiting conversations to agents as soon as there is room, without anybody's click.

One round is one transaction: on PostgreSQL it takes the agents and the waiting with SKIP LOCKED, on SQLite it holds
the write lock, so that two rounds never decide over the same conversation or the same agent's room. A round runs on
every change that makes room or fills the queue, and once a second besides, so that a crash between two rounds leaves
nobody waiting.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select, update

from handoff import opening, policy, wording
from handoff.core.conversation import Owner, Trigger
from handoff.core.routing import Desk, Plan, Waiting, decide
from handoff.ownership import change, give, lock, offer_gone
from handoff.passing import not_again
from handoff.presence import loads, state_of, there
from handoff.queue import IN_TURN
from handoff.records import announce, note
from handoff.store import agents, conversations, teams
from handoff.stream import QUEUE, ROUTING, EventStream, agent_channel
from kernel.clock import utcnow
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError
from kernel.principal import PLATFORM, Principal
from kernel.times import wire_time

log = structlog.get_logger()

a, c = agents.c, conversations.c
AT_ONCE = 200
SETTLE_SECONDS = 0.02
EVERY_SECONDS = 1.0
HOURS_SECONDS = 5.0


async def round_(db: Database, stream: EventStream | None, now: datetime) -> int:
    """Ends what ran out of time and hands out what can be; returns how many conversations were given or offered."""
    if not await _has_work(db, now):
        return 0
    rules = policy.current()
    async with db.write() as tx:
        await _end_offers(tx, stream, now)
        waiting = await tx.all(
            _take(tx, select(conversations).where(c.owner == Owner.QUEUED, c.offered_to.is_(None)))
        )
        if not waiting:
            return 0
        desks = await _desks(tx, now)
        parties = {row["party"] for row in waiting}
        closed = frozenset(party for party in parties if not rules.is_open(party, now))
        plan = decide(
            [_waiting(row, now - rules.rules.again_after) for row in waiting],
            list(desks[0]),
            rules.rules,
            now,
            closed,
        )
        await _carry_out(tx, stream, plan, {row["id"]: row for row in waiting}, desks[1], now)
    return len(plan.assigned)


async def _has_work(db: Database, now: datetime) -> bool:
    """A look without the write lock: somebody waits without an offer, or an offer is over."""
    async with db.read(brief=True) as tx:
        query = select(c.id).where(c.owner == Owner.QUEUED)
        if await tx.scalar(query.where(c.offered_to.is_(None)).limit(1)):
            return True
        gone = select(a.id).where(a.id == c.offered_to, ~_is_here(now)).exists()
        return bool(await tx.scalar(query.where((c.offer_expires_at <= now) | gone).limit(1)))


def _is_here(now: datetime) -> Any:
    return a.active & (a.presence == "online") & there(now)


def _take(tx: Tx, query: Any) -> Any:
    query = query.order_by(*IN_TURN).limit(AT_ONCE)
    return query.with_for_update(skip_locked=True) if tx.dialect == "postgresql" else query


async def _end_offers(tx: Tx, stream: EventStream | None, now: datetime) -> None:
    """Offers whose time is over, or whose agent is no longer online, go back to the queue in their old place."""
    query = select(conversations).where(c.owner == Owner.QUEUED, c.offered_to.is_not(None))
    offered = await tx.all(_take(tx, query))
    if not offered:
        return
    here = await tx.all(select(a.id).where(a.id.in_({row["offered_to"] for row in offered}), _is_here(now)))
    present = {row["id"] for row in here}
    for row in offered:
        if row["offered_to"] not in present:
            await withdraw(tx, stream, row, "offline", now)
        elif row["offer_expires_at"] <= now:
            await withdraw(tx, stream, row, "expired", now)


async def withdraw(tx: Tx, stream: EventStream | None, row: Row, why: str, now: datetime) -> None:
    """Ends an offer whose row the caller holds: the conversation waits on where it was, its agent is passed over."""
    passed = row["passed_over"] | {row["offered_to"]: wire_time(now)}
    values = {"offered_to": None, "offer_expires_at": None, "passed_over": passed}
    await tx.execute(update(conversations).where(c.id == row["id"]).values(**values))
    await note(tx, f"offer.{why}", row["id"], row["offered_to"], now, party=row["party"])
    await announce(tx, stream, [(agent_channel(row["offered_to"]), offer_gone(row, why))], now)


async def _desks(tx: Tx, now: datetime) -> tuple[list[Desk], dict[str, Row]]:
    """Agents who are online, as routing sees them; on PostgreSQL those another round holds are left to it."""
    query = select(agents).where(_is_here(now), a.role != "trainer").order_by(a.id)
    if tx.dialect == "postgresql":
        query = query.with_for_update(skip_locked=True)
    rows = await tx.all(query)
    load = await loads(tx)
    skills = {row["id"]: row["skills"] for row in await tx.all(select(teams.c.id, teams.c.skills))}
    desks = [
        Desk(
            id=row["id"],
            party=row["party"],
            capacity=row["capacity"],
            load=load[row["id"]],
            skills=frozenset([*row["skills"], *(skills.get(row["team_id"]) or ())]),
            languages=frozenset(row["languages"]),
            team=row["team_id"],
            assigned_at=row["assigned_at"],
            auto_accept=row["auto_accept"],
        )
        for row in rows
        if row["role"] in ("merchant_agent", "platform_agent")
    ]
    return desks, {row["id"]: row for row in rows}


def _waiting(row: Row, since: datetime) -> Waiting:
    passed = {agent_id for agent_id, at in row["passed_over"].items() if datetime.fromisoformat(at) > since}
    return Waiting(
        id=row["id"],
        party=row["party"],
        priority=row["queue_priority"],
        since=row["queued_at"],
        skill=row["queue_skill"],
        language=row["queue_language"],
        team=row["queue_team"],
        last_agent=row["last_agent_id"],
        passed_over=frozenset(passed),
        overflowed=row["overflowed_at"] is not None,
    )


async def _carry_out(
    tx: Tx,
    stream: EventStream | None,
    plan: Plan,
    waiting: dict[str, Row],
    people: dict[str, Row],
    now: datetime,
) -> None:
    for flow in plan.overflowed:
        row = waiting[flow.conversation_id]
        await tx.execute(update(conversations).where(c.id == row["id"]).values(overflowed_at=now))
        waited = (now - row["queued_at"]).total_seconds()
        await note(
            tx, "queue.overflowed", row["id"], "system", now, party=row["party"], why=flow.why, waited=waited
        )
        if flow.why == "long":  # L31: over three minutes is a reason of its own, and moves him forward
            await change(tx, stream, row, Trigger.ASKS_PERSON, now, reason="waited_long")
    if plan.overflowed:
        await announce(tx, stream, [(QUEUE, {"type": "queue", "party": PLATFORM})], now)
    expires = now + policy.current().rules.accept_within
    for one in plan.assigned:
        row = waiting[one.conversation_id]
        if one.auto_accept:
            await give(tx, stream, row, people[one.agent_id], now)
        else:
            values = {"offered_to": one.agent_id, "offer_expires_at": expires}
            await tx.execute(update(conversations).where(c.id == row["id"]).values(**values))
            await note(tx, "offer.made", row["id"], one.agent_id, now, party=row["party"])
            offer = {"type": "offer", "conversation_id": row["id"], "expires_at": wire_time(expires)}
            await announce(tx, stream, [(agent_channel(one.agent_id), offer)], now)
        await tx.execute(update(agents).where(a.id == one.agent_id).values(assigned_at=now))


async def decline(
    db: Database,
    stream: EventStream | None,
    conversation_id: str,
    who: Principal,
    now: datetime,
    why: str = "",
) -> None:
    """The agent does not take what he was offered; raises `not_offered` (409) when it is not his to decline."""
    async with db.write() as tx:
        row = await lock(tx, conversation_id)
        if row["offered_to"] != who.agent_id:
            raise DomainError("not_offered", "这个会话已经不在等您接入了", 409)
        await withdraw(tx, stream, row, "declined", now)
        if why:
            await note(tx, "offer.reason", conversation_id, who.agent_id, now, note=why)
        await announce(tx, stream, [(ROUTING, {"type": "room"})], now)


async def offers_to(tx: Tx, agent_id: str) -> Sequence[Row]:
    """What the agent is asked to take right now: for a page that was opened again."""
    return await tx.all(select(conversations).where(c.owner == Owner.QUEUED, c.offered_to == agent_id))


async def requeue_abandoned(db: Database, stream: EventStream | None, now: datetime) -> int:
    """Conversations of agents who are gone while the consumer waits for an answer wait for another agent, in front."""
    rules = policy.current()
    limit = now - rules.rules.abandoned_after
    gone = a.seen_at.is_not(None) & (a.seen_at < limit)
    query = (
        select(c.id, c.agent_id)
        .join(agents, a.id == c.agent_id)
        .where(c.owner == Owner.AGENT, gone, c.answered_seq < c.consumer_seq, c.said_at < limit)
        .limit(AT_ONCE)
    )
    async with db.read(brief=True) as tx:
        found = await tx.all(query)
    for one in found:
        async with db.write() as tx:
            row = await lock(tx, one["id"])
            agent = await tx.one(select(agents).where(a.id == one["agent_id"]))
            if row["owner"] != Owner.AGENT or row["agent_id"] != one["agent_id"] or row["said_at"] >= limit:
                continue
            if agent is None or state_of(agent, now) != "offline":
                continue
            text = wording.AGENT_IS_GONE
            back = await change(tx, stream, row, Trigger.AGENT_REQUEUES, now, reason="agent_gone", text=text)
            await not_again(tx, back, one["agent_id"], now)
    return len(found)


class Router:
    """Runs rounds in this process: at once when something made room or filled the queue, else every second."""

    def __init__(self, db: Database, stream: EventStream) -> None:
        self.db, self.stream = db, stream
        self._wake = asyncio.Event()
        self._hours_read = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._listen(), name="router-ear"),
            asyncio.create_task(self._run(), name="router"),
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self) -> None:
        with self.stream.listen(QUEUE, ROUTING) as listener:
            while True:
                await listener.next()
                self._wake.set()

    async def _read_hours(self) -> None:
        """Another process may have let a supervisor change them."""
        at = asyncio.get_running_loop().time()
        if at - self._hours_read > HOURS_SECONDS:
            self._hours_read = at
            await opening.load(self.db)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._wake.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            self._wake.clear()
            now = utcnow()
            try:
                await self._read_hours()
                await round_(self.db, self.stream, now)
                await requeue_abandoned(self.db, self.stream, now)
            except Exception:
                log.exception("routing.failed")
                await asyncio.sleep(EVERY_SECONDS)
