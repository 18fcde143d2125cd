"""Earlier tickets of a line count: a repair stops its warranty's clock, an exchange sets it back."""

from dataclasses import replace
from datetime import timedelta

from aftersales.entitling import answer_for, history_of
from aftersales.reading import find
from aftersales.rulebook_store import load_rulebook
from aftersales.views import next_triggers
from kernel.db import Database
from tests.aftersales.conftest import ACTORS, LATER, NOW, at_status, move, opened, order_line

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
    await move(db, ticket["id"], "send_back", "consumer", NOW, carrier="顺丰速运", waybill_no="SF7300000001")
    await move(db, ticket["id"], "goods_received", now=NOW)
    await move(db, ticket["id"], "complete", "arbiter", proof=WORKS[remedy], now=NOW + timedelta(days=days))


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


async def test_a_repair_begins_when_the_merchant_has_the_goods_whatever_comes_after(db: Database) -> None:
    ticket = await at_status(db, "repairing", "k1", order_line=LINE, sub_type="quality_malfunction")
    await move(
        db, ticket["id"], "ship", carrier="顺丰速运", waybill_no="SF7300000003", now=NOW + timedelta(days=8)
    )
    await move(db, ticket["id"], "complete", "arbiter", proof="SF7300000003", now=NOW + timedelta(days=10))
    async with db.read() as tx:
        past = await history_of(tx, LINE)
        earlier = await history_of(tx, LINE, before=NOW + timedelta(days=9))
    assert past.repairs == ((LATER, NOW + timedelta(days=10)),)
    assert earlier.repairs == ()


async def test_a_ticket_shows_what_its_order_entitled_to_when_it_was_opened(db: Database) -> None:
    ticket = await opened(db, order_line=order_line(signed_at=NOW - timedelta(days=6)))
    _, shown = await find(db, ticket["id"], history=True)
    assert shown["entitlements"]["at"] == ticket["opened_at"]
    assert shown["entitlements"]["quality_return"]["allowed"]
    assert shown["decision"]["label"] == "质量问题，收货 7 日内"
    assert shown["decision"]["remedies"][0] == {"value": "return_refund", "label": "退货退款"}
    without = await opened(db, "k2", order_line=None)
    _, shown = await find(db, without["id"], history=True)
    assert (shown["entitlements"], shown["decision"]["label"]) == (None, "责任还不明确")


async def test_an_order_that_was_not_sent_is_refunded_whatever_the_complaint(db: Database) -> None:
    line = order_line(status="paid", shipped_at=None, signed_at=None, waybill_no=None)
    confirmed = {"intact": {"files": [], "text": "是", "waived": False}}
    shown = await opened(
        db, order_line=line, issue_type="no_reason", sub_type="no_reason_return", collected=confirmed
    )
    assert (shown["status"], shown["phase"], shown["remedy"]) == ("executing", "refunding", "refund_only")
    by_hand = await at_status(db, "accepted", "k2", order_line=replace(line, paid_fen=90000, line_no=2))
    choices = next(
        need for step in next_triggers(by_hand, ACTORS["merchant"], load_rulebook()) if step["trigger"] == "agree"
        for need in step["needs"] if need["name"] == "remedy"
    )["options"]  # fmt: skip
    assert choices[0] == {"value": "refund_only", "label": "仅退款"}
