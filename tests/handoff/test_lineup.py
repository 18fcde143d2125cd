"""What a waiting consumer is told: his place, an honest interval, and the truth when nobody is there."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from handoff import ownership, policy, presence
from handoff.joining import ACCEPTED
from handoff.lineup import Lineup
from handoff.records import events_after
from handoff.store import audit, conversations
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.principal import Principal
from tests.handoff.conftest import make_agent, open_one


@pytest.fixture
def closed(tmp_path: Path) -> object:
    """A desk that opens for half an hour at night."""
    rules = policy.DEFAULT.read_text(encoding="utf8")
    for span in ("00:00-24:00", "08:00-23:00", "09:00-22:00"):
        rules = rules.replace(f'["{span}"]', '["03:00-03:01"]')
    path = tmp_path / "desk.yml"
    path.write_text(rules, encoding="utf8")
    yield policy.use(path)
    policy.use(None)


async def some_history(db: Database, gap: float = 60.0) -> None:
    data = {"party": "platform", "waited": gap, "blocked": True, "held": None}
    async with db.write() as tx:
        for number in range(12):
            at = utcnow() - timedelta(seconds=gap * (12 - number))
            await tx.execute(
                insert(audit).values(kind=ACCEPTED, conversation_id=None, actor="a_1", data=data, at=at)
            )


async def joins(db: Database, number: int, reason: str = "button") -> Row:
    row = await open_one(db, None, f"u_{number}")
    await ownership.request_human(db, row["id"], reason, utcnow())
    async with db.read() as tx:
        found = await tx.one(select(conversations).where(conversations.c.id == row["id"]))
    assert found is not None
    return found


async def test_places_follow_priority_and_time_and_the_interval_the_place(
    db: Database, agents: list[Principal]
) -> None:
    await some_history(db)
    await presence.say(db, None, agents[0].agent_id, "online", utcnow())
    first, second, urgent = await joins(db, 1), await joins(db, 2), await joins(db, 3, "personal_danger")
    shown = [await Lineup(db).of(row, utcnow()) for row in (urgent, first, second)]
    assert [one["position"] for one in shown] == [1, 2, 3]
    assert {one["waiting"] for one in shown} == {3}
    highs = [one["eta_seconds"][1] for one in shown]
    assert highs == sorted(highs)
    assert shown[1]["eta_seconds"][0] <= 120 <= shown[1]["eta_seconds"][1]


async def test_with_nobody_there_no_interval_is_made_up(db: Database, agents: list[Principal]) -> None:
    await some_history(db)
    row = await joins(db, 1)
    assert row["queue_told"]["interval"] is None
    shown = await Lineup(db).of(row, utcnow())
    assert (shown["eta_seconds"], shown["online"]) == (None, 0)


async def test_whether_the_told_interval_held_is_written_down_at_the_end_of_the_wait(
    db: Database, agents: list[Principal]
) -> None:
    await some_history(db)
    await presence.say(db, None, agents[0].agent_id, "online", utcnow())
    row = await joins(db, 1)
    low, high = row["queue_told"]["interval"]
    await ownership.accept(db, None, row["id"], agents[0], row["queued_at"] + timedelta(seconds=high + 5))
    async with db.read() as tx:
        entry = await tx.one(
            select(audit).where(audit.c.kind == ACCEPTED, audit.c.conversation_id == row["id"])
        )
    assert entry is not None
    assert entry["data"]["held"] is False
    assert entry["data"]["interval"] == [low, high]
    assert entry["data"]["waited"] == pytest.approx(high + 5, abs=1)


@pytest.mark.usefixtures("closed")
async def test_out_of_hours_the_consumer_is_told_so_and_when_somebody_is_there(db: Database) -> None:
    row = await joins(db, 1)
    shown = await Lineup(db).of(row, utcnow())
    assert (shown["open"], shown["eta_seconds"]) == (False, None)
    assert shown["opens_at"]
    async with db.read() as tx:
        told = (await events_after(tx, row["id"], 0))[-1]["text"]
    assert "休息时间" in told
    assert "03:00" in told


async def test_the_place_is_the_rows_and_so_outlives_any_connection(db: Database) -> None:
    rows = [await joins(db, number) for number in range(3)]
    for place, row in enumerate(rows, 1):
        for _ in range(2):  # another page, another process
            assert (await Lineup(db).of(row, utcnow()))["position"] == place


async def test_a_merchants_queue_is_its_own(db: Database) -> None:
    await make_agent(db, "林晓", "merchant_agent", "m_1")
    await joins(db, 1)
    row = await open_one(db, None, "u_m")
    await ownership.request_human(db, row["id"], "button", utcnow(), party="m_1")
    async with db.read() as tx:
        mine = await tx.one(select(conversations).where(conversations.c.id == row["id"]))
    assert mine is not None
    assert (await Lineup(db).of(mine, utcnow()))["position"] == 1
