"""Answers that open nothing: parcels, tickets, orders."""

import re
from datetime import timedelta
from typing import Any

import pytest

from aftersales.gateways.logistics import DemoLogistics, unavailable
from kernel.clock import utcnow
from tests.actions.conftest import order_line

TICKET = {
    "id": "AX20261124000001",
    "issue_type": "quality",
    "issue_label": "商品破损",
    "status_label": "已受理",
    "next_step": "商家正在核实，会给您处理方案",
    "due_label": "11月26日 10:00前给您方案",
    "remedy": None,
    "order": None,
    "consumer": {"id": "u_1", "name": "林小满"},
}


async def test_where_the_parcel_is_comes_from_the_carriers_newest_trace(talk: Any) -> None:
    moving = order_line(
        2, title="跑步鞋", status="shipped", signed_at=None, shipped_at=utcnow() - timedelta(days=1)
    )
    d = await talk([order_line(1), moving])
    assert await d.say("logistics", "到哪了", sub_type="delivery") == ["utter_parcel_moving"]
    assert "跑步鞋" in d.said[0]["states"] and "SF1234567890" in d.said[0]["states"]
    assert "已到达始发地分拨中心" in d.said[0]["states"]


async def test_a_carrier_that_is_silent_leaves_the_orders_own_facts(
    talk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        raise unavailable()

    monkeypatch.setattr(DemoLogistics, "track", away)
    d = await talk([order_line(1, status="shipped", signed_at=None)])
    assert await d.say("logistics", "到哪了", sub_type="delivery") == ["utter_parcel_moving"]
    assert "正在运输中" in d.said[0]["states"]


async def test_signed_for_but_not_here_opens_a_case_of_its_own(talk: Any) -> None:
    d = await talk()
    await d.say("logistics", "到哪了", sub_type="delivery")
    assert await d.say("logistics", "显示签收了可我没收到", sub_type="not_received") == [
        "utter_evidence_request_words"
    ]
    assert await d.say("deny", "没人代收") == ["utter_ticket_opened"]
    assert d.card("ticket")["ticket"]["sub_type"] == "not_received"


async def test_an_unsent_order_is_said_to_be_unsent(talk: Any) -> None:
    d = await talk(
        [order_line(status="paid", shipped_at=None, signed_at=None, carrier=None, waybill_no=None)]
    )
    await d.say("logistics", "怎么还不发货")
    assert "还没有发货" in d.said[0]["states"]


async def test_an_anonymous_consumer_is_told_the_truth_about_the_parcel(talk: Any) -> None:
    d = await talk([])
    assert await d.say("logistics", "到哪了") == ["utter_parcel_unknown"]


async def test_a_ticket_is_told_with_its_next_step_and_time(talk: Any) -> None:
    d = await talk(tickets=[TICKET])
    assert await d.say("check_ticket", "处理得怎么样了") == ["utter_ticket_state"]
    assert d.said[0]["next_step"] == "商家正在核实，会给您处理方案（11月26日 10:00前给您方案）"


async def test_no_ticket_is_said_plainly(talk: Any) -> None:
    assert await (await talk()).say("check_ticket", "进度") == ["utter_ticket_none"]


async def test_a_refund_under_way_is_told_and_opens_nothing(talk: Any) -> None:
    d = await talk(tickets=[TICKET | {"remedy": "return_refund"}])
    assert await d.say("refund_status", "退款到哪了") == ["utter_ticket_state"]
    assert not d.form


async def test_photos_for_a_ticket_are_acknowledged(talk: Any) -> None:
    d = await talk(tickets=[TICKET])
    assert await d.say("provide_evidence", files=1) == ["utter_photos_for_ticket"]


async def test_a_ticket_is_withdrawn_only_after_a_second_word(talk: Any) -> None:
    d = await talk()
    await d.say("provide_evidence", files=2)
    await d.say("quality", "碎了", sub_type="quality_damaged")
    d.tickets = [d.card("ticket")["ticket"]]
    assert await d.say("cancel_case", "不退了") == ["utter_confirm_withdraw"]
    assert await d.press(next(iter(d.buttons().values()))) == ["utter_ticket_withdrawn"]
    assert await d.press(f'/cancel_case{{"ticket_no": "{d.tickets[0]["id"]}"}}') == ["utter_ticket_moved_on"]


async def test_a_question_is_answered_from_the_consumers_own_order(talk: Any) -> None:
    d = await talk()
    assert await d.say("after_sales_question", "还能退吗", topic="can_i_return") == [
        "utter_question_can_i_return"
    ]
    assert re.fullmatch(r"「陶瓷马克杯」在七天无理由期限内，到.+，还有7天（.+第10条）。", d.said[0]["own"])


async def test_several_orders_and_none_named_give_the_rule_alone(talk: Any) -> None:
    d = await talk([order_line(1), order_line(2, title="跑步鞋")])
    await d.say("after_sales_question", "还能退吗", topic="can_i_return")
    assert d.said[0]["own"] == ""


async def test_a_topic_without_an_answer_is_not_guessed(talk: Any) -> None:
    assert await (await talk()).say("after_sales_question", "问个事") == ["utter_question_open"]
