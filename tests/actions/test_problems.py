"""Two problems in one message: one request, two tickets, and nothing of either lost."""

from typing import Any

from sqlalchemy import select

from aftersales.store import evidence_items, tickets
from tests.actions.conftest import order_line

TEXT = "少发一件，另外这件还破了"
SHORT_AND_BROKEN = [
    {"issue_type": "wrong_item", "sub_type": "missing_item", "start": 0, "end": 4, "said": True},
    {"issue_type": "quality", "sub_type": "quality_damaged", "start": 7, "end": 12, "said": True},
]


async def tickets_of(talk: Any) -> list[dict[str, Any]]:
    async with talk.db.read() as tx:
        return [dict(row) for row in await tx.all(select(tickets).order_by(tickets.c.key))]


async def test_two_problems_of_one_article_are_asked_for_at_once(talk: Any) -> None:
    d = await talk()
    said = await d.say("wrong_item", TEXT, sub_type="missing_item", problems=SHORT_AND_BROKEN)
    assert said == ["utter_evidence_request_several"]
    assert d.said[0]["problems"] == "少发漏发和商品破损"
    assert d.said[0]["missing"] == "实收全部合照、缺哪件、破损近照和整体照"
    card = d.card("evidence_request")
    assert [one["issue_label"] for one in card["problems"]] == ["少发漏发", "商品破损"]
    labels = [item["label"] for item in card["items"]]
    assert labels.count("外箱面单") == 1  # both want it; it is asked for once …
    shared = next(item for item in card["items"] if item["label"] == "外箱面单")
    assert shared["problems"] == [0, 1]  # … and serves both


async def test_each_problem_becomes_a_ticket_with_its_own_evidence(talk: Any) -> None:
    d = await talk()
    await d.say("wrong_item", TEXT, sub_type="missing_item", problems=SHORT_AND_BROKEN)
    assert await d.say("provide_evidence", files=3) == ["utter_evidence_progress"]
    assert await d.say("after_sales_question", "问下", topic="can_i_return") == [
        "utter_question_can_i_return",
        "utter_evidence_waiting",
    ]
    told = await d.say("provide_evidence", "缺的是杯盖")
    assert told == ["utter_ticket_opened", "utter_ticket_opened_too"]
    first, second = await tickets_of(talk)
    assert (first["sub_type"], second["sub_type"]) == ("missing_item", "quality_damaged")
    assert first["order_no"] == second["order_no"]
    async with talk.db.read() as tx:
        rows = await tx.all(select(evidence_items))
    required = {(row["ticket_id"], row["label"]): row for row in rows if row["required"]}
    assert required[first["id"], "缺哪件"]["text"] == "缺的是杯盖"
    assert {row["status"] for row in required.values()} == {"provided"}
    photos = [file["file_id"] for row in required.values() for file in row["files"]]
    assert len(photos) == len(set(photos)) == 3


async def test_two_articles_have_two_lists_and_two_orders(talk: Any) -> None:
    d = await talk([order_line(1, title="轻薄羽绒服女短款"), order_line(2, title="缓震透气跑步鞋")])
    text = "羽绒服拉链坏了，跑鞋也开胶了"
    said = await d.say(
        "quality",
        text,
        sub_type="quality_defect",
        facts={"product": ["羽绒服", "跑鞋"]},
        entities=[
            {"entity": "product", "value": "羽绒服", "start": 0, "end": 3},
            {"entity": "product", "value": "跑鞋", "start": 8, "end": 10},
        ],
        problems=[
            {"issue_type": "quality", "sub_type": "quality_defect", "start": 0, "end": 7},
            {"issue_type": "quality", "sub_type": "quality_defect", "start": 8, "end": 14},
        ],
    )
    assert said == ["utter_evidence_request_several"]
    assert d.said[0]["problems"] == "「轻薄羽绒服女短款」商品瑕疵和「缓震透气跑步鞋」商品瑕疵"
    assert await d.say("provide_evidence", files=4) == ["utter_ticket_opened", "utter_ticket_opened_too"]
    assert [row["order_line"]["title"] for row in await tickets_of(talk)] == [
        "轻薄羽绒服女短款",
        "缓震透气跑步鞋",
    ]


async def test_two_clauses_about_one_fault_are_one_problem(talk: Any) -> None:
    d = await talk()
    problems = [
        {"issue_type": "quality", "sub_type": "quality_defect", "start": 0, "end": 3},
        {"issue_type": "quality", "sub_type": "quality_defect", "start": 4, "end": 7},
    ]
    said = await d.say("quality", "线头多，还掉色", sub_type="quality_defect", problems=problems)
    assert said == ["utter_evidence_request"]


async def test_no_photo_for_either_still_opens_both(talk: Any) -> None:
    d = await talk()
    await d.say("wrong_item", TEXT, sub_type="missing_item", problems=SHORT_AND_BROKEN)
    await d.say("cannot_provide", "拍不了")
    assert await d.say("provide_evidence", "少了一个盖子") == [
        "utter_ticket_opened",
        "utter_ticket_opened_too",
    ]


async def test_missing_money_asked_after_on_the_way_becomes_a_ticket_too(talk: Any) -> None:
    d = await talk()
    await d.say("quality", "杯子碎了", sub_type="quality_damaged")
    await d.say("refund_status", "上次的退款也没到")
    assert await d.say("provide_evidence", files=2) == ["utter_ticket_opened", "utter_ticket_opened_too"]
    assert [row["issue_type"] for row in await tickets_of(talk)] == ["quality", "refund_status"]


async def test_a_slow_courier_does_not_hide_what_is_wrong_with_the_goods(talk: Any) -> None:
    d = await talk()
    fault = [{"issue_type": "quality", "sub_type": "quality_defect", "start": 6, "end": 11, "said": True}]
    said = await d.say("logistics", "快递慢死了，鞋子还开胶", sub_type="delivery", problems=fault)
    assert said == ["utter_evidence_request"]
    assert d.slots["case"]["sub_type"] == "quality_defect"
