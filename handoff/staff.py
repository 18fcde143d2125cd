"""Members of staff: accounts, passwords and sessions."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import delete, insert, select, update

from handoff.store import agents, sessions
from kernel.db import Database, Row
from kernel.errors import DomainError
from kernel.ids import new_id
from kernel.principal import Principal

ROLES = ("merchant_agent", "platform_agent", "supervisor", "trainer", "admin")
SESSION = timedelta(hours=12)
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
    query = (
        select(agents, sessions.c.csrf)
        .join(sessions, sessions.c.agent_id == agents.c.id)
        .where(sessions.c.token_hash == _digest(token), sessions.c.expires_at > now, agents.c.active)
    )
    async with db.read() as tx:
        row = await tx.one(query)
    if row is None:
        return None
    who = Principal("agent", agent_id=row["id"], name=row["name"], role=row["role"], party=row["party"])
    return who, row


def agent_json(row: Row) -> dict[str, Any]:
    return {key: row[key] for key in ("id", "name", "username", "role", "party", "party_name")}


async def colleagues(db: Database, who: Principal) -> list[dict[str, Any]]:
    """Agents a conversation can be passed to by `who`."""
    query = (
        select(agents)
        .where(agents.c.active, agents.c.role != "trainer")
        .order_by(agents.c.party, agents.c.name)
    )
    if not who.handles_all_parties:
        query = query.where(agents.c.party.in_((who.party, "platform")))
    async with db.read() as tx:
        return [agent_json(row) for row in await tx.all(query) if row["id"] != who.agent_id]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
