"""A ticket that is over is archived once, whole, with the record that belongs to it."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from aftersales import tickets
from aftersales.archive.checking import verify
from aftersales.archive.keeping import ARCHIVE_JOB, archive_ticket, archive_when_over, hold, lift_hold
from aftersales.archive.ports import ArchivePorts
from aftersales.archive.reading import dossier
from aftersales.archive.store import access, entries, files
from aftersales.core.ticket import SYSTEM_ACTOR, TicketMoved
from aftersales.store import tickets as ticket_table
from kernel import jobs
from kernel.db import Database
from kernel.errors import DomainError
from tests.aftersales.archive.conftest import DONE, MERCHANT, PLATFORM, Pictures, archived
from tests.aftersales.conftest import NOW, at_status


async def test_a_dossier_holds_everything_about_the_case(db: Database, ports: ArchivePorts) -> None:
    ticket_id = await archived(db, ports)
    found = await dossier(db, MERCHANT, ticket_id, "复核", DONE)
    body = {name: part["body"] for name, part in found["sections"].items()}
    assert all(part["intact"] for part in found["sections"].values())
    assert body["case"]["ticket_id"] == ticket_id and body["case"]["amount_fen"] == 19900
    assert body["consumer"] == {"id": "u_1", "name": "小满"}
    assert body["application"]["order"]["order_no"] == "331234567890123456"
    assert [item["files"][0]["sha256"] for item in body["evidence"]["items"][:2]] == ["a" * 64, "b" * 64]
    assert body["decisions"]["proposal"]["remedy"] == "refund_only"
    assert body["execution"]["proof"] == "RF20261124000001"
    assert [move["to"] for move in body["timeline"]["moves"]] == [
        "submitted",
        "accepted",
        "executing",
        "closed",
    ]
    assert body["rules"]["rule_version"] == "2026-11"
    assert {"rule_id": "E01", "source": "消费者权益保护法", "article": "24", "verified": True} in body[
        "rules"
    ]["clauses"]


async def test_the_record_runs_from_the_complaint_to_the_end_of_the_case(
    db: Database, ports: ArchivePorts
) -> None:
    found = await dossier(db, MERCHANT, await archived(db, ports), "", DONE)
    record = found["sections"]["record"]["body"]
    assert [line["message"]["text"] for line in record["lines"]] == ["杯子碎了", "<b>太糟了</b>"]
    assert (record["from_seq"], record["to_seq"]) == (3, 4)


async def test_the_hash_of_every_kept_file_is_in_the_dossier(
    db: Database, ports: ArchivePorts, pictures: Pictures
) -> None:
    del pictures.content["f_2"]
    found = await dossier(db, MERCHANT, await archived(db, ports), "", DONE)
    items = found["sections"]["evidence"]["body"]["items"]
    assert items[0]["files"][0]["stored_sha256"] == await pictures.sha256("f_1")
    assert items[1]["files"][0]["stored_sha256"] is None


async def test_the_same_version_is_archived_once_however_many_ask(db: Database, ports: ArchivePorts) -> None:
    ticket = await at_status(db, "closed")
    seqs = await asyncio.gather(*(archive_ticket(db, ports, ticket["id"], DONE) for _ in range(8)))
    assert set(seqs) == {1}
    async with db.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(entries)) == 1


async def test_many_tickets_at_once_make_one_unbroken_chain(db: Database, ports: ArchivePorts) -> None:
    opened = [await at_status(db, "withdrawn", f"k{number}") for number in range(12)]
    seqs = await asyncio.gather(*(archive_ticket(db, ports, ticket["id"], DONE) for ticket in opened))
    assert sorted(seqs) == list(range(1, 13))
    assert (await verify(db)).holds


async def test_a_case_that_went_on_gets_a_second_dossier_and_keeps_the_first(
    db: Database, ports: ArchivePorts
) -> None:
    ticket_id = await archived(db, ports, status="withdrawn")
    actor = tickets.Actor("consumer", "u_1", "小满")
    for trigger in ("reopen", "withdraw"):
        await tickets.transition(db, ticket_id, trigger, actor, now=DONE + timedelta(days=1))
    assert await archive_ticket(db, ports, ticket_id, DONE + timedelta(days=1)) == 2
    async with db.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(entries)) == 2
        row = await tx.one(select(files))
    assert row is not None and row["seq"] == 2 and row["completed_at"] == DONE + timedelta(days=1)


@pytest.mark.parametrize("status", ["submitted", "accepted", "executing"])
async def test_a_case_that_runs_is_not_archived(db: Database, ports: ArchivePorts, status: str) -> None:
    ticket = await at_status(db, status)
    with pytest.raises(DomainError) as refused:
        await archive_ticket(db, ports, ticket["id"], DONE)
    assert refused.value.code == "not_over"


async def test_reaching_archived_plans_the_job_in_the_same_transaction(
    db: Database, ports: ArchivePorts
) -> None:
    ticket = await at_status(db, "closed")
    db.handlers[TicketMoved] = [archive_when_over()]

    async def moved_to(status: str) -> None:
        async with db.write() as tx:
            await tx.emit(TicketMoved(ticket, "closed", status, "archive", SYSTEM_ACTOR, "", DONE))

    await moved_to("appeal_review")
    assert await jobs.claim_due(db, DONE) == []
    await moved_to("archived")
    await moved_to("archived")
    (job,) = await jobs.claim_due(db, DONE)
    assert (job["kind"], job["payload"]) == (ARCHIVE_JOB, {"ticket_id": ticket["id"]})


async def test_a_hold_is_set_and_lifted_by_the_platform_with_a_reason(
    db: Database, ports: ArchivePorts
) -> None:
    ticket_id = await archived(db, ports)
    await hold(db, PLATFORM, ticket_id, "法院调取", DONE)
    found = await dossier(db, PLATFORM, ticket_id, "", DONE)
    assert found["held"] and found["hold_reason"] == "法院调取"
    await lift_hold(db, PLATFORM, ticket_id, "案件已结", DONE)
    assert not (await dossier(db, PLATFORM, ticket_id, "", DONE))["held"]
    async with db.read() as tx:
        kinds = [row["kind"] for row in await tx.all(select(entries).order_by(entries.c.seq))]
        acts = [row["act"] for row in await tx.all(select(access).order_by(access.c.id))]
    assert kinds == ["dossier", "hold_set", "hold_lifted"]
    assert acts == ["hold", "view", "lift_hold", "view"]


@pytest.mark.parametrize(
    ("who", "reason", "code"), [(MERCHANT, "x", "forbidden"), (PLATFORM, " ", "missing_reason")]
)
async def test_a_hold_needs_the_platform_and_a_reason(
    db: Database, ports: ArchivePorts, who: object, reason: str, code: str
) -> None:
    ticket_id = await archived(db, ports)
    with pytest.raises(DomainError) as refused:
        await hold(db, who, ticket_id, reason, DONE)  # type: ignore[arg-type]
    assert refused.value.code == code


async def test_the_ticket_itself_is_left_as_it_was(db: Database, ports: ArchivePorts) -> None:
    ticket_id = await archived(db, ports)
    async with db.read() as tx:
        row = await tx.one(select(ticket_table).where(ticket_table.c.id == ticket_id))
    assert row is not None and row["consumer_name"] == "小满" and row["opened_at"] == NOW
