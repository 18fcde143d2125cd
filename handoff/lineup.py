"""Everybody's place in the queues, read once for all who look: a page each would ask for the same rows."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from handoff import joining, policy
from handoff.core import hours
from handoff.core.conversation import Owner
from handoff.core.waiting import Served, interval
from handoff.presence import free_desks, online_for
from handoff.queue import IN_TURN
from handoff.store import conversations
from kernel.db import Database, Row
from kernel.principal import PLATFORM
from kernel.times import wire_time

FRESH = timedelta(seconds=0.5)
c = conversations.c


@dataclass
class Picture:
    """The queues at one moment: places by conversation, how many wait by party, and each party's past."""

    at: datetime
    places: dict[str, int] = field(default_factory=dict)
    waiting: Counter[str] = field(default_factory=Counter)
    past: dict[str, tuple[list[Served], bool, int]] = field(default_factory=dict)


class Lineup:
    """Places and intervals of this process's waiting consumers, at most half a second old."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._picture: Picture | None = None
        self._lock = asyncio.Lock()

    async def of(self, row: Row, now: datetime) -> dict[str, Any]:
        """The `queue_position` event of a waiting conversation.

        `{position, waiting, eta_seconds: [low, high] | null, waited_seconds, late, open, online, hours, opens_at, mode, choices}`;
        the interval counts from now, `late` says that the wait is longer than was told on joining.
        """
        party = row["party"]
        picture = await self._now(now)
        if row["id"] not in picture.places:  # it joined after the picture was taken
            picture = await self._take(now)
        past, free, online = await self._past(picture, party, now)
        place = picture.places.get(row["id"], 1)
        eta = interval(place, past, now, blocked=not free) if online else None
        waited = (now - row["queued_at"]).total_seconds() if row["queued_at"] else 0.0
        told: list[int] = (row["queue_told"] or {}).get("interval") or []
        rules = policy.current()
        is_open = rules.is_open(party, now) or rules.is_open(PLATFORM, now)
        opens = None if is_open else rules.next_open(party, now)
        return {
            "type": "queue_position",
            "position": place,
            "waiting": max(place, picture.waiting[party]),
            "eta_seconds": list(eta) if eta and is_open else None,
            "waited_seconds": int(waited),
            "late": bool(told) and waited > told[1],
            "open": is_open,
            "online": online,
            "hours": hours.spoken(rules.hours_of(party)),
            "opens_at": wire_time(opens) if opens else None,
            "mode": row["wait_mode"],
            "choices": ["wait", "ticket", "callback"],
        }

    async def _now(self, now: datetime) -> Picture:
        picture = self._picture
        return picture if picture and now - picture.at < FRESH else await self._take(now)

    async def _take(self, now: datetime) -> Picture:
        async with self._lock:
            picture = Picture(now)
            query = select(c.id, c.party).where(c.owner == Owner.QUEUED).order_by(*IN_TURN)
            async with self.db.read() as tx:
                for row in await tx.all(query):
                    picture.waiting[row["party"]] += 1
                    picture.places[row["id"]] = picture.waiting[row["party"]]
            self._picture = picture
            return picture

    async def _past(self, picture: Picture, party: str, now: datetime) -> tuple[list[Served], bool, int]:
        known = picture.past.get(party)
        if known is None:
            async with self.db.read() as tx:
                known = (
                    list(await joining.history(tx, party, now)),
                    await free_desks(tx, party, now),
                    await online_for(tx, party, now),
                )
            picture.past[party] = known
        return known
