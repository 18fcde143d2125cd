"""Agents with open conversations for `anxin bench desk`, written into the database as one shift would leave them."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import insert

from connectors.tokens import sign_conversation
from handoff.store import agents as agent_rows
from handoff.store import conversations, sessions
from kernel.clock import utcnow
from kernel.db import Database
from kernel.ids import new_id

MERCHANTS = 20


async def furnish(
    db: Database, agents: int, consumers: int, secret: str
) -> tuple[list[tuple[str, str]], list[tuple[str, list[str]]]]:
    """Writes agents with sessions and their open conversations; returns consumers (id, token), agents (token, ids)."""
    now = utcnow()
    people, opened, rows = [], [], []
    for number in range(agents):
        party = f"m_{number % MERCHANTS}"
        agent_id, token = new_id("a"), secrets.token_urlsafe(32)
        people.append((agent_id, token, party))
        opened.append(
            {
                "id": agent_id,
                "username": f"bench{number}",
                "name": f"坐席{number}",
                "password_hash": "!",
                "role": "merchant_agent",
                "party": party,
                "party_name": f"店铺{party}",
                "active": True,
                "capacity": 100,
            }
        )
    tokens = [
        {
            "token_hash": hashlib.sha256(token.encode()).hexdigest(),
            "agent_id": agent_id,
            "csrf": secrets.token_urlsafe(24),
            "expires_at": now + timedelta(hours=12),
        }
        for agent_id, token, _ in people
    ]
    mine: dict[str, list[str]] = {token: [] for _, token, _ in people}
    pages = []
    for number in range(consumers):
        agent_id, token, party = people[number % agents]
        one = new_id("c")
        mine[token].append(one)
        pages.append((one, sign_conversation(secret, one, f"u_{number}", "小满", now)))
        rows.append(
            {
                "id": one,
                "consumer_id": f"u_{number}",
                "consumer_name": "小满",
                "channel": "app",
                "owner": "agent",
                "epoch": 3,
                "agent_id": agent_id,
                "party": party,
                "opened_at": now,
                "updated_at": now,
            }
        )
    async with db.write() as tx:
        await tx.execute(insert(agent_rows), opened)
        await tx.execute(insert(sessions), tokens)
        await tx.execute(insert(conversations), rows)
    return pages, [(token, ids) for token, ids in mine.items() if ids]
