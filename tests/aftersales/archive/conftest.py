"""A record and files in memory of the test, and tickets that are over."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from aftersales.archive.keeping import archive_ticket
from aftersales.archive.ports import ArchivePorts
from kernel.db import Database, Tx
from kernel.principal import Principal
from kernel.times import wire_time
from tests.aftersales.conftest import NOW, at_status

PLATFORM = Principal("agent", agent_id="a_2", name="周宁", role="platform_agent", party="platform")
MERCHANT = Principal("agent", agent_id="a_1", name="林晓", role="merchant_agent", party="m_1")
RIVAL = Principal("agent", agent_id="a_9", name="苏禾", role="merchant_agent", party="m_2")
TRAINER = Principal("agent", agent_id="a_6", name="钱老师", role="trainer", party="platform")
PICTURE = bytes.fromhex("89504e470d0a1a0a") + b"a small picture"
DONE = NOW + timedelta(minutes=5)


class Talks:
    """The record of conversation c_1, and what was asked to be erased."""

    def __init__(self) -> None:
        self.erased: list[tuple[list[str], set[str]]] = []
        self.said = [
            (3, "杯子碎了", NOW),
            (4, "<b>太糟了</b>", NOW),
            (9, "完结以后说的", DONE + timedelta(days=1)),
        ]

    async def lines(
        self, tx: Tx, conversation_id: str, from_seq: int, until: datetime
    ) -> list[dict[str, Any]]:
        return [
            {
                "type": "message",
                "seq": seq,
                "at": wire_time(at),
                "message": {"sender": "consumer", "text": words},
            }
            for seq, words, at in self.said
            if seq >= from_seq and at <= until
        ]

    async def conversations_of(self, tx: Tx, consumer_id: str) -> list[str]:
        return ["c_1", "c_small_talk"] if consumer_id == "u_1" else []

    async def erase(
        self, tx: Tx, conversation_ids: Sequence[str], keep_files: Collection[str], why: str, now: datetime
    ) -> dict[str, int]:
        self.erased.append((list(conversation_ids), set(keep_files)))
        return {"messages": 3 * len(conversation_ids), "files": 0}


class Pictures:
    def __init__(self) -> None:
        self.content: dict[str, bytes] = {"f_1": PICTURE, "f_2": PICTURE + b"2"}

    async def read(self, file_id: str) -> tuple[str, bytes] | None:
        return ("image/png", self.content[file_id]) if file_id in self.content else None

    async def sha256(self, file_id: str) -> str | None:
        found = self.content.get(file_id)
        return hashlib.sha256(found).hexdigest() if found else None


@pytest.fixture
def talks() -> Talks:
    return Talks()


@pytest.fixture
def pictures() -> Pictures:
    return Pictures()


@pytest.fixture
def ports(talks: Talks, pictures: Pictures) -> ArchivePorts:
    return ArchivePorts(talks, pictures)


async def archived(
    db: Database,
    ports: ArchivePorts,
    key: str = "k1",
    status: str = "closed",
    now: datetime = DONE,
    **given: Any,
) -> str:
    """A ticket that is over and in the archive; returns its number."""
    ticket = await at_status(db, status, key, **given)
    await archive_ticket(db, ports, ticket["id"], now)
    return str(ticket["id"])


async def unguarded(db: Database, statement: str) -> None:
    """What somebody with the database's own rights could do: take the triggers away, then change what he likes."""
    async with db.write() as tx:
        if db.is_sqlite:
            names = await tx.all(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            for row in names:
                await tx.execute(text(f"DROP TRIGGER {row['name']}"))
        else:
            await tx.execute(text("SET LOCAL session_replication_role = replica"))
        await tx.execute(text(statement))
