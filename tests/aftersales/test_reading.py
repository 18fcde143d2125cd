"""Finding tickets: pages that miss nothing, filters that leak nothing."""

from datetime import timedelta

import pytest

from aftersales import reading
from kernel.db import Database
from kernel.errors import DomainError
from tests.aftersales.conftest import NOW, move, opened, order_line


async def ids(db: Database, **filters: object) -> list[str]:
    found, _ = await reading.list_tickets(db, **filters)  # type: ignore[arg-type]
    return [ticket["id"] for ticket in found]


async def test_pages_follow_each_other_without_gap_or_repeat(db: Database) -> None:
    # Three opened at the very same moment, so that the number has to decide.
    made = [(await opened(db, f"k{n}", NOW + timedelta(minutes=n // 3)))["id"] for n in range(8)]
    seen: list[str] = []
    cursor: str | None = None
    for size in (3, 3, 2):
        page, cursor = await reading.list_tickets(db, cursor=cursor, limit=3)
        assert len(page) == size
        seen += [ticket["id"] for ticket in page]
    assert cursor is None
    assert sorted(seen) == sorted(made)
    assert seen == [
        *sorted(made[6:8], reverse=True),
        *sorted(made[3:6], reverse=True),
        *sorted(made[:3], reverse=True),
    ]


async def test_a_ticket_opened_while_paging_shifts_nothing(db: Database) -> None:
    made = [(await opened(db, f"k{n}", NOW + timedelta(minutes=n)))["id"] for n in range(4)]
    first, cursor = await reading.list_tickets(db, limit=2)
    await opened(db, "new", NOW + timedelta(hours=1))
    rest, _ = await reading.list_tickets(db, cursor=cursor, limit=2)
    assert [ticket["id"] for ticket in first + rest] == made[::-1]


@pytest.mark.parametrize(
    "cursor", ["x", "5", "W10=", "WzEsMl0=", "WyIyMDI2LTExLTI0VDAwOjAwOjAwIiwgIkFYIl0=", "中文"]
)
async def test_a_cursor_that_is_none_of_ours_is_refused(db: Database, cursor: str) -> None:
    with pytest.raises(DomainError) as caught:
        await reading.list_tickets(db, cursor=cursor)
    assert (caught.value.code, caught.value.status) == ("bad_cursor", 422)


async def test_tickets_are_found_by_party_consumer_and_status(db: Database) -> None:
    mine = await opened(db, "k1")
    other = await opened(db, "k2", consumer_id="u_2", order_line=order_line(merchant_id="m_2"))
    nobodys = await opened(db, "k3", order_line=None)
    await move(db, mine["id"], "accept")
    assert await ids(db, party="m_2") == [other["id"]]
    assert await ids(db, party="platform") == [nobodys["id"]]
    assert sorted(await ids(db, consumer_id="u_1")) == sorted([mine["id"], nobodys["id"]])
    assert await ids(db, party="m_1", status="accepted") == [mine["id"]]
    assert await ids(db, party="m_2", status="accepted") == []
    assert len(await ids(db)) == 3


@pytest.mark.parametrize("filters", [{"party": ""}, {"consumer_id": ""}, {"status": ""}])
async def test_an_empty_filter_finds_nothing_rather_than_everything(
    db: Database, filters: dict[str, str]
) -> None:
    await opened(db)
    assert await ids(db, **filters) == []


async def test_tickets_are_found_by_number_order_and_name(db: Database) -> None:
    ticket = await opened(db, "k1", consumer_name="林小满")
    await opened(db, "k2", consumer_name="50%_off", order_line=order_line(order_no="339999999999999999"))
    for q in (ticket["id"], ticket["id"].lower(), f" {order_line().order_no} ", "小满"):
        assert await ids(db, q=q) == [ticket["id"]]
    assert await ids(db, q=ticket["id"][:-1]) == []
    for q in ("", "  ", "\0", None):
        assert len(await ids(db, q=q)) == 2


@pytest.mark.parametrize(("q", "hits"), [("%", 1), ("_", 1), ("0%_o", 1), ("'; drop table tickets; --", 0)])
async def test_signs_that_mean_something_to_sql_mean_nothing_here(db: Database, q: str, hits: int) -> None:
    await opened(db, "k1", consumer_name="林小满")
    await opened(db, "k2", consumer_name="50%_off")
    assert len(await ids(db, q=q)) == hits


async def test_the_open_tickets_of_a_consumer_are_the_unfinished_ones_newest_first(db: Database) -> None:
    made = [await opened(db, f"k{n}", NOW + timedelta(minutes=n)) for n in range(3)]
    await opened(db, "other", consumer_id="u_2")
    await move(db, made[1]["id"], "withdraw", "consumer")
    found = await reading.open_of_consumer(db, "u_1")
    assert [ticket["id"] for ticket in found] == [made[2]["id"], made[0]["id"]]
    assert len(await reading.open_of_consumer(db, "u_1", limit=1)) == 1


async def test_the_tickets_of_conversations_come_oldest_first(db: Database) -> None:
    made = [
        await opened(db, f"k{n}", NOW + timedelta(minutes=n), conversation_id=f"c_{n % 2}") for n in range(3)
    ]
    async with db.read() as tx:
        found = await reading.of_conversations(tx, ["c_0"])
        assert [ticket["id"] for ticket in found] == [made[0]["id"], made[2]["id"]]
        assert len(await reading.of_conversations(tx, ["c_0", "c_1"])) == 3
        assert await reading.of_conversations(tx, []) == []


async def test_an_unknown_ticket_is_not_found(db: Database) -> None:
    with pytest.raises(DomainError) as caught:
        await reading.find(db, "AX1")
    assert caught.value.status == 404
