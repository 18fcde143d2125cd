"""Content goes when its time is over or when a consumer asks; what the law keeps stays, out of sight."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from aftersales import statements, tickets
from aftersales.archive.checking import verify
from aftersales.archive.core.dossier import IMPERSONAL, SECTIONS
from aftersales.archive.erasing import DELETION_JOB, ask_deletion, carry_out_deletion, purge
from aftersales.archive.keeping import archive_ticket, hold, lift_hold
from aftersales.archive.ports import ArchivePorts
from aftersales.archive.reading import Search, dossier, search
from aftersales.archive.store import deletions, files, sections
from aftersales.ledger import parcels, refunds
from aftersales.store import evidence_items, transitions
from aftersales.store import statements as statement_table
from aftersales.store import tickets as ticket_table
from kernel import jobs
from kernel.db import Database
from kernel.errors import DomainError
from tests.aftersales.archive.conftest import DONE, MERCHANT, PLATFORM, Talks, archived
from tests.aftersales.conftest import ACTORS, LATER, at_status, move, opened

THREE_YEARS = DONE.replace(year=2029)


async def bodies(db: Database) -> set[str]:
    async with db.read() as tx:
        return {row["name"] for row in await tx.all(select(sections.c.name))}


async def live(db: Database, ticket_id: str) -> str:
    """Everything the working tables still say about a ticket."""
    async with db.read() as tx:
        rows: list[Any] = []
        for table, column in (
            (ticket_table, "id"),
            (transitions, "ticket_id"),
            (evidence_items, "ticket_id"),
            (statement_table, "ticket_id"),
            (refunds, "ticket_id"),
            (parcels, "ticket_id"),
        ):
            rows += await tx.all(select(table).where(table.c[column] == ticket_id))
    return str([dict(row) for row in rows])


async def test_nothing_goes_a_moment_before_its_time(db: Database, ports: ArchivePorts) -> None:
    await archived(db, ports)
    assert await purge(db, ports, THREE_YEARS - timedelta(microseconds=1)) == 0
    assert await bodies(db) == set(SECTIONS)


@pytest.mark.parametrize(("mode", "left"), [("anonymise", set(IMPERSONAL)), ("delete", set())])
async def test_then_the_content_goes_and_the_chain_still_holds(
    db: Database, ports: ArchivePorts, talks: Talks, mode: Any, left: set[str]
) -> None:
    ticket_id = await archived(db, ports)
    await archived(db, ports, "k2", conversation_id="c_2")
    assert await purge(db, ports, THREE_YEARS, mode, limit=1) == 1
    assert await purge(db, ports, THREE_YEARS, mode) == 1
    assert await purge(db, ports, THREE_YEARS, mode) == 0
    assert await bodies(db) == left
    verdict = await verify(db)
    assert verdict.holds and verdict.entries == 4
    gone = await dossier(db, PLATFORM, ticket_id, "", THREE_YEARS)
    assert gone["consumer_id"] is None and gone["order_no"] is None and gone["erased_at"]
    assert gone["sections"]["consumer"]["body"] is None and len(gone["sections"]["consumer"]["hash"]) == 64
    left_over = await live(db, ticket_id)
    for word in ("小满", "u_1", "331234567890123456", "f_1", "SF7300000001"):
        assert word not in left_over
    assert sorted(ids for conversation, _ in talks.erased for ids in conversation) == ["c_1", "c_2"]


async def test_a_hold_keeps_everything_until_it_is_lifted(db: Database, ports: ArchivePorts) -> None:
    ticket_id = await archived(db, ports)
    await hold(db, PLATFORM, ticket_id, "法院调取", DONE)
    assert await purge(db, ports, THREE_YEARS) == 0
    await lift_hold(db, PLATFORM, ticket_id, "案件已结", THREE_YEARS)
    assert await purge(db, ports, THREE_YEARS) == 1


async def test_a_conversation_stays_while_another_case_needs_it(
    db: Database, ports: ArchivePorts, talks: Talks
) -> None:
    await archived(db, ports)
    second = await opened(db, "k2")  # in the same conversation, and still running
    await purge(db, ports, THREE_YEARS)
    assert talks.erased == []
    await move(db, second["id"], "withdraw", "consumer", THREE_YEARS)
    await archive_ticket(db, ports, second["id"], THREE_YEARS)
    await purge(db, ports, THREE_YEARS.replace(year=2032))
    assert talks.erased == [(["c_1"], set())]


async def test_both_dossiers_of_a_case_that_was_opened_again_are_erased(
    db: Database, ports: ArchivePorts
) -> None:
    ticket_id = await archived(db, ports, status="withdrawn")
    for trigger in ("reopen", "withdraw"):
        await tickets.transition(db, ticket_id, trigger, ACTORS["consumer"], now=DONE)
    await archive_ticket(db, ports, ticket_id, DONE)
    assert await purge(db, ports, THREE_YEARS) == 1
    assert await bodies(db) == set(IMPERSONAL) and (await verify(db)).holds


async def test_a_consumers_wish_moves_what_must_be_kept_out_of_sight_and_deletes_the_rest(
    db: Database, ports: ArchivePorts, talks: Talks
) -> None:
    old = await archived(db, ports)
    fresh = await at_status(db, "withdrawn", "k2")  # over, not in the archive yet
    wish = await ask_deletion(db, "u_1", "不想留了", DONE)
    done = await carry_out_deletion(db, ports, wish["id"], DONE)
    assert done["done_at"] == DONE and done["result"]["restricted"] == 2
    assert talks.erased == [(["c_1", "c_small_talk"], {"f_1", "f_2"})]
    for ticket_id in (old, fresh["id"]):
        assert "小满" not in await live(db, ticket_id)
        with pytest.raises(DomainError) as refused:
            await dossier(db, MERCHANT, ticket_id, "看看", DONE)
        assert refused.value.code == "not_found"
        with pytest.raises(DomainError) as refused:
            await dossier(db, PLATFORM, ticket_id, "", DONE)
        assert refused.value.code == "missing_reason"
        found = await dossier(db, PLATFORM, ticket_id, "监管要求", DONE)
        assert found["sections"]["consumer"]["body"]["name"] == "小满"
    assert await search(db, PLATFORM, Search(), DONE) == ([], None)
    hidden, _ = await search(db, PLATFORM, Search(restricted=True), DONE, reason="监管要求")
    assert len(hidden) == 2
    with pytest.raises(DomainError):
        await search(db, MERCHANT, Search(restricted=True), DONE, reason="x")
    assert (await verify(db)).holds


async def test_what_was_stated_and_shown_is_kept_in_the_dossier_and_nowhere_else(
    db: Database, ports: ArchivePorts, talks: Talks
) -> None:
    ticket = await at_status(db, "evidence_period")
    photo = {"file_id": "f_3", "kind": "image", "sha256": "c" * 64}
    await statements.add(db, ticket["id"], ACTORS["consumer"], "我家住在梧桐路", [photo], LATER)
    await move(db, ticket["id"], "withdraw", "consumer", reason="搬到银杏街了")
    await carry_out_deletion(db, ports, (await ask_deletion(db, "u_1", "", DONE))["id"], DONE)
    assert talks.erased[0][1] == {"f_1", "f_2", "f_3"}
    left_over = await live(db, ticket["id"])
    assert "梧桐路" not in left_over and "银杏街" not in left_over
    found = await dossier(db, PLATFORM, ticket["id"], "监管要求", DONE)
    assert found["sections"]["decisions"]["body"]["statements"][0]["text"] == "我家住在梧桐路"


async def test_what_is_out_of_sight_is_erased_when_its_time_comes(db: Database, ports: ArchivePorts) -> None:
    ticket_id = await archived(db, ports)
    await carry_out_deletion(db, ports, (await ask_deletion(db, "u_1", "", DONE))["id"], DONE)
    assert await purge(db, ports, THREE_YEARS) == 1
    found = await dossier(db, PLATFORM, ticket_id, "核对", THREE_YEARS)
    assert found["sections"]["record"]["body"] is None
    assert (await verify(db)).holds


async def test_a_dossier_of_a_forgotten_person_is_never_replaced_by_an_emptier_one(
    db: Database, ports: ArchivePorts
) -> None:
    ticket_id = await archived(db, ports, status="withdrawn")
    await carry_out_deletion(db, ports, (await ask_deletion(db, "u_1", "", DONE))["id"], DONE)
    await tickets.transition(db, ticket_id, "reopen", ACTORS["consumer"], now=DONE)
    await tickets.transition(db, ticket_id, "withdraw", ACTORS["consumer"], now=DONE)
    assert await archive_ticket(db, ports, ticket_id, DONE) == 1
    async with db.read() as tx:
        row = await tx.one(select(files))
    assert row is not None and row["consumer_id"] == "u_1"


async def test_a_case_that_still_runs_is_finished_first(
    db: Database, ports: ArchivePorts, talks: Talks
) -> None:
    running = await opened(db, "k2", conversation_id="c_1")
    wish = await ask_deletion(db, "u_1", "", DONE)
    (first,) = await jobs.claim_due(db, DONE)
    assert first["kind"] == DELETION_JOB
    done = await carry_out_deletion(db, ports, wish["id"], DONE)
    assert done["done_at"] is None and done["result"]["still_running"] == [running["id"]]
    assert talks.erased == [(["c_small_talk"], set())]  # the running case's own conversation stays
    await move(db, running["id"], "withdraw", "consumer")
    (again,) = await jobs.claim_due(db, DONE + timedelta(days=1))
    done = await carry_out_deletion(db, ports, again["payload"]["deletion_id"], DONE + timedelta(days=1))
    assert done["done_at"] and done["result"]["restricted"] == 1
    assert talks.erased[-1][0] == ["c_1", "c_small_talk"]


async def test_asking_twice_is_one_wish_and_carrying_out_twice_does_nothing_more(
    db: Database, ports: ArchivePorts
) -> None:
    await archived(db, ports)
    first = await ask_deletion(db, "u_1", "a", DONE)
    assert (await ask_deletion(db, "u_1", "b", DONE + timedelta(hours=1)))["id"] == first["id"]
    for _ in range(2):
        await carry_out_deletion(db, ports, first["id"], DONE)
    async with db.read() as tx:
        rows = await tx.all(select(deletions))
    assert len(rows) == 1 and (await verify(db)).entries == 2


async def test_somebody_elses_cases_are_left_alone(db: Database, ports: ArchivePorts) -> None:
    other = await archived(db, ports, consumer_id="u_2", consumer_name="大勇", conversation_id="c_9")
    await carry_out_deletion(db, ports, (await ask_deletion(db, "u_1", "", DONE))["id"], DONE)
    assert "大勇" in await live(db, other)
    assert [row["ticket_id"] for row in (await search(db, PLATFORM, Search(), DONE))[0]] == [other]
