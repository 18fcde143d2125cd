"""Routing on real databases: every waiting consumer gets one agent, under races and restarts."""

import asyncio
import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from handoff import ownership, passing, presence, routing
from handoff.records import events_after
from handoff.store import agents as agent_rows
from handoff.store import audit, conversations
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.errors import DomainError
from kernel.principal import Principal
from tests.handoff.conftest import make_agent, open_one

SOME_TIME = timedelta(seconds=31)


async def online(db: Database, who: Principal, now: datetime | None = None, **work: Any) -> Principal:
    await presence.say(db, None, who.agent_id, "online", now or utcnow())
    if work:
        async with db.write() as tx:
            await tx.execute(update(agent_rows).where(agent_rows.c.id == who.agent_id).values(**work))
    return who


async def waits(db: Database, number: int = 0, now: datetime | None = None, reason: str = "button") -> Row:
    row = await open_one(db, None, f"u_{number}")
    return await ownership.request_human(db, row["id"], reason, now or utcnow())


async def now_of(db: Database, row: Row) -> Row:
    async with db.read() as tx:
        found = await tx.one(select(conversations).where(conversations.c.id == row["id"]))
    assert found is not None
    return found


async def trail(db: Database, row: Row) -> list[str]:
    async with db.read() as tx:
        found = await tx.all(
            select(audit.c.kind).where(audit.c.conversation_id == row["id"]).order_by(audit.c.id)
        )
    return [entry["kind"] for entry in found]


async def test_a_waiting_consumer_is_offered_and_the_offer_accepted(db: Database) -> None:
    who = await online(db, await make_agent(db, "周宁"))
    row = await waits(db)
    assert await routing.round_(db, None, utcnow()) == 1
    offered = await now_of(db, row)
    assert (offered["owner"], offered["offered_to"]) == ("queued", who.agent_id)
    assert await routing.round_(db, None, utcnow()) == 0  # once is enough
    await ownership.accept(db, None, row["id"], who, utcnow())
    taken = await now_of(db, row)
    assert (taken["owner"], taken["agent_id"], taken["offered_to"]) == ("agent", who.agent_id, None)
    assert [kind for kind in await trail(db, row) if kind.startswith(("offer", "queue"))] == [
        "offer.made",
        "queue.accepted",
    ]


async def test_an_offer_that_runs_out_goes_to_the_next_agent_in_its_old_place(db: Database) -> None:
    first, second = [await make_agent(db, name) for name in ("周宁", "吴越")]
    await online(db, first)
    row = await waits(db)
    await routing.round_(db, None, utcnow())
    later = utcnow() + SOME_TIME
    for who in (first, second):
        await online(db, who, later)
    await routing.round_(db, None, later)
    again = await now_of(db, row)
    assert again["offered_to"] == second.agent_id
    assert again["queued_at"] == row["queued_at"]
    assert "offer.expired" in await trail(db, row)


async def test_a_declined_offer_goes_on_at_once_and_only_its_own_agent_may_decline(db: Database) -> None:
    first, second = [await online(db, await make_agent(db, name)) for name in ("周宁", "吴越")]
    row = await waits(db)
    await routing.round_(db, None, utcnow())
    offered = (await now_of(db, row))["offered_to"]
    mine, other = (first, second) if offered == first.agent_id else (second, first)
    with pytest.raises(DomainError, match="not_offered"):
        await routing.decline(db, None, row["id"], other, utcnow())
    await routing.decline(db, None, row["id"], mine, utcnow(), "正在打电话")
    await routing.round_(db, None, utcnow())
    assert (await now_of(db, row))["offered_to"] == other.agent_id


async def test_a_closed_laptop_is_noticed_within_thirty_seconds_and_its_offer_withdrawn(db: Database) -> None:
    who = await online(db, await make_agent(db, "周宁"))
    row = await waits(db)
    await routing.round_(db, None, utcnow())
    at = utcnow() + timedelta(seconds=29)  # no beat since
    async with db.read() as tx:
        agent = await tx.one(select(agent_rows).where(agent_rows.c.id == who.agent_id))
    assert agent is not None
    assert presence.state_of(agent, at) == "offline"
    await routing.round_(db, None, at)
    assert (await now_of(db, row))["offered_to"] is None
    assert "offer.offline" in await trail(db, row)


