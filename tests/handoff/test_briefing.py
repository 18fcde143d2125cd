"""The brief from a real conversation: what an agent must know, each line with its message."""

from typing import Any

import pytest
from sqlalchemy import insert, select

from aftersales import tickets
from aftersales.core.ticket import TicketMoved, TicketOpened
from aftersales.gateways.demo_orders import DemoOrders
from aftersales.rulebook_store import load_rulebook
from handoff import board, briefing, desk, inbox, ownership, passing, presence, reports
from handoff.casework import ticket_line
from handoff.core.brief import TOPICS
from handoff.inbox import Incoming
from handoff.store import conversations, files
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.errors import DomainError
from kernel.principal import Principal
from tests.handoff.conftest import make_agent, open_one


async def a_case(db: Database) -> tuple[Row, Any, dict[str, Any]]:
    """A consumer with a broken thing, a photo of it, a ticket that lacks a photo, and no patience left."""
    for event in (TicketOpened, TicketMoved):
        db.handlers.setdefault(event, []).append(ticket_line(None))
    order = next(line for line in DemoOrders(utcnow())._lines if line.signed_at)
    row = await open_one(db, None, order.consumer_id)
    async with db.write() as tx:
        await tx.execute(
            insert(files).values(
                id="f_1", conversation_id=row["id"], uploaded_by=order.consumer_id, kind="image", mime="image/jpeg",
                name="a.jpg", size=10, sha256="0" * 64, path="a", at=utcnow(),
            )
        )  # fmt: skip
    words = ("在吗", "刚收到外壳就裂了一大块，角上都碎了", "等了三天还没人管，太过分了！！")
    for number, text in enumerate(words):
        await inbox.receive(db, None, row["id"], Incoming(f"m{number}", text), utcnow())
    await inbox.receive(db, None, row["id"], Incoming("photo", files=("f_1",)), utcnow())
    book = load_rulebook()
    case = tickets.OpenTicket(
        "case-1", row["id"], order.consumer_id, "小满", order, "quality", "quality_damaged", {}
    )
    ticket = await tickets.open_ticket(db, case, book, utcnow())
    await ownership.request_human(db, row["id"], "button", utcnow(), party=order.merchant_id)
    return row, order, ticket


async def made_for(db: Database, row: Row, order: Any, who: Principal) -> dict[str, list[dict[str, Any]]]:
    async with db.read() as tx:
        now_row = await tx.one(select(conversations).where(conversations.c.id == row["id"]))
    assert now_row is not None
    made = await briefing.make(db, now_row, [order], who, utcnow())
    found: dict[str, list[dict[str, Any]]] = {}
    for line in made["lines"]:
        found.setdefault(line["topic"], []).append(line)
    return found


async def test_the_brief_says_who_what_and_what_is_missing_and_links_each_line(db: Database) -> None:
    row, order, ticket = await a_case(db)
    who = await make_agent(db, "林晓", "merchant_agent", order.merchant_id)
    found = await made_for(db, row, order, who)
    assert set(found) <= set(TOPICS)
    assert "小满" in found["who"][0]["text"]
    assert order.title in found["order"][0]["text"]
    assert found["order"][0]["ref"] == order.order_no
    problem = " ".join(line["text"] for line in found["problem"])
    assert ticket["issue_label"] in problem
    assert "外壳就裂了一大块" in problem
    words = next(line for line in found["problem"] if "原话" in line["text"])
    assert words["seq"] == 3  # greeting 1, 在吗 2
    assert any("转人工原因：消费者点了转人工" in line["text"] for line in found["problem"])
    assert any(line["tone"] == "warn" for line in found["missing"])
    assert any(line.get("seq") == 5 for line in found["collected"]), "the photo is linked to its message"
    assert found["mood"][0]["text"].startswith("激动")
    assert found["mood"][0]["seq"] == 4
    no_reason = next(line for line in found["eligibility"] if line["text"].startswith("七天无理由"))
    assert "暂行办法》第10条" in no_reason["ref"]
    assert any(ticket["id"] == line.get("ref") for line in found["deadlines"])


async def test_what_was_tried_and_passed_on_is_in_the_next_agents_brief(db: Database) -> None:
    row, order, _ = await a_case(db)
    first = await make_agent(db, "林晓", "merchant_agent", order.merchant_id)
    second = await make_agent(db, "陈晨", "merchant_agent", order.merchant_id)
    await presence.say(db, None, second.agent_id, "online", utcnow())
    taken = await ownership.accept(db, None, row["id"], first, utcnow())
    await passing.transfer(
        db,
        None,
        row["id"],
        first,
        taken["epoch"],
        utcnow(),
        agent_id=second.agent_id,
        why="已答应补寄，等地址",
    )
    tried = " ".join(line["text"] for line in (await made_for(db, row, order, second))["tried"])
    assert "林晓接待过" in tried
    assert "林晓转来时说：已答应补寄，等地址" in tried


async def test_another_merchants_agent_gets_nothing_of_the_case(db: Database) -> None:
    row, order, ticket = await a_case(db)
    other = await make_agent(db, "方舟", "merchant_agent", "m_other")
    found = await made_for(db, row, order, other)
    assert not found.keys() & {"order", "eligibility", "missing", "earlier"}
    assert all(line.get("ref") != ticket["id"] for lines in found.values() for line in lines)


async def test_board_and_report_count_what_happened(db: Database) -> None:
    row, order, _ = await a_case(db)
    who = await make_agent(db, "林晓", "merchant_agent", order.merchant_id)
    lead = await make_agent(db, "郑主管", "supervisor")
    begin = row["opened_at"]
    shown = await board.show(db, lead, utcnow())
    assert shown["waiting"] == 1
    assert shown["oldest_seconds"] is not None
    await presence.say(db, None, who.agent_id, "online", utcnow())
    taken = await ownership.accept(db, None, row["id"], who, utcnow())
    await desk.reply(
        db,
        None,
        row["id"],
        who,
        client_msg_id="r",
        text="您好",
        file_ids=(),
        epoch=taken["epoch"],
        now=utcnow(),
    )
    shown = await board.show(db, lead, utcnow())
    assert shown["waiting"] == 0
    assert shown["sla"]["answered_within_60s"] == 1.0
    assert shown["sla"]["first_response_seconds"] is not None
    mine = next(one for one in shown["agents"] if one["id"] == who.agent_id)
    assert (mine["presence"], mine["load"]) == ("online", 1)
    for by in ("day", "agent", "merchant", "reason"):
        made = await reports.make(db, lead, begin, utcnow(), by)
        totals = {metric["key"]: metric["total"] for metric in made["metrics"]}
        assert (totals["contacts"], totals["handoffs"], totals["handoff_rate"]) == (1, 1, 1.0)
        assert totals["first_response"] >= 0
        text = reports.as_csv(made)
        assert text.startswith("\ufeff")
        assert "消费者点了转人工" in text
    with pytest.raises(DomainError, match="forbidden"):
        await reports.make(db, who, begin, utcnow(), "day")
    with pytest.raises(DomainError, match="forbidden"):
        await board.show(db, who, utcnow())


def test_a_name_that_is_a_formula_is_no_formula_in_the_csv() -> None:
    columns = [{"key": "name", "label": "坐席", "unit": "text"}]
    table = {"title": "按坐席", "columns": columns, "rows": [{"name": "=1+1"}]}
    assert "'=1+1" in reports.as_csv({"tables": [table]})
