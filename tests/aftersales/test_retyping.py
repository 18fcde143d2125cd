"""An agent corrects what a ticket is about, on SQLite and on PostgreSQL."""

import asyncio

import pytest
from sqlalchemy import select

from aftersales import reading
from aftersales.core.ticket import TicketMoved
from aftersales.retyping import retype
from aftersales.store import tickets, transitions
from kernel import jobs
from kernel.db import Database, Tx
from kernel.errors import DomainError
from tests.aftersales.conftest import ACTORS, LATER, at_status, move, opened


async def test_the_type_the_checklist_and_the_history_follow_and_the_clock_stays(db: Database) -> None:
    told: list[TicketMoved] = []

    async def hear(_tx: Tx, event: TicketMoved) -> None:
        told.append(event)

    ticket = await opened(db)
    db.handlers[TicketMoved] = [hear]
    after = await retype(
        db, ticket["id"], ACTORS["merchant"], "wrong_item", "wrong_item", reason="颜色发错了", now=LATER
    )
    assert (after["issue_type"], after["sub_type"]) == ("wrong_item", "wrong_item")
    assert (after["status"], after["due_at"]) == (ticket["status"], ticket["due_at"])
    assert after["version"] == ticket["version"] + 1
    there = {item["item_id"]: item for item in after["evidence"]}
    assert [there[name]["files"][0]["file_id"] for name in ("damage_photo", "whole_photo")] == ["f_1", "f_2"]
    assert not there["damage_photo"]["required"]
    assert {name for name, item in there.items() if item["status"] == "missing" and item["required"]}
    _, shown = await reading.find(db, ticket["id"], history=True)
    entry = shown["history"][-1]
    assert (entry["trigger_label"], entry["actor_name"]) == ("更改问题类型", "林晓")
    assert entry["reason"].startswith("商品破损 → ") and entry["reason"].endswith("：颜色发错了")
    assert [(e.trigger, e.from_status, e.to_status) for e in told] == [("retype", "submitted", "submitted")]
    async with db.read() as tx:
        row = await tx.one(select(transitions).where(transitions.c.trigger == "retype"))
        deadline = await tx.one(select(jobs.jobs).where(jobs.jobs.c.kind == "ticket.deadline"))
    assert row is not None and row["data"]["from"]["sub_type"] == "quality_damaged"
    assert deadline is not None and deadline["payload"]["version"] == after["version"]


async def test_the_case_goes_on_under_the_new_type(db: Database) -> None:
    ticket = await at_status(db, "accepted")
    await retype(
        db, ticket["id"], ACTORS["merchant"], "wrong_item", "missing_item", reason="少发了", now=LATER
    )
    moved = await move(
        db, ticket["id"], "propose", remedy="reship"
    )  # nothing that is broken may be reshipped
    assert moved["proposal"]["remedy"] == "reship"


@pytest.mark.parametrize("by", ["consumer", "platform", "system"])
async def test_who_does_not_handle_the_case_may_not(db: Database, by: str) -> None:
    ticket = await opened(db)
    with pytest.raises(DomainError, match="not_allowed"):
        await retype(db, ticket["id"], ACTORS[by], "size", None, reason="x", now=LATER)


@pytest.mark.parametrize("status", ["closed", "withdrawn", "archived"])
async def test_a_case_that_is_over_keeps_its_type(db: Database, status: str) -> None:
    ticket = await at_status(db, status)
    with pytest.raises(DomainError) as caught:
        await retype(db, ticket["id"], ACTORS["merchant"], "size", None, reason="x", now=LATER)
    assert (caught.value.code, caught.value.status) == ("illegal_transition", 409)


async def test_it_needs_a_reason_and_the_present_version(db: Database) -> None:
    ticket = await opened(db)
    for reason, version, code in (("  ", None, "missing_field"), ("x", 9, "stale_ticket")):
        with pytest.raises(DomainError) as caught:
            await retype(
                db,
                ticket["id"],
                ACTORS["merchant"],
                "size",
                None,
                reason=reason,
                expected_version=version,
                now=LATER,
            )
        assert caught.value.code == code
    async with db.read() as tx:
        assert await tx.scalar(select(tickets.c.issue_type)) == "quality"


async def test_of_two_agents_with_the_same_view_one_is_told_to_look_again(db: Database) -> None:
    ticket = await opened(db)
    done = await asyncio.gather(
        *(
            retype(
                db,
                ticket["id"],
                ACTORS["merchant"],
                issue_type,
                None,
                reason="看照片",
                expected_version=ticket["version"],
                now=LATER,
            )
            for issue_type in ("size", "logistics")
        ),
        return_exceptions=True,
    )
    assert sorted(isinstance(one, DomainError) for one in done) == [False, True]