async def test_only_open_pages_keep_an_agent_online(db: Database) -> None:
    here, gone = [await online(db, await make_agent(db, name)) for name in ("周宁", "吴越")]
    beat = presence.Heartbeat(db)
    at = utcnow() + timedelta(seconds=25)
    beat.answered(here.agent_id)
    await beat.beat(at)
    await beat.beat(at + timedelta(seconds=5))  # nothing heard: nothing written
    async with db.read() as tx:
        rows = {row["id"]: row for row in await tx.all(select(agent_rows))}
    assert presence.state_of(rows[here.agent_id], at) == "online"
    assert presence.state_of(rows[gone.agent_id], at) == "offline"


@pytest.mark.parametrize("state", ["busy", "away", "offline"])
async def test_only_agents_who_say_they_are_online_are_asked(db: Database, state: str) -> None:
    who = await make_agent(db, "周宁")
    await presence.say(db, None, who.agent_id, state, utcnow())
    await waits(db)
    assert await routing.round_(db, None, utcnow()) == 0


async def test_supervisors_and_trainers_are_not_asked(db: Database) -> None:
    for name, role in (("郑主管", "supervisor"), ("钱老师", "trainer"), ("管理员", "admin")):
        await online(db, await make_agent(db, name, role))
    await waits(db)
    assert await routing.round_(db, None, utcnow()) == 0


async def test_a_merchants_consumer_overflows_to_the_platform_when_nobody_is_there(db: Database) -> None:
    platform = await online(db, await make_agent(db, "周宁"))
    row = await open_one(db, None)
    start = utcnow()
    await ownership.request_human(db, row["id"], "button", start, party="m_1")
    await routing.round_(db, None, start)
    if (await now_of(db, row))["overflowed_at"] is None:  # within the merchant's hours
        await online(db, platform, start + SOME_TIME)
        await routing.round_(db, None, start + SOME_TIME)
    after = await now_of(db, row)
    assert (after["party"], after["offered_to"]) == ("m_1", platform.agent_id)
    assert "queue.overflowed" in await trail(db, row)


async def test_after_three_minutes_waiting_is_a_reason_of_its_own_and_moves_forward(db: Database) -> None:
    busy = await online(db, await make_agent(db, "林晓", "merchant_agent", "m_1"), capacity=0)
    row = await open_one(db, None)
    start = utcnow()
    await ownership.request_human(db, row["id"], "button", start, party="m_1")
    later = start + timedelta(minutes=3)
    await online(db, busy, later)
    await routing.round_(db, None, later)
    after = await now_of(db, row)
    assert (after["queue_reason"], after["queue_priority"]) == ("waited_long", 1)
    assert "handoff.raised" in await trail(db, row)


async def test_a_backlog_drains_by_itself_as_room_appears(db: Database) -> None:
    who = await online(db, await make_agent(db, "周宁"), capacity=3, auto_accept=True)
    rows = [await waits(db, number) for number in range(10)]
    open_ones: list[str] = []
    done = 0
    while done < 10:
        await routing.round_(db, None, utcnow())
        async with db.read() as tx:
            mine = await tx.all(
                select(conversations).where(
                    conversations.c.owner == "agent", conversations.c.agent_id == who.agent_id
                )
            )
        assert 0 < len(mine) <= 3
        open_ones += [row["id"] for row in mine if row["id"] not in open_ones]
        await ownership.close(db, None, mine[0]["id"], who, mine[0]["epoch"], utcnow())
        done += 1
    assert open_ones == [row["id"] for row in rows], "first come, first served"


async def test_conversations_of_an_agent_who_is_gone_wait_for_another_one_in_front(db: Database) -> None:
    from handoff import inbox
    from handoff.inbox import Incoming

    gone, other = [await make_agent(db, name) for name in ("周宁", "吴越")]
    start = utcnow() - timedelta(minutes=5)
    await online(db, gone, start)
    row = await waits(db, 0, start)
    await ownership.accept(db, None, row["id"], gone, start)
    await inbox.receive(db, None, row["id"], Incoming("m1", "还在吗"), start + timedelta(seconds=5))
    assert await routing.requeue_abandoned(db, None, utcnow()) == 1
    back = await now_of(db, row)
    assert (back["owner"], back["queue_reason"], back["queue_priority"]) == ("queued", "agent_gone", 2)
    for who in (gone, other):
        await online(db, who)
    await routing.round_(db, None, utcnow())
    assert (await now_of(db, row))["offered_to"] == other.agent_id


