"""A conversation, a brain that answers what the test says, and the parts between them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from handoff import inbox, staff
from handoff.brain import Brain
from handoff.stream import EventStream
from handoff.turns import Turns
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.principal import PLATFORM, Principal

Answer = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


def says(*texts: str) -> dict[str, Any]:
    replies = [{"name": "utter_test", "text": text, "buttons": [], "card": None} for text in texts]
    return {"turn_id": "t", "replies": replies, "failed": False}


class OneBrain:
    """A single Rasa, always the same."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def url_of(self, conversation_id: str, opened_at: datetime) -> str:
        return self.url

    async def url_of_live(self) -> str:
        return self.url


class ScriptedBrain(Brain):
    """A brain for tests of what asks it: answers with `script`, remembers what was asked."""

    def __init__(self) -> None:
        super().__init__(OneBrain("http://brain"), "t")
        self.asked: list[dict[str, Any]] = []
        self.script: Answer = self._echo

    async def _echo(self, body: dict[str, Any]) -> dict[str, Any]:
        return says(f"收到：{body['text']}")

    async def turn(self, url: str, body: dict[str, Any], patience: float) -> dict[str, Any]:
        self.asked.append(body)
        return await self.script(body)


@pytest.fixture
def scripted() -> ScriptedBrain:
    return ScriptedBrain()


@pytest.fixture
async def stream(redis_url: str) -> AsyncIterator[EventStream]:
    made = EventStream(redis_url)
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def turns(db: Database, stream: EventStream, scripted: ScriptedBrain) -> AsyncIterator[Turns]:
    async def no_facts(_row: Row) -> dict[str, Any]:
        return {}

    made = Turns(db, stream, scripted, no_facts)
    yield made
    await made.close()


@pytest.fixture
async def conversation(db: Database, stream: EventStream) -> Row:
    return await open_one(db, stream)


async def open_one(db: Database, stream: EventStream | None, consumer_id: str = "u_1") -> Row:
    return await inbox.open_conversation(
        db, stream, consumer_id=consumer_id, consumer_name="小满", order_nos=None, channel="app", now=utcnow()
    )


@pytest.fixture
async def agents(db: Database) -> list[Principal]:
    """Two agents of the platform."""
    return [await make_agent(db, name) for name in ("周宁", "吴越")]


async def make_agent(
    db: Database, name: str, role: str = "platform_agent", party: str = PLATFORM
) -> Principal:
    agent_id = await staff.add_agent(
        db,
        username=f"user-{name}",
        password="a good password",
        name=name,
        role=role,
        party=party,
        party_name=party,
    )
    return Principal("agent", agent_id=agent_id, name=name, role=role, party=party)


async def settle(turns: Turns) -> None:
    """Until no turn runs in this process."""
    while running := [task for task in turns._tasks.values() if not task.done()]:
        await asyncio.wait(running)
