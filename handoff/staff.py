"""Members of staff: accounts, passwords and sessions."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import bindparam, delete, func, insert, select, update

from handoff import presence
from handoff.records import note
from handoff.store import agents, conversations, sessions, teams
from kernel.db import Database, Row
from kernel.errors import DomainError, forbidden, not_found
from kernel.ids import new_id
from kernel.principal import PLATFORM, Principal

ROLES = ("merchant_agent", "platform_agent", "supervisor", "trainer", "admin")
SESSION = timedelta(hours=12)
# Built once: asked with every request of the desk.
_WHOSE = (
    select(agents, sessions.c.csrf)
    .join(sessions, sessions.c.agent_id == agents.c.id)
    .where(
        sessions.c.token_hash == bindparam("token"), sessions.c.expires_at > bindparam("now"), agents.c.active
    )
    .execution_options(prepared=True)
)
_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))  # so that an unknown name takes as long as a wrong password


@dataclass(frozen=True)
class Login:
    token: str
    csrf: str
    agent: Row


async def add_agent(
    db: Database, *, username: str, password: str, name: str, role: str, party: str, party_name: str
) -> str:
    """Creates an account or, for a username that exists, gives it this password and place; returns its id."""
    if role not in ROLES:
        raise DomainError("unknown_role", f"没有这个角色：{role}", 422)
    values = {
        "name": name,
        "password_hash": _hasher.hash(password),
        "role": role,
        "party": party,
        "party_name": party_name,
        "active": True,
    }
    async with db.write() as tx:
        known = await tx.scalar(select(agents.c.id).where(agents.c.username == username))
        if known:
            await tx.execute(update(agents).where(agents.c.id == known).values(values))
            return str(known)
        agent_id = new_id("a")
        await tx.execute(insert(agents).values(id=agent_id, username=username, **values))
    return agent_id


async def log_in(db: Database, username: str, password: str, now: datetime) -> Login:
    """Opens a session; raises DomainError `bad_login` (401) without saying which of the two was wrong."""
    async with db.read() as tx:
        agent = await tx.one(select(agents).where(agents.c.username == username, agents.c.active))
    try:
        _hasher.verify(agent["password_hash"] if agent else _NOBODY, password)
    except VerifyMismatchError:
        agent = None
    if agent is None:
        raise DomainError("bad_login", "用户名或密码不对", 401)
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    async with db.write() as tx:
        await tx.execute(delete(sessions).where(sessions.c.expires_at < now))
        await tx.execute(
            insert(sessions).values(
                token_hash=_digest(token), agent_id=agent["id"], csrf=csrf, expires_at=now + SESSION
            )
        )
    return Login(token, csrf, agent)


async def log_out(db: Database, token: str) -> None:
    async with db.write() as tx:
        await tx.execute(delete(sessions).where(sessions.c.token_hash == _digest(token)))


async def whose(db: Database, token: str, now: datetime) -> tuple[Principal, Row] | None:
    """The principal of a session token and its row (`csrf`, `username`, …), or None when it is not valid."""
    async with db.read(brief=True) as tx:
        row = await tx.one(_WHOSE, {"token": _digest(token), "now": now})
    if row is None:
        return None
    who = Principal("agent", agent_id=row["id"], name=row["name"], role=row["role"], party=row["party"])
    return who, row


def agent_json(row: Row) -> dict[str, Any]:
    return {key: row[key] for key in ("id", "name", "username", "role", "party", "party_name")}


async def colleagues(db: Database, who: Principal, now: datetime) -> list[dict[str, Any]]:
    """Agents a conversation can be passed to by `who`, and who of them is there."""
    query = (
        select(agents)
        .where(agents.c.active, agents.c.role != "trainer")
        .order_by(agents.c.party, agents.c.name)
    )
    if not who.handles_all_parties:
        query = query.where(agents.c.party.in_((who.party, "platform")))
    async with db.read() as tx:
        rows = [row for row in await tx.all(query) if row["id"] != who.agent_id]
        load = await presence.loads(tx, [row["id"] for row in rows])
    return [agent_json(row) | presence.wire(row, load[row["id"]], now) for row in rows]


async def myself(db: Database, row: Row, now: datetime) -> dict[str, Any]:
    """A member of staff as his own page shows him."""
    async with db.read() as tx:
        load = await presence.loads(tx, [row["id"]])
    return agent_json(row) | presence.wire(row, load[row["id"]], now)


async def set_work(
    db: Database, who: Principal, agent_id: str, now: datetime, **values: Any
) -> dict[str, Any]:
    """How an agent works: capacity, skills, languages, team_id, auto_accept; by a supervisor. Returns the agent.

    Raises forbidden (403), not_found (404) for an agent of a party he does not see or an unknown team.
    """
    if not who.supervises:
        raise forbidden("只有主管可以这样做")
    async with db.write() as tx:
        row = await tx.one(select(agents).where(agents.c.id == agent_id))
        if row is None or not who.may_see(row["party"]):
            raise not_found("坐席")
        if values.get("team_id"):
            team = await tx.one(select(teams).where(teams.c.id == values["team_id"]))
            if team is None or team["party"] != row["party"]:
                raise not_found("团队")
        elif "team_id" in values:
            values["team_id"] = None
        after = await tx.one(
            update(agents).where(agents.c.id == agent_id).values(**values).returning(*agents.c)
        )
        assert after is not None
        await note(tx, "agent.changed", None, who.agent_id, now, agent=agent_id, **values)
        load = await presence.loads(tx, [agent_id])
    return agent_json(after) | presence.wire(after, load[agent_id], now)


async def add_team(
    db: Database, who: Principal, *, name: str, party: str, skills: list[str], now: datetime
) -> str:
    """A team of a party, by a supervisor; returns its id."""
    if not who.supervises or not who.may_see(party):
        raise forbidden("只有主管可以这样做")
    team_id = new_id("team")
    async with db.write() as tx:
        await tx.execute(insert(teams).values(id=team_id, party=party, name=name, skills=skills))
        await note(tx, "team.added", None, who.agent_id, now, team=team_id, name=name, party=party)
    return team_id


async def team_list(db: Database, who: Principal, now: datetime) -> list[dict[str, Any]]:
    """`{id, name, party, skills, online, waiting}` of the teams a conversation can be passed to."""
    query = select(teams).order_by(teams.c.party, teams.c.name)
    if not who.handles_all_parties:
        query = query.where(teams.c.party.in_((who.party, PLATFORM)))
    async with db.read() as tx:
        rows = await tx.all(query)
        here = await tx.all(
            select(agents.c.team_id, func.count().label("n"))
            .where(agents.c.active, agents.c.presence == "online", presence.there(now))
            .group_by(agents.c.team_id)
        )
        waiting = await tx.all(
            select(conversations.c.queue_team, func.count().label("n"))
            .where(conversations.c.owner == "queued")
            .group_by(conversations.c.queue_team)
        )
    online = {row["team_id"]: row["n"] for row in here}
    queued = {row["queue_team"]: row["n"] for row in waiting}
    keys = ("id", "name", "party", "skills")
    return [
        {key: row[key] for key in keys}
        | {"online": online.get(row["id"], 0), "waiting": queued.get(row["id"], 0)}
        for row in rows
    ]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
