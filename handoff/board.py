"""The supervisor's live board: who waits how long, who is there with how much, and whether promises of speed hold."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import func, select, true

from handoff import policy, presence
from handoff.callbacks import TO_BE_KEPT
from handoff.core.conversation import Owner
from handoff.joining import ACCEPTED
from handoff.reports import talks
from handoff.store import agents, audit, callbacks, conversations
from kernel.db import Database, Tx
from kernel.errors import forbidden
from kernel.principal import PLATFORM, Principal
from kernel.times import wire_time

LOOKS_BACK = timedelta(hours=1)
c = conversations.c


async def show(db: Database, who: Principal, now: datetime) -> dict[str, Any]:
    """`{at, waiting, oldest_seconds, agents, parties, sla}` of what this supervisor sees. Raises forbidden (403)."""
    if not who.supervises:
        raise forbidden("看板由主管查看")
    only = None if who.handles_all_parties else who.party
    async with db.read() as tx:
        people = await _agents(tx, only, now)
        waiting, open_ones, unanswered = await _conversations(tx, only, now)
        sla = await _sla(tx, only, now)
    names = {one["party"]: one["party_name"] for one in people} | {PLATFORM: "平台"}
    online = Counter(one["party"] for one in people if one["presence"] == "online")
    rules = policy.current()
    parties = sorted({*waiting, *open_ones, *online})
    ages = [age for found in waiting.values() for age in found]
    return {
        "at": wire_time(now),
        "waiting": len(ages),
        "oldest_seconds": int(max(ages)) if ages else None,
        "agents": people,
        "parties": [
            {
                "id": party,
                "name": names.get(party, party),
                "waiting": len(waiting.get(party, ())),
                "oldest_seconds": int(max(waiting[party])) if waiting.get(party) else None,
                "open": open_ones[party],
                "online": online[party],
                "in_hours": rules.is_open(party, now),
            }
            for party in parties
        ],
        "sla": sla
        | {
            "waiting_over_60s": sum(age > rules.answer_within for age in ages),
            "waiting_over_180s": sum(age > rules.overflow_after for age in ages),
            "unanswered_over_180s": unanswered,
        },
    }


async def _agents(tx: Tx, only: str | None, now: datetime) -> list[dict[str, Any]]:
    query = select(agents).where(agents.c.active, agents.c.role != "trainer")
    if only is not None:
        query = query.where(agents.c.party == only)
    rows = await tx.all(query.order_by(agents.c.party, agents.c.name))
    load = await presence.loads(tx)
    keys = ("id", "name", "role", "party", "party_name", "team_id")
    return [{key: row[key] for key in keys} | presence.wire(row, load[row["id"]], now) for row in rows]


async def _conversations(
    tx: Tx, only: str | None, now: datetime
) -> tuple[dict[str, list[float]], Counter[str], int]:
    """Ages of the waiting by party, how many are with agents, and how many of those wait for an answer too long."""
    seen = true() if only is None else c.party == only
    queued = select(c.party, c.queued_at).where(seen, c.owner == Owner.QUEUED)
    taken = select(c.party, func.count().label("n")).where(seen, c.owner == Owner.AGENT)
    late = select(func.count()).where(
        seen,
        c.owner == Owner.AGENT,
        c.answered_seq < c.consumer_seq,
        c.said_at < now - timedelta(seconds=policy.current().overflow_after),
    )
    waiting: dict[str, list[float]] = defaultdict(list)
    for row in await tx.all(queued):
        waiting[row["party"]].append((now - row["queued_at"]).total_seconds())
    counts = Counter({row["party"]: row["n"] for row in await tx.all(taken.group_by(c.party))})
    return waiting, counts, int(await tx.scalar(late))


async def _sla(tx: Tx, only: str | None, now: datetime) -> dict[str, float | int | None]:
    """Of the last hour, from the acceptances themselves."""
    query = select(audit.c.data).where(audit.c.kind == ACCEPTED, audit.c.at > now - LOOKS_BACK)
    found = [row["data"] for row in await tx.all(query)]
    found = [one for one in found if only in (None, one["party"])]
    waited = [one["waited"] for one in found]
    held = [one["held"] for one in found if one.get("held") is not None]
    limit = policy.current().answer_within
    overdue = select(func.count()).where(callbacks.c.state.in_(TO_BE_KEPT), callbacks.c.due_at < now)
    if only is not None:
        overdue = overdue.where(callbacks.c.party == only)
    return {
        "answered_within_60s": sum(one <= limit for one in waited) / len(waited) if waited else None,
        "median_wait_seconds": median(waited) if waited else None,
        "first_response_seconds": await _first_response(tx, only, now),
        "interval_held": sum(held) / len(held) if held else None,
        "callbacks_overdue": int(await tx.scalar(overdue)),
    }


async def _first_response(tx: Tx, only: str | None, now: datetime) -> float | None:
    told, _ = await talks(tx, only, now - LOOKS_BACK, now)
    known = [one.first_response for one in told if one.first_response is not None]
    return sum(known) / len(known) if known else None
