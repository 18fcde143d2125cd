"""Joining the queue and leaving it with a person: who should take it, what is promised, and whether that held."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from aftersales import tickets
from handoff import policy, wording
from handoff.core import hours
from handoff.core.conversation import Owner
from handoff.core.language import language_of
from handoff.core.reasons import skill_of
from handoff.core.waiting import FRESH, Served, interval
from handoff.presence import free_desks, online_for
from handoff.records import note
from handoff.store import audit, conversations, messages
from kernel.db import Row, Tx
from kernel.principal import PLATFORM
from kernel.times import SHANGHAI

c = conversations.c
WORDS_READ = 20  # the consumer's newest messages tell his language
ACCEPTED = "queue.accepted"
MOST_HISTORY = 1000


async def facts(
    tx: Tx, row: Row, reason: str, priority: int, party: str, team: str | None, now: datetime
) -> dict[str, Any]:
    """The columns of a conversation that joins the queue."""
    cases = await tickets.of_conversations(tx, [row["id"]])
    said = await tx.all(
        select(messages.c.text)
        .where(messages.c.conversation_id == row["id"], messages.c.sender == "consumer")
        .order_by(messages.c.seq.desc())
        .limit(WORDS_READ)
    )
    ahead = await tx.scalar(
        select(func.count())
        .select_from(conversations)
        .where(c.owner == Owner.QUEUED, c.party == party, c.queue_priority >= priority, c.id != row["id"])
    )
    blocked = not await free_desks(tx, party, now)
    told = None
    if await online_for(tx, party, now):  # with nobody there, the past says nothing
        told = interval(ahead + 1, await history(tx, party, now), now, blocked=blocked)
    return {
        "queue_reason": reason,
        "queue_priority": priority,
        "queued_at": now,
        "queue_skill": skill_of(reason, cases[-1]["issue_type"] if cases else None),
        "queue_language": language_of(entry["text"] for entry in said),
        "queue_team": team,
        "queue_told": {"ahead": ahead, "blocked": blocked, "interval": list(told) if told else None},
        "wait_mode": "wait",
        "passed_over": {},
    }


async def over(tx: Tx, row: Row, agent_id: str, now: datetime) -> None:
    """Writes down how long the wait was and whether the interval told at its beginning held."""
    told = row["queue_told"] or {}
    waited = (now - row["queued_at"]).total_seconds()
    interval_ = told.get("interval")
    held = interval_[0] <= waited <= interval_[1] if interval_ else None
    facts_ = {"party": row["party"], "waited": waited, "blocked": told.get("blocked", True), "held": held}
    await note(tx, ACCEPTED, row["id"], agent_id, now, agent=agent_id, interval=interval_, **facts_)


async def history(tx: Tx, party: str, now: datetime) -> Sequence[Served]:
    """The acceptances of a party's waiting consumers, newest first."""
    query = (
        select(audit.c.at, audit.c.data)
        .where(audit.c.kind == ACCEPTED, audit.c.at > now - FRESH)
        .order_by(audit.c.at.desc())
        .limit(MOST_HISTORY)
    )
    return [
        Served(
            row["at"],
            row["data"].get("waited", 0.0),
            row["data"].get("blocked", True),
            row["data"].get("held"),
        )
        for row in await tx.all(query)
        if row["data"].get("party") == party
    ]


def welcome(party: str, now: datetime) -> str:
    """What a consumer is told on joining; out of hours, the truth about them."""
    rules = policy.current()
    if rules.is_open(party, now) or rules.is_open(PLATFORM, now):
        return wording.QUEUED
    return wording.queued_closed(hours.spoken(rules.hours_of(party)), opening(party, now))


def opening(party: str, now: datetime) -> str:
    """今天09:00, 明天09:00 or 12月1日09:00: when somebody is there again."""
    at = policy.current().next_open(party, now)
    return spoken_time(at, now) if at else "下一个工作日"


def spoken_time(at: datetime, now: datetime) -> str:
    local, today = at.astimezone(SHANGHAI), now.astimezone(SHANGHAI).date()
    days = (local.date() - today).days
    day = {0: "今天", 1: "明天"}.get(days, f"{local.month}月{local.day}日")
    return f"{day}{local:%H:%M}"
