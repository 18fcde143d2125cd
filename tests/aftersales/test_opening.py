"""Opening tickets, on SQLite and on PostgreSQL."""

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import func, select

from aftersales.core.rulebook import Rulebook
from aftersales.core.ticket import TicketOpened
from aftersales.store import evidence_items, tickets, transitions
from kernel.db import Database, Tx
from tests.aftersales.conftest import LATER, NOW, PHOTOS, opened, order_line


async def count(db: Database, table: Any) -> int:
    async with db.read() as tx:
        return int(await tx.scalar(select(func.count()).select_from(table)))


async def test_a_new_ticket_says_everything_that_is_known(db: Database, rulebook: Rulebook) -> None:
    ticket = await opened(db)
    assert re.fullmatch(r"AX20261124\d{6}", ticket["id"])
    assert (ticket["status"], ticket["status_label"], ticket["version"]) == ("submitted", "已申请", 1)
    assert (ticket["issue_label"], ticket["rule_version"]) == ("商品破损", rulebook.version)
    assert ticket["order"]["line_id"] == order_line().line_id
    assert ticket["merchant"] == {"id": "m_1", "name": "一号店"}
    assert ticket["consumer"] == {"id": "u_1", "name": "小满"}
    assert ticket["record"] == {"from_seq": 3, "to_seq": 9}
    assert (ticket["due_label"], ticket["next_step"]) == ("11月24日 14:00前受理", "商家会先受理您的申请")
    assert [ticket[k] for k in ("proposal", "proof", "closed_at", "rating")] == [None] * 4


async def test_the_day_in_a_tickets_number_is_shanghais(db: Database) -> None:
    assert (await opened(db, now=NOW.replace(hour=16)))["id"].startswith("AX20261125")


async def test_evidence_is_kept_with_its_sha256_who_gave_it_and_when(db: Database) -> None:
    collected = {
        "damage_photo": {"files": ["f_1", "f_2"], "text": None, "waived": False},
        "whole_photo": {"files": [], "text": None, "waived": True},
    }
    ticket = await opened(db, collected=collected)
    shown = {item["item_id"]: item for item in ticket["evidence"]}
    assert {key: item["status"] for key, item in shown.items()} == {
        "damage_photo": "provided",
        "whole_photo": "waived",
        "label_photo": "missing",
        "unboxing_video": "missing",
    }
    assert shown["damage_photo"]["files"] == [f | {"url": f"/api/v1/files/{f['file_id']}"} for f in PHOTOS]
    async with db.read() as tx:
        rows = await tx.all(select(evidence_items).order_by(evidence_items.c.id))
    assert {(row["provided_by"], row["at"]) for row in rows} == {("u_1", NOW)}
    assert rows[0]["files"][0]["sha256"] == "a" * 64


async def test_the_same_key_opens_one_ticket(db: Database) -> None:
    first = await opened(db)
    assert await opened(db, now=LATER) == first
    assert (await opened(db, key="k2"))["id"] != first["id"]
    assert await count(db, tickets) == 2


async def test_one_key_at_the_same_moment_from_many_sides_opens_one_ticket(db: Database) -> None:
    found = await asyncio.gather(*(opened(db) for _ in range(8)))
    assert len({ticket["id"] for ticket in found}) == 1
    assert await count(db, tickets) == 1
    assert await count(db, evidence_items) == 4


async def test_a_number_that_is_taken_is_drawn_again(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([7, 7, 7, 8])
    monkeypatch.setattr("aftersales.tickets.secrets.randbelow", lambda _most: next(drawn))
    first, second = await opened(db, key="k1"), await opened(db, key="k2")
    assert (first["id"], second["id"]) == ("AX20261124000007", "AX20261124000008")
    assert await count(db, evidence_items) == 8


async def test_without_an_order_the_platform_has_the_ticket(db: Database) -> None:
    ticket = await opened(db, order_line=None)
    assert (ticket["order"], ticket["merchant"]) == (None, None)
    assert ticket["next_step"] == "客服会先受理您的申请"
    async with db.read() as tx:
        assert await tx.scalar(select(tickets.c.party)) == "platform"


async def test_a_wish_that_the_rulebook_does_not_know_is_not_kept_as_a_remedy(db: Database) -> None:
    assert (await opened(db, "k1", remedy="exchange"))["remedy_label"] == "换货"
    assert (await opened(db, "k2", remedy="a_new_car"))["remedy"] is None


@pytest.mark.parametrize("issue_type", ["quality", "size", "service_complaint"])
async def test_an_open_sub_type_gets_the_list_of_its_type(db: Database, issue_type: str) -> None:
    ticket = await opened(db, issue_type=issue_type, sub_type=None, collected={})
    assert ticket["evidence"]
    assert {item["status"] for item in ticket["evidence"]} == {"missing"}


async def test_an_event_that_cannot_be_handled_leaves_no_ticket_behind(db: Database) -> None:
    async def fail(_tx: Tx, _event: Any) -> None:
        raise RuntimeError("the record is full")

    db.handlers[TicketOpened] = [fail]
    with pytest.raises(RuntimeError):
        await opened(db)
    assert [await count(db, table) for table in (tickets, evidence_items, transitions)] == [0, 0, 0]
