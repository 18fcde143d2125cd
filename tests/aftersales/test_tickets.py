"""Tickets on real databases: opened once, moved by the table, never closed without proof."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from aftersales import execution, tickets
from aftersales.core.refund import split
from aftersales.core.ticket import Actor, TicketMoved, TicketOpened
from aftersales.gateways.demo_orders import CONSUMERS, DemoOrders
from aftersales.gateways.payments import DemoPayments, RefundOrder
from aftersales.rulebook_store import load_rulebook
from aftersales.tickets import OpenTicket
from kernel import jobs
from kernel.db import Database, Tx
from kernel.errors import DomainError

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
LINE = DemoOrders(NOW)._lines[0]
CONSUMER = Actor("consumer", CONSUMERS[0].id, CONSUMERS[0].name)
MERCHANT = Actor("merchant", "a_1", "林晓", LINE.merchant_id)


def order(key: str = "k1", **more: Any) -> OpenTicket:
    given: dict[str, Any] = {
        "key": key,
        "conversation_id": "c_1",
        "consumer_id": CONSUMER.id,
        "consumer_name": CONSUMER.name,
        "order_line": LINE,
        "issue_type": "quality",
        "sub_type": "quality_damaged",
        "collected": {"damage_photo": {"files": ["f1"], "text": None, "waived": False}},
        "attachments": [{"file_id": "f1", "kind": "image", "sha256": "ab" * 32}],
        "record_from": 2,
        "record_to": 5,
    }
    return OpenTicket(**(given | more))


async def opened(db: Database, key: str = "k1", **more: Any) -> dict[str, Any]:
    return await tickets.open_ticket(db, order(key, **more), load_rulebook(), NOW)


async def move(
    db: Database, ticket: dict[str, Any], trigger: str, actor: Actor = MERCHANT, **more: Any
) -> dict[str, Any]:
    return await tickets.transition(db, ticket["id"], trigger, actor, now=NOW, **more)


async def executing(db: Database, **data: Any) -> dict[str, Any]:
    ticket = await opened(db)
    await move(db, ticket, "accept")
    return await move(db, ticket, "agree", reason="确为破损", data={"remedy": "return_refund"} | data)


async def test_one_key_opens_one_ticket_however_often_and_at_once(db: Database) -> None:
    found = await asyncio.gather(*(opened(db) for _ in range(10)))
    assert len({ticket["id"] for ticket in found}) == 1
    assert (await opened(db, "k2"))["id"] != found[0]["id"]


async def test_a_ticket_holds_its_evidence_with_hashes_and_its_part_of_the_record(db: Database) -> None:
    ticket = await opened(db)
    assert ticket["id"].startswith("AX20261124")
    assert ticket["record"] == {"from_seq": 2, "to_seq": 5}
    by_id = {item["item_id"]: item for item in ticket["evidence"]}
    assert by_id["damage_photo"]["status"] == "provided"
    assert by_id["damage_photo"]["files"][0]["sha256"] == "ab" * 32
    assert by_id["whole_photo"]["status"] == "missing"
    assert (ticket["rule_version"], ticket["due_at"]) == ("2026-11", "2026-11-24T06:00:00.000Z")


async def test_events_are_raised_in_the_tickets_own_transaction(db: Database) -> None:
    heard: list[Any] = []

    async def hear(_tx: Tx, event: Any) -> None:
        heard.append(event)

    db.handlers.update({TicketOpened: [hear], TicketMoved: [hear]})
    ticket = await opened(db)
    await move(db, ticket, "accept")
    assert [type(event) for event in heard] == [TicketOpened, TicketMoved]
    assert "AX" in heard[0].text

    async def fail(_tx: Tx, _event: Any) -> None:
        raise RuntimeError("the record could not be written")

    db.handlers[TicketMoved] = [fail]
    with pytest.raises(RuntimeError):
        await move(db, ticket, "negotiate")
    _, after = await tickets.find(db, ticket["id"])
    assert after["status"] == "accepted"


async def test_a_refund_is_executed_once_and_its_receipt_is_the_proof(db: Database) -> None:
    ticket = await executing(db)
    assert ticket["proposal"]["amount_fen"] == LINE.paid_fen
    given: dict[str, Any] = {"reason": "", "data": {}, "expected_version": None, "now": NOW}
    closed = await execution.complete(db, DemoPayments(), ticket["id"], MERCHANT, **given)
    assert (closed["status"], closed["status_label"]) == ("closed", "完结")
    order = RefundOrder(
        f"{ticket['id']}:refund", "refund", LINE.order_no, ticket["consumer"]["id"],
        split(LINE.paid_fen, LINE.paid_fen, LINE.payment),
    )  # fmt: skip
    (first,) = (await DemoPayments().refund(order)).parts
    assert first.receipt_no in closed["proof"]
    with pytest.raises(DomainError) as again:
        await execution.complete(db, DemoPayments(), ticket["id"], MERCHANT, **given)
    assert again.value.code == "illegal_transition"


async def test_without_proof_nothing_is_完结(db: Database) -> None:
    ticket = await executing(db, remedy="exchange")
    with pytest.raises(DomainError) as refusal:
        await move(db, ticket, "complete")
    assert (refusal.value.code, refusal.value.details["kind"]) == ("missing_proof", "waybill")
    closed = await move(db, ticket, "complete", data={"proof": "SF7300010007"})
    assert closed["status_label"] == "完结"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"remedy": "repair"}, "remedy_not_allowed"),
        ({"remedy": "return_refund", "amount_fen": LINE.paid_fen + 1}, "amount_too_high"),
        ({"remedy": "return_refund", "amount_fen": 0}, "bad_amount"),
        ({"remedy": "return_refund", "amount_fen": -5}, "bad_amount"),
        ({"remedy": "return_refund", "freight_payer": "nobody"}, "bad_payer"),
        ({}, "missing_field"),
    ],
)
async def test_a_proposal_stays_within_the_rulebook_and_what_was_paid(
    db: Database, data: dict[str, Any], code: str
) -> None:
    ticket = await opened(db)
    await move(db, ticket, "accept")
    with pytest.raises(DomainError) as refusal:
        await move(db, ticket, "propose", reason="协商", data=data)
    assert refusal.value.code == code


async def test_a_rejected_proposal_is_negotiated_further_and_every_move_has_actor_and_reason(
    db: Database,
) -> None:
    ticket = await opened(db)
    await move(db, ticket, "accept")
    await move(db, ticket, "propose", reason="先补偿", data={"remedy": "goodwill", "amount_fen": 500})
    after = await move(db, ticket, "reject_proposal", CONSUMER, reason="太少了")
    assert after["status"] == "negotiating"
    _, shown = await tickets.find(db, ticket["id"], history=True)
    assert [(entry["actor_kind"], bool(entry["reason"])) for entry in shown["history"]] == [
        ("consumer", True),
        ("merchant", True),
        ("merchant", True),
        ("consumer", True),
    ]


async def test_of_two_people_moving_at_once_one_is_told_to_look_again(db: Database) -> None:
    ticket = await opened(db)
    moves = [move(db, ticket, "accept", expected_version=1) for _ in range(2)]
    results = await asyncio.gather(*moves, return_exceptions=True)
    refusals = [result for result in results if isinstance(result, DomainError)]
    assert [refusal.code for refusal in refusals] == ["stale_ticket"]


async def test_a_deadline_acts_once_and_not_after_the_ticket_moved_on(db: Database) -> None:
    ticket = await opened(db)
    due = await jobs.claim_due(db, NOW + timedelta(hours=3))
    assert [job["kind"] for job in due] == [tickets.DEADLINE_JOB]
    for _ in range(2):
        await tickets.handle_deadline(db, due[0]["payload"], NOW + timedelta(hours=3))
    row, shown = await tickets.find(db, ticket["id"], history=True)
    assert (row["status"], len(shown["history"])) == ("accepted", 2)
    assert shown["history"][-1]["actor_kind"] == "system"
    assert await jobs.claim_due(db, NOW + timedelta(days=30)) == []


async def test_silence_about_a_proposal_withdraws_and_the_consumer_can_reopen(db: Database) -> None:
    ticket = await opened(db)
    await move(db, ticket, "accept")
    await move(db, ticket, "propose", reason="换新", data={"remedy": "exchange"})
    due = await jobs.claim_due(db, NOW + timedelta(hours=73))
    await tickets.handle_deadline(db, due[0]["payload"], NOW + timedelta(hours=73))
    _, shown = await tickets.find(db, ticket["id"])
    assert shown["status"] == "withdrawn"
    assert (await move(db, ticket, "reopen", CONSUMER))["status"] == "submitted"


async def test_only_a_closed_ticket_is_rated_and_only_by_its_consumer(db: Database) -> None:
    ticket = await opened(db)
    with pytest.raises(DomainError, match="not_closed"):
        await tickets.rate(db, ticket["id"], CONSUMER.id, 5, "")
    with pytest.raises(DomainError, match="not_found"):
        await tickets.rate(db, ticket["id"], "somebody else", 5, "")
    with pytest.raises(DomainError, match="bad_score"):
        await tickets.rate(db, ticket["id"], CONSUMER.id, 6, "")


async def test_lists_page_through_everything_once_and_show_only_the_party(db: Database) -> None:
    for place in range(7):
        await tickets.open_ticket(
            db, order(f"k{place}"), load_rulebook(), NOW + timedelta(seconds=place // 2)
        )
    seen: list[str] = []
    cursor = None
    while True:
        page, cursor = await tickets.list_tickets(db, party=LINE.merchant_id, cursor=cursor, limit=3)
        seen += [ticket["id"] for ticket in page]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 7
    assert (await tickets.list_tickets(db, party="m_other"))[0] == []
    assert len((await tickets.list_tickets(db, q=LINE.order_no))[0]) == 7
    with pytest.raises(DomainError, match="bad_cursor"):
        await tickets.list_tickets(db, cursor="not a cursor")


async def test_history_is_written_in_the_same_transaction_as_the_move(db: Database) -> None:
    ticket = await opened(db)
    with pytest.raises(DomainError):
        await move(db, ticket, "complete", data={"proof": "x"})
    async with db.read() as tx:
        rows = await tx.all(
            select(tickets.transitions).where(tickets.transitions.c.ticket_id == ticket["id"])
        )
    assert len(rows) == 1
