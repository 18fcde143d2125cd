"""Earlier tickets of a line count: a repair stops its warranty's clock, an exchange sets it back."""

from datetime import timedelta

from aftersales.entitling import answer_for, history_of
from kernel.db import Database
from tests.aftersales.conftest import NOW, at_status, move, order_line

WORKS = {"repair": "SF7300000009", "exchange": "SF7300000008"}
LINE = order_line(warranty_months=12)


async def done(db: Database, key: str, remedy: str, line_no: int = 1, days: int = 10) -> None:
    ticket = await at_status(
        db,
        "accepted",
        key,
        sub_type="quality_defect",
        order_line=order_line(line_no=line_no, warranty_months=12),
    )
    await move(db, ticket["id"], "agree", remedy=remedy, now=NOW)
    await move(db, ticket["id"], "complete", proof=WORKS[remedy], now=NOW + timedelta(days=days))


async def test_a_line_without_tickets_has_no_history(db: Database) -> None:
    async with db.read() as tx:
        past = await history_of(tx, LINE)
    assert (past.repairs, past.exchanged_at) == ((), None)


async def test_a_finished_repair_is_added_to_the_warranty(db: Database) -> None:
    before = (await answer_for(db, LINE, NOW))["warranty"]["until"]
    await done(db, "k1", "repair")
    await at_status(db, "accepted", "k2", order_line=LINE)  # open: nothing was repaired yet
    async with db.read() as tx:
        past = await history_of(tx, LINE)
    assert past.repairs == ((NOW, NOW + timedelta(days=10)),)
    after = (await answer_for(db, LINE, NOW + timedelta(days=20)))["warranty"]["until"]
    assert (before[:10], after[:10]) == ("2027-11-23", "2027-12-03")


async def test_an_exchange_begins_the_warranty_anew_and_only_for_its_own_line(db: Database) -> None:
    await done(db, "k1", "exchange")
    await done(db, "k2", "repair", line_no=2)
    async with db.read() as tx:
        past = await history_of(tx, LINE)
    assert (past.repairs, past.exchanged_at) == ((), NOW + timedelta(days=10))


async def test_two_repairs_open_the_exchange_again(db: Database) -> None:
    for key in ("k1", "k2"):
        await done(db, key, "repair")
    found = await answer_for(db, LINE, NOW + timedelta(days=60))
    assert found["quality_exchange"]["allowed"] is True
    assert "修过2次" in found["quality_exchange"]["reason"]
