"""Which agents are there: what each said of himself, and whether his page still answers.

The open page is the heartbeat. A process answers for the pages it holds, in one statement for all of them; an agent
nobody answered for in `silent_after` seconds is offline, whatever he said last.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, func, select, update

from handoff import policy
from handoff.core.conversation import Owner
from handoff.records import announce, note
from handoff.store import agents, conversations
from handoff.stream import ROUTING, EventStream, agent_channel
from kernel.clock import utcnow
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError
from kernel.principal import PLATFORM

log = structlog.get_logger()

STATES = ("online", "busy", "away", "offline")
BEAT_SECONDS = 5.0
a, c = agents.c, conversations.c


def is_there(row: Row, now: datetime) -> bool:
    return row["seen_at"] is not None and row["seen_at"] > now - policy.current().silence


def state_of(row: Row, now: datetime) -> str:
    """online, busy, away or offline: what the agent said, unless his page is silent."""
    return row["presence"] if is_there(row, now) else "offline"


def there(now: datetime) -> ColumnElement[bool]:
    return a.seen_at > now - policy.current().silence


async def loads(tx: Tx, agent_ids: Sequence[str] | None = None) -> Counter[str]:
    """Conversations and offers of each agent."""
    found: Counter[str] = Counter()
    for column, owner in ((c.agent_id, Owner.AGENT), (c.offered_to, Owner.QUEUED)):
        query = select(column.label("who"), func.count().label("n")).where(
            c.owner == owner, column.is_not(None)
        )
        if agent_ids is not None:
            query = query.where(column.in_(agent_ids))
        for row in await tx.all(query.group_by(column)):
            found[row["who"]] += row["n"]
    return found


async def free_desks(tx: Tx, party: str, now: datetime) -> bool:
    """Whether an agent of the party is online with room."""
    rows = await tx.all(
        select(a.id, a.capacity).where(a.active, a.party == party, a.presence == "online", there(now))
    )
    if not rows:
        return False
    load = await loads(tx, [row["id"] for row in rows])
    return any(load[row["id"]] < row["capacity"] for row in rows)


async def online_for(tx: Tx, party: str, now: datetime) -> int:
    """How many agents are online who may take this party's consumers, the platform's among them."""
    query = select(func.count()).select_from(agents)
    here = (a.active, a.role != "trainer", a.presence == "online", there(now))
    found: int = await tx.scalar(query.where(*here, a.party.in_({party, PLATFORM})))
    return found


async def say(
    db: Database,
    stream: EventStream | None,
    agent_id: str,
    state: str,
    now: datetime,
    *,
    auto_accept: bool | None = None,
) -> str:
    """The agent says what he is; returns it. Raises DomainError `unknown_presence` (422)."""
    if state not in STATES:
        raise DomainError("unknown_presence", "状态只能是在线、忙碌、离开或离线", 422)
    values: dict[str, Any] = {"presence": state, "seen_at": now if state != "offline" else None}
    if auto_accept is not None:
        values["auto_accept"] = auto_accept
    async with db.write() as tx:
        before = await tx.scalar(select(a.presence).where(a.id == agent_id))
        await tx.execute(update(agents).where(a.id == agent_id).values(**values))
        if before != state:
            await note(tx, "presence.changed", None, agent_id, now, state=state, before=before)
        news = {"type": "presence", "state": state}
        await announce(tx, stream, [(ROUTING, news), (agent_channel(agent_id), news)], now)
    return state


async def arrive(db: Database, stream: EventStream | None, agent_id: str, now: datetime) -> str:
    """An agent opens the desk: offline becomes online, what he said otherwise stays. Returns his state."""
    async with db.read(brief=True) as tx:
        row = await tx.one(select(agents).where(a.id == agent_id))
    if row is None:
        return "offline"
    said = row["presence"] if row["presence"] in ("busy", "away") else "online"
    if said == row["presence"] and is_there(row, now):
        return said
    return await say(db, stream, agent_id, said, now)


class Heartbeat:
    """Answers for the agents whose pages are open in this process."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._answered: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._beat_forever(), name="heartbeat")

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def answered(self, agent_id: str) -> None:
        """The agent's page has just shown that it is alive."""
        self._answered.add(agent_id)

    async def beat(self, now: datetime) -> None:
        """Writes down who answered since the last beat."""
        heard, self._answered = self._answered, set()
        if heard:
            async with self.db.write() as tx:
                await tx.execute(
                    update(agents).where(a.id.in_(heard), a.presence != "offline").values(seen_at=now)
                )

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self.beat(utcnow())
            except Exception:
                log.exception("heartbeat.failed")


def wire(row: Row, load: int, now: datetime) -> dict[str, Any]:
    """What others and he himself see of an agent at work."""
    return {
        "presence": state_of(row, now),
        "capacity": row["capacity"],
        "load": load,
        "skills": row["skills"],
        "languages": row["languages"],
        "auto_accept": row["auto_accept"],
    }
