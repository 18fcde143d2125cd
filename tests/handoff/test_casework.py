"""Where a ticket's moves touch its conversation: an appeal against what no person decided calls a person."""

from typing import Any

import pytest
from sqlalchemy import select

from aftersales.core.ticket import TicketMoved, TicketOpened
from handoff.casework import ticket_line
from handoff.core.reasons import REASONS
from handoff.records import events_after
from handoff.store import audit, conversations
from kernel.db import Database, Row
from tests.aftersales.conftest import move, opened
from tests.handoff.conftest import open_one

DECIDES = {"remedy": "refund_only"}
PROOF = {"proof": "RF20261124000001"}


@pytest.fixture
async def wired(db: Database) -> Database:
    for event in (TicketOpened, TicketMoved):
        db.handlers.setdefault(event, []).append(ticket_line(None))
    return db


async def closed_and_appealed(db: Database, decided_by: str) -> tuple[Row, dict[str, Any]]:
    """A ticket decided and closed by `decided_by`, against which its consumer then appeals."""
    row = await open_one(db, None, "u_1")
    ticket = await opened(db, conversation_id=row["id"])
    await move(db, ticket["id"], "accept", "merchant")
    await move(db, ticket["id"], "agree", decided_by, **DECIDES)
    await move(db, ticket["id"], "complete", decided_by, **PROOF)
    after = await move(db, ticket["id"], "appeal", "consumer", reason="机器判的，我不认可")
    assert after["status"] == "appeal_review"
    async with db.read() as tx:
        now_row = await tx.one(select(conversations).where(conversations.c.id == row["id"]))
    assert now_row is not None
    return now_row, after


async def test_an_appeal_against_what_rules_alone_decided_goes_to_a_person_with_its_reason(
    wired: Database,
) -> None:
    row, ticket = await closed_and_appealed(wired, "system")
    assert (row["owner"], row["party"], row["queue_reason"]) == ("queued", "platform", "ai_appealed")
    assert row["queue_priority"] == REASONS["ai_appealed"].priority
    assert row["queue_skill"] == "arbitration"
    async with wired.read() as tx:
        asked = await tx.all(select(audit).where(audit.c.kind == "handoff.requested"))
        record = await events_after(tx, row["id"], 0)
    assert [(one["conversation_id"], one["data"]["reason"]) for one in asked] == [(row["id"], "ai_appealed")]
    moved, passed = record[-2:]
    assert (moved["type"], moved["ticket"]["id"]) == ("ticket_changed", ticket["id"])
    assert (passed["type"], passed["owner"], passed["reason"]) == ("owner_changed", "queued", "ai_appealed")


async def test_an_appeal_against_a_persons_decision_stays_with_the_ticket(wired: Database) -> None:
    row, _ = await closed_and_appealed(wired, "merchant")
    assert row["owner"] == "bot"
    async with wired.read() as tx:
        assert await tx.all(select(audit).where(audit.c.kind == "handoff.requested")) == []