async def test_passing_on_to_a_team_reaches_its_members_not_the_one_it_came_from(db: Database) -> None:
    from handoff import staff

    lead = await make_agent(db, "郑主管", "supervisor")
    team = await staff.add_team(db, lead, name="食品组", party="platform", skills=["food"], now=utcnow())
    mine = await online(db, await make_agent(db, "周宁"), team_id=team)
    member = await online(db, await make_agent(db, "吴越"), team_id=team)
    await online(db, await make_agent(db, "林晓"))
    row = await waits(db)
    taken = await ownership.accept(db, None, row["id"], mine, utcnow())
    await passing.transfer(
        db, None, row["id"], mine, taken["epoch"], utcnow(), team=team, why="吃坏了肚子，先安抚"
    )
    await routing.round_(db, None, utcnow())
    assert (await now_of(db, row))["offered_to"] == member.agent_id


@pytest.mark.slow
async def test_fifty_racing_agents_and_restarted_routers_assign_each_conversation_exactly_once(
    db: Database,
) -> None:
    """Half the agents are given conversations, half are offered them; all also grab from the queue by hand.

    Four routers run rounds at once and are cancelled in the middle again and again, as a restart would.
    """
    rng = random.Random(20261127)
    people = [await make_agent(db, f"坐席{i}") for i in range(50)]
    for place, who in enumerate(people):
        await online(db, who, capacity=3, auto_accept=place % 2 == 0)
    rows = [await waits(db, number) for number in range(120)]
    stop = asyncio.Event()
    accepted: Counter[str] = Counter()

    async def router() -> None:
        while not stop.is_set():
            task = asyncio.create_task(routing.round_(db, None, utcnow()))
            if rng.random() < 0.4:
                await asyncio.sleep(rng.random() * 0.02)
                task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.sleep(0)

    async def agent(who: Principal) -> None:
        while not stop.is_set():
            await asyncio.sleep(0.02 + rng.random() * 0.05)
            async with db.read() as tx:
                offered = await routing.offers_to(tx, who.agent_id)
            chosen = [row["id"] for row in offered]
            if rng.random() < 0.2:
                chosen.append(rng.choice(rows)["id"])
            for conversation_id in chosen:
                try:
                    if rng.random() < 0.1:
                        await routing.decline(db, None, conversation_id, who, utcnow())
                    else:
                        await ownership.accept(db, None, conversation_id, who, utcnow())
                        accepted[conversation_id] += 1
                except DomainError as refusal:
                    assert refusal.code in {"already_taken", "not_offered"}

    async def everybody_has_one() -> bool:
        async with db.read() as tx:
            left = await tx.scalar(
                select(conversations.c.id).where(conversations.c.owner != "agent").limit(1)
            )
        return left is None

    tasks = [asyncio.create_task(router()) for _ in range(4)]
    tasks += [asyncio.create_task(agent(who)) for who in people]
    try:
        async with asyncio.timeout(120):
            while not await everybody_has_one():
                for who in people:  # their pages stay open
                    presence_beat.answered(who.agent_id)
                await presence_beat_of(db)
                await asyncio.sleep(0.2)
    finally:
        stop.set()
        await asyncio.gather(*tasks)
    holders: Counter[str] = Counter()
    for row in rows:
        after = await now_of(db, row)
        assert after["owner"] == "agent", "nobody has it"
        assert after["offered_to"] is None
        holders[after["agent_id"]] += 1
        async with db.read() as tx:
            events = await events_after(tx, row["id"], 0)
        takings = [e for e in events if e["type"] == "owner_changed" and e["owner"] == "agent"]
        assert len(takings) == 1, "assigned twice"
        assert takings[0]["agent"]["id"] == after["agent_id"]
    assert sum(holders.values()) == 120
    assert len(holders) > 25, "the work is shared"


presence_beat = presence.Heartbeat(None)  # type: ignore[arg-type]


async def presence_beat_of(db: Database) -> None:
    presence_beat.db = db
    await presence_beat.beat(utcnow())
