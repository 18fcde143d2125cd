"""The one-pass request and what comes after it."""

from typing import Any

from sqlalchemy import select

from actions.case import NO_ORDER
from aftersales.store import tickets
from tests.actions.conftest import order_line


async def test_the_first_request_names_everything_at_once_and_asks_nothing_known(talk: Any) -> None:
    d = await talk()
    assert await d.say("quality", "杯子碎了", sub_type="quality_damaged") == ["utter_evidence_request"]
    card = d.card("evidence_request")
    assert [item["label"] for item in card["items"] if item["required"]] == ["破损近照", "整体照"]
    assert card["order"]["line_id"] == d.orders[0]["line_id"]
    assert "收到坏的确实糟心" in d.said[0]["request"] and "不用再填" in d.said[0]["known"]


async def test_photos_in_several_messages_open_one_ticket(talk: Any) -> None:
    d = await talk()
    await d.say("quality", "杯子碎了", sub_type="quality_damaged")
    assert await d.say("provide_evidence", files=1) == ["utter_evidence_progress"]
    assert d.said[0]["news"] == "破损近照" and d.said[0]["missing"] == "整体照"
    assert await d.say("provide_evidence", files=1) == ["utter_ticket_opened"]
    ticket = d.card("ticket")["ticket"]
    assert ticket["issue_label"] == "商品破损" and ticket["record"] == {"from_seq": 1, "to_seq": 3}
    assert [item["status"] for item in ticket["evidence"]][:2] == ["provided", "provided"]
    assert d.slots["case"] is None and not d.form


async def test_photos_sent_before_any_word_are_used(talk: Any) -> None:
    d = await talk()
    assert await d.say("provide_evidence", files=2) == ["utter_photos_kept"]
    assert await d.say("quality", "杯子碎了", sub_type="quality_damaged") == ["utter_ticket_opened"]
    files = [file["file_id"] for item in d.card("ticket")["ticket"]["evidence"] for file in item["files"]]
    assert files == ["f_1_0", "f_1_1"]


async def test_a_photo_before_and_a_word_leave_only_the_rest_to_be_asked(talk: Any) -> None:
    d = await talk()
    await d.say("provide_evidence", files=1)
    assert await d.say("quality", "杯子碎了", sub_type="quality_damaged") == ["utter_evidence_rest"]
    assert d.said[0]["missing"] == "整体照"


async def test_who_cannot_take_photos_gets_a_ticket_that_says_so(talk: Any) -> None:
    d = await talk()
    await d.say("quality", "杯子碎了", sub_type="quality_damaged")
    assert await d.say("cannot_provide", "拍不了") == ["utter_ticket_opened"]
    assert {item["status"] for item in d.card("ticket")["ticket"]["evidence"] if item["required"]} == {
        "waived"
    }


async def test_no_answers_the_request_for_photos(talk: Any) -> None:
    d = await talk()
    await d.say("quality", "杯子碎了", sub_type="quality_damaged")
    assert await d.say("deny", "没有") == ["utter_ticket_opened"]


async def test_okay_is_no_evidence(talk: Any) -> None:
    d = await talk()
    await d.say("quality", "杯子碎了", sub_type="quality_damaged")
    assert await d.say("affirm", "好的") == ["utter_evidence_waiting"]


async def test_a_size_that_does_not_fit_needs_no_photo(talk: Any) -> None:
    d = await talk()
    assert await d.say("size", "太大了", sub_type="size_unfit") == ["utter_evidence_request_words"]
    await d.press(d.buttons()["换个尺码"])
    assert await d.say("affirm", "吊牌都在") == ["utter_ticket_opened"]
    assert d.card("ticket")["ticket"]["remedy"] == "exchange"


async def test_intact_is_understood_in_other_words(talk: Any) -> None:
    d = await talk()
    await d.say("no_reason", "不想要了", sub_type="no_reason_return")
    assert await d.say("not_complaint", "都在的，没拆封") == ["utter_ticket_opened"]


async def test_nobody_received_it_for_me(talk: Any) -> None:
    d = await talk([order_line(status="shipped", signed_at=None)])
    assert await d.say("logistics", "没收到", sub_type="not_received") == ["utter_evidence_request_words"]
    assert await d.say("deny", "没有") == ["utter_ticket_opened"]
    assert d.card("ticket")["ticket"]["evidence"][0]["text"] == "否"


async def test_a_refund_that_did_not_arrive_needs_nothing(talk: Any) -> None:
    d = await talk()
    assert await d.say("refund_status", "退款没到账", sub_type="refund_not_arrived") == [
        "utter_ticket_opened"
    ]


