"""Inside a case: questions, thanks, people, corrections; and back to what is open."""

from typing import Any

import pytest
from sqlalchemy import select

from handoff.store import conversations
from tests.actions.conftest import order_line

BACK = "utter_evidence_waiting"


async def open_case(talk: Any, **given: Any) -> Any:
    d = await talk(**given)
    await d.say("quality", "杯子碎了", sub_type="quality_damaged")
    return d


@pytest.mark.parametrize(
    ("intent", "reply"),
    [
        ("after_sales_question", "utter_question_open"),
        ("check_ticket", "utter_ticket_not_yet"),
        ("logistics", "utter_parcel_signed"),
        ("refund_status", "utter_refund_after_this"),
    ],
)
async def test_a_question_is_answered_and_the_case_goes_on(talk: Any, intent: str, reply: str) -> None:
    d = await open_case(talk)
    assert await d.say(intent, "问一下") == [reply, BACK]


@pytest.mark.parametrize("intent", ["thanks", "greet", "goodbye", "out_of_scope"])
async def test_what_the_rules_answer_leaves_the_case_as_it_was(talk: Any, intent: str) -> None:
    d = await open_case(talk)
    before = dict(d.slots["case"])
    assert await d.say(intent, "嗯") == [BACK]  # the utterance itself is Rasa's
    assert d.slots["case"] == before


async def test_a_photo_sent_with_thanks_counts(talk: Any) -> None:
    d = await open_case(talk)
    assert await d.say("thanks", "谢谢 照片发了", files=1) == ["utter_evidence_progress"]


async def test_a_person_is_called_in_one_step_and_the_case_is_kept(talk: Any) -> None:
    d = await open_case(talk)
    assert await d.say("request_human", "找个人来") == []
    assert not d.form and d.slots["case"]["issue_type"] == "quality"
    async with talk.db.read() as tx:
        row = await tx.one(select(conversations).where(conversations.c.id == d.conversation_id))
    assert row["owner"] == "queued" and row["queue_reason"] == "asked_for_person"


async def test_after_a_person_a_photo_goes_on_with_the_case(talk: Any) -> None:
    d = await open_case(talk)
    await d.say("request_human", "找个人来")
    assert await d.say("provide_evidence", files=1) == ["utter_evidence_progress"]


async def test_giving_up_drops_the_case(talk: Any) -> None:
    d = await open_case(talk)
    assert await d.say("cancel_case", "算了") == ["utter_case_dropped"]
    assert d.slots["case"] is None and not d.form


async def test_another_order_is_offered_again(talk: Any) -> None:
    d = await talk([order_line(1), order_line(2, title="跑步鞋")])
    await d.say("quality", "杯子碎了", sub_type="quality_damaged", facts={"product": "杯子"})
    assert await d.press(d.buttons()["不是这个订单"]) == ["utter_ask_order"]
    assert await d.press(d.card("order_picker")["orders"][0]["choice"]) == ["utter_evidence_request"]


async def test_a_correction_that_names_the_issue_changes_it(talk: Any) -> None:
    d = await open_case(talk)
    assert await d.say("correct", "说错了", candidates=["size"]) == [
        "utter_issue_changed",
        "utter_evidence_request_words",
    ]
    assert d.slots["case"]["issue_type"] == "size"


async def test_an_unclear_correction_is_asked_once_with_buttons(talk: Any) -> None:
    d = await open_case(talk)
    assert (await d.say("correct", "不对"))[0] == "utter_ask_correction"
    assert "换一个订单" in d.buttons()


async def test_two_failed_turns_in_a_row_call_a_person(talk: Any) -> None:
    d = await talk()
    assert await d.say("nlu_fallback", "嗯嗯啊", decision="offer") == ["utter_offer"]
    assert await d.say("nlu_fallback", "哦哦哇", decision="offer") == []
    async with talk.db.read() as tx:
        row = await tx.one(select(conversations).where(conversations.c.id == d.conversation_id))
    assert row["queue_reason"] == "failed_turns"


async def test_an_understood_turn_between_two_failures_calls_nobody(talk: Any) -> None:
    d = await talk()
    await d.say("nlu_fallback", "嗯嗯啊", decision="offer")
    await d.say("check_ticket", "进度")
    assert await d.say("nlu_fallback", "哦哦哇", decision="offer") == ["utter_offer"]


async def test_in_doubt_the_likeliest_issues_become_buttons_and_yes_takes_the_first(talk: Any) -> None:
    d = await talk()
    asked = await d.say("nlu_fallback", "这个杯子", decision="ask", candidates=["quality", "logistics"])
    assert asked == ["utter_ask_issue"] and list(d.buttons()) == ["商品有质量问题", "快递物流问题"]
    assert await d.say("affirm", "是的") == ["utter_evidence_request"]
    assert d.slots["case"]["issue_type"] == "quality"


async def test_words_that_fit_nothing_inside_a_case_only_repeat_what_is_open(talk: Any) -> None:
    d = await open_case(talk)
    assert await d.say("nlu_fallback", "嗯嗯啊") == [BACK]


async def test_yes_to_the_offer_of_a_person_inside_a_case_is_no_answer_to_the_case(talk: Any) -> None:
    d = await open_case(talk)
    assert await d.say("service_complaint", "客服也不理人") == ["utter_complaint"]
    assert await d.say("affirm", "好的") == [BACK]  # here no rule follows; Rasa's calls a person
    assert d.slots["case"]["turn_id"] == "t1"


async def test_an_unclear_correction_asks_one_question_only(talk: Any) -> None:
    d = await open_case(talk)
    assert await d.say("correct", "不对") == ["utter_ask_correction"]
