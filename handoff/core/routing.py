"""Who gets whom: decides over everybody who waits and everybody who is free, and changes nothing.

The order of the waiting is the queue's own (priority, then time). For each the agents who may take it are those of
its party (and of the platform once it overflowed), online, with room, who did not just pass it over. Among them: the team
it was passed on to, the agent who had it last, those at home in its skill, then the least loaded; of equals the one
who has waited longest for a conversation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kernel.principal import PLATFORM


@dataclass(frozen=True)
class Rules:
    """How patient routing is; see handoff/desk.yml for what each means."""

    accept_within: timedelta = timedelta(seconds=30)
    specialists_only: timedelta = timedelta(seconds=60)
    overflow_after: timedelta = timedelta(minutes=3)
    unattended_after: timedelta = timedelta(seconds=30)
    abandoned_after: timedelta = timedelta(minutes=2)
    again_after: timedelta = timedelta(seconds=60)


@dataclass(frozen=True)
class Waiting:
    id: str
    party: str
    priority: int
    since: datetime
    skill: str | None = None
    language: str = "zh"
    team: str | None = None
    last_agent: str | None = None
    passed_over: frozenset[str] = frozenset()
    overflowed: bool = False


@dataclass(frozen=True)
class Desk:
    """An agent who is online, as routing sees him; `load` counts conversations and offers."""

    id: str
    party: str
    capacity: int
    load: int
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset({"zh"})
    team: str | None = None
    assigned_at: datetime | None = None
    auto_accept: bool = False

    @property
    def has_room(self) -> bool:
        return self.load < self.capacity


@dataclass(frozen=True)
class Assigned:
    conversation_id: str
    agent_id: str
    auto_accept: bool


@dataclass(frozen=True)
class Overflowed:
    """The platform's agents may be asked from now on; `why`: closed, unattended or long."""

    conversation_id: str
    why: str


@dataclass(frozen=True)
class Plan:
    assigned: tuple[Assigned, ...] = ()
    overflowed: tuple[Overflowed, ...] = ()


def in_turn(waiting: Sequence[Waiting]) -> list[Waiting]:
    return sorted(waiting, key=lambda one: (-one.priority, one.since, one.id))


def decide(
    waiting: Sequence[Waiting],
    desks: Sequence[Desk],
    rules: Rules,
    now: datetime,
    closed: frozenset[str] = frozenset(),
) -> Plan:
    """One round: nobody is assigned twice, nobody over capacity, nobody who could be is left.

    `closed` are the parties outside their working hours; an agent who is online then still gets his own.
    """
    at = {desk.id: desk for desk in desks}
    assigned: list[Assigned] = []
    overflowed: list[Overflowed] = []
    for one in in_turn(waiting):
        why = overflow(one, at, rules, now, closed)
        if why:
            overflowed.append(Overflowed(one.id, why))
            one = replace(one, overflowed=True)
        able = [
            desk
            for desk in at.values()
            if may_take(one, desk) and desk.has_room and desk.id not in one.passed_over
        ]
        chosen = best(one, able, rules, now)
        if chosen is None:
            continue
        assigned.append(Assigned(one.id, chosen.id, chosen.auto_accept))
        at[chosen.id] = replace(chosen, load=chosen.load + 1, assigned_at=now)
    return Plan(tuple(assigned), tuple(overflowed))


def may_take(one: Waiting, desk: Desk) -> bool:
    """By party alone: a merchant's agents their merchant's, the platform's their own and what overflowed."""
    if desk.party == one.party:
        return True
    return desk.party == PLATFORM and one.overflowed


def overflow(
    one: Waiting, desks: dict[str, Desk], rules: Rules, now: datetime, closed: frozenset[str]
) -> str | None:
    """Why the platform's agents should be asked too, or None."""
    if one.overflowed or one.party == PLATFORM:
        return None
    waited = now - one.since
    attended = any(desk.party == one.party for desk in desks.values())
    if one.party in closed and not attended:
        return "closed"
    if not attended and waited >= rules.unattended_after:
        return "unattended"
    return "long" if waited >= rules.overflow_after else None


def best(one: Waiting, desks: Sequence[Desk], rules: Rules, now: datetime) -> Desk | None:
    """The agent to ask, or None where waiting for a better suited one is still the better choice."""
    if not desks:
        return None
    for desk in desks:
        if desk.id == one.last_agent:
            return desk
    picky = now - one.since < rules.specialists_only
    suited = [desk for desk in desks if _speaks(one, desk) and _knows(one, desk)]
    if one.team:
        members = [desk for desk in desks if desk.team == one.team]
        suited = members if members or picky else suited
    if not suited and picky:
        return None
    return min(suited or desks, key=lambda desk: _rank(one, desk))


def _speaks(one: Waiting, desk: Desk) -> bool:
    return one.language in desk.languages


def _knows(one: Waiting, desk: Desk) -> bool:
    return not desk.skills or one.skill is None or one.skill in desk.skills


def _rank(one: Waiting, desk: Desk) -> tuple[object, ...]:
    own = desk.party == one.party
    speaks = _speaks(one, desk)
    specialist = one.skill is not None and one.skill in desk.skills
    generalist = not desk.skills
    skill = 0 if specialist else 1 if generalist or one.skill is None else 2
    idle_since = desk.assigned_at.timestamp() if desk.assigned_at else 0.0
    return (not own, not speaks, skill, desk.load / max(1, desk.capacity), idle_since, desk.id)