async def test_several_orders_are_offered_and_the_chosen_one_is_taken(talk: Any) -> None:
    d = await talk([order_line(1), order_line(2, title="跑步鞋")])
    assert await d.say("quality", "坏了") == ["utter_ask_order"]
    picker = d.card("order_picker")["orders"]
    assert len(picker) == 2
    assert await d.press(picker[1]["choice"]) == ["utter_evidence_request"]
    assert d.card("evidence_request")["order"]["title"] == "跑步鞋"


async def test_the_goods_or_the_number_named_choose_the_order(talk: Any) -> None:
    two = [order_line(1), order_line(2, title="缓震跑步鞋")]
    d = await talk(two)
    assert await d.say("quality", "鞋子开胶", facts={"product": "鞋子"}) == ["utter_evidence_request"]
    d = await talk(two)
    await d.say("quality", "坏了")
    assert await d.say("provide_evidence", "单号", facts={"order_no": two[0]["order_no"]}) == [
        "utter_evidence_request"
    ]
    assert d.slots["order_line"] == two[0]["line_id"]


async def test_photos_while_the_order_is_asked_are_kept(talk: Any) -> None:
    d = await talk([order_line(1), order_line(2)])
    await d.say("quality", "碎了", sub_type="quality_damaged")
    assert await d.say("provide_evidence", files=2) == ["utter_ask_order_again"]
    assert await d.press(d.card("order_picker")["orders"][0]["choice"]) == ["utter_ticket_opened"]


async def test_an_anonymous_consumer_is_asked_for_the_number_once(talk: Any) -> None:
    d = await talk([])
    assert await d.say("quality", "碎了", sub_type="quality_damaged") == ["utter_ask_order_number"]
    assert await d.say("not_complaint", "不记得了") == ["utter_evidence_request"]
    assert d.slots["order_line"] == NO_ORDER
    assert await d.say("provide_evidence", files=2) == ["utter_ticket_opened"]
    assert d.card("ticket")["ticket"]["order"] is None


async def test_the_same_turn_opens_one_ticket(talk: Any) -> None:
    from actions import evidence

    d = await talk()
    await d.say("provide_evidence", files=2)
    await d.say("quality", "碎了", sub_type="quality_damaged")
    first = d.card("ticket")["ticket"]["id"]
    d.said = []
    d.slots |= {"case": {"issue_type": "quality", "sub_type": "quality_damaged"}, "order_line": NO_ORDER}
    await d.run(evidence.OpenTheTicket)
    assert d.card("ticket")["ticket"]["id"] == first
    async with talk.db.read() as tx:
        assert len(await tx.all(select(tickets))) == 1


async def test_a_further_problem_set_beside_the_first_gets_its_own_line_and_its_own_ticket(talk: Any) -> None:
    d = await talk()
    await d.say("quality", "杯子碎了", sub_type="quality_damaged")
    assert await d.say(
        "wrong_item", "还少了一个杯盖", sub_type="missing_item", facts={"product": "杯盖"}
    ) == ["utter_evidence_request_several"]
    assert d.said[0]["missing"] == "破损近照、整体照和实收全部合照"  # 缺哪件 was said
    assert await d.say("provide_evidence", files=3) == ["utter_ticket_opened", "utter_ticket_opened_too"]
    async with talk.db.read() as tx:
        rows = await tx.all(select(tickets.c.issue_type, tickets.c.sub_type).order_by(tickets.c.key))
    assert [tuple(row.values()) for row in rows] == [
        ("quality", "quality_damaged"),
        ("wrong_item", "missing_item"),
    ]


async def test_what_is_only_touched_on_is_noted_for_people(talk: Any) -> None:
    d = await talk()
    await d.say("quality", "杯子碎了", sub_type="quality_damaged")
    await d.say("size", "杯口的尺寸大概八厘米")
    await d.say("provide_evidence", files=2)
    async with talk.db.read() as tx:
        assert (await tx.scalar(select(tickets.c.facts)))["also"] == ["size"]


async def test_no_i_mean_changes_the_issue_and_keeps_the_photos(talk: Any) -> None:
    d = await talk()
    await d.say("quality", "杯子碎了", sub_type="quality_damaged")
    await d.say("provide_evidence", files=1)
    assert await d.say("wrong_item", "不是，我是说发错货了", sub_type="wrong_item") == ["utter_evidence_rest"]
    assert d.card("evidence_request")["issue_type"] == "wrong_item"


async def test_a_wish_for_money_back_becomes_the_rulebooks_remedy(talk: Any) -> None:
    d = await talk()
    await d.say("quality", "碎了要退款", sub_type="quality_damaged", facts={"remedy": "refund"})
    await d.say("cannot_provide", "没法拍")
    assert d.card("ticket")["ticket"]["remedy"] == "refund_only"
