"""The archive is searched by everything people know a case by; every look is written down."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from aftersales.archive.ports import ArchivePorts
from aftersales.archive.reading import Search, dossier, search
from aftersales.archive.store import access
from aftersales.archive.watching import access_log
from kernel.db import Database
from kernel.errors import DomainError
from kernel.principal import Principal
from tests.aftersales.archive.conftest import DONE, MERCHANT, PLATFORM, RIVAL, TRAINER, archived, unguarded
from tests.aftersales.conftest import order_line

OTHER = order_line(
    order_no="990000000000000001", merchant_id="m_2", merchant_name="二号店", consumer_id="u_2"
)


async def found(db: Database, who: Principal = PLATFORM, **wanted: Any) -> list[str]:
    rows, _ = await search(db, who, Search(**wanted), DONE)
    return [row["ticket_id"] for row in rows]


async def test_by_order_consumer_merchant_type_and_time(db: Database, ports: ArchivePorts) -> None:
    mug = await archived(db, ports)
    unfit = {"issue_type": "size", "sub_type": "size_unfit"}
    size = await archived(db, ports, "k2", "withdrawn", consumer_id="u_2", order_line=OTHER, **unfit)
    assert await found(db, order_no="331234567890123456") == [mug]
    assert await found(db, consumer_id="u_2") == [size]
    assert await found(db, party="m_2") == [size]
    assert await found(db, issue_type="quality") == [mug]
    assert set(await found(db, since=DONE - timedelta(hours=1), until=DONE + timedelta(hours=1))) == {
        mug,
        size,
    }
    assert await found(db, since=DONE + timedelta(hours=1)) == []
    assert await found(db, until=DONE) == []
    assert await found(db, order_no="331234567890123456", party="m_2") == []


async def test_a_merchant_finds_its_own_whatever_it_asks_for(db: Database, ports: ArchivePorts) -> None:
    await archived(db, ports)
    theirs = await archived(db, ports, "k2", order_line=OTHER)
    assert await found(db, RIVAL) == [theirs]
    assert await found(db, RIVAL, party="m_1") == []


async def test_pages_follow_each_other_without_gap_or_repeat(db: Database, ports: ArchivePorts) -> None:
    made = {await archived(db, ports, f"k{number}", "withdrawn") for number in range(7)}
    seen: list[str] = []
    cursor = None
    while True:
        rows, cursor = await search(db, PLATFORM, Search(), DONE, cursor=cursor, limit=3)
        seen += [row["ticket_id"] for row in rows]
        if cursor is None:
            break
    assert len(seen) == 7 and set(seen) == made


@pytest.mark.parametrize("cursor", ["x", "WyJ4Il0=", "bnVsbA=="])
async def test_a_cursor_that_is_none_of_ours_is_refused(db: Database, cursor: str) -> None:
    with pytest.raises(DomainError) as refused:
        await search(db, PLATFORM, Search(), DONE, cursor=cursor)
    assert refused.value.code == "bad_cursor"


async def test_who_looked_when_at_what_and_why_is_kept(db: Database, ports: ArchivePorts) -> None:
    ticket_id = await archived(db, ports)
    await dossier(db, MERCHANT, ticket_id, "消费者来电", DONE)
    await search(db, PLATFORM, Search(order_no="1"), DONE, reason="抽查")
    looked, searched = reversed(await access_log(db, PLATFORM))
    assert (looked["actor_id"], looked["act"], looked["ticket_id"], looked["reason"]) == (
        "a_1", "view", ticket_id, "消费者来电",
    )  # fmt: skip
    assert looked["at"] == "2026-11-24T04:05:00.000Z"
    assert (searched["act"], searched["data"]) == ("search", {"wanted": {"order_no": "1"}})
    assert [line["act"] for line in await access_log(db, PLATFORM, ticket_id)] == ["view"]


@pytest.mark.parametrize("who", [RIVAL, TRAINER])
async def test_a_stranger_learns_nothing_and_his_try_changes_nothing(
    db: Database, ports: ArchivePorts, who: Principal
) -> None:
    ticket_id = await archived(db, ports)
    with pytest.raises(DomainError) as refused:
        await dossier(db, who, ticket_id, "x", DONE)
    assert refused.value.code == "not_found"
    async with db.read() as tx:
        assert await tx.all(select(access)) == []


async def test_trainers_do_not_search_and_merchants_do_not_read_the_log(db: Database) -> None:
    with pytest.raises(DomainError):
        await search(db, TRAINER, Search(), DONE)
    with pytest.raises(DomainError):
        await access_log(db, MERCHANT)


async def test_a_section_that_was_changed_is_shown_as_not_intact(db: Database, ports: ArchivePorts) -> None:
    ticket_id = await archived(db, ports)
    await unguarded(db, "UPDATE archive_sections SET body = '{\"proof\":\"x\"}' WHERE name = 'execution'")
    found_ = await dossier(db, PLATFORM, ticket_id, "", DONE)
    assert not found_["sections"]["execution"]["intact"] and found_["sections"]["case"]["intact"]
