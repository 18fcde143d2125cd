"""Complaints and threats: a ticket first, then the question; anger is answered once; what only people decide reaches them."""

from typing import Any

import pytest
from sqlalchemy import select

from aftersales.store import tickets
from handoff.store import conversations

FAULT = [{"issue_type": "quality", "sub_type": "quality_defect", "start": 4, "end": 10, "said": True}]


async def conversation(talk: Any, d: Any) -> Any:
    async with talk.db.read() as tx:
        return await tx.one(select(conversations).where(conversations.c.id == d.conversation_id))


async def test_a_complaint_is_a_ticket_first_and_then_a_question(talk: Any) -> None:
    d = await talk()
    assert await d.say("service_complaint", "客服态度太差") == ["utter_complaint"]
    ticket = d.card("ticket")["ticket"]
    assert ticket["issue_type"] == "service_complaint"
    assert (await conversation(talk, d))["owner"] == "bot"  # not passed on before he agrees


async def test_a_threat_is_recorded_with_its_reason_and_priority(talk: Any) -> None:
    d = await talk()
    assert await d.say("service_complaint", "我要打12315", trigger="legal_or_media") == [
        "utter_complaint_threat"
    ]
    async with talk.db.read() as tx:
        facts = await tx.scalar(select(tickets.c.facts))
    assert (facts["reason"], facts["priority"]) == ("legal_or_media", 2)


async def test_the_same_complaint_again_opens_no_second_ticket_and_repeats_no_empathy(talk: Any) -> None:
    d = await talk()
    await d.say("service_complaint", "什么破客服")
    d.tickets = [d.card("ticket")["ticket"]]
    assert await d.say("service_complaint", "垃圾客服") == ["utter_complaint_again"]
    async with talk.db.read() as tx:
        assert len(await tx.all(select(tickets.c.id))) == 1


async def test_a_yes_keeps_the_reason_of_the_offer(talk: Any) -> None:
    d = await talk()
    await d.say("service_complaint", "我要投诉到消协", trigger="legal_or_media")
    d.latest = {"intent": {"name": "affirm"}, "text": "好的", "metadata": {}}
    from actions.human import RequestHuman

    await d.run(RequestHuman)
    row = await conversation(talk, d)
    assert (row["owner"], row["queue_reason"], row["queue_priority"]) == ("queued", "legal_or_media", 2)


async def test_anger_that_names_a_fault_is_soothed_once_and_then_handled(talk: Any) -> None:
    d = await talk()
    said = await d.say("service_complaint", "什么破店，鞋穿一天就开胶", problems=FAULT)
    assert said == ["utter_soothe", "utter_evidence_request"]
    assert await d.say("provide_evidence", "气死我了", files=1) == ["utter_evidence_progress"]


async def test_calm_words_are_answered_without_soothing(talk: Any) -> None:
    d = await talk()
    assert await d.say("quality", "鞋底开胶了", sub_type="quality_defect") == ["utter_evidence_request"]


async def test_a_threat_with_a_fault_keeps_the_fault_for_when_no_person_is_wanted(talk: Any) -> None:
    d = await talk()
    text = "再不管，鞋开胶的事我找12315"
    problem = [{"issue_type": "quality", "sub_type": "quality_defect", "start": 4, "end": 7, "said": True}]
    await d.say("service_complaint", text, trigger="legal_or_media", problems=problem)
    from actions.complaint import DeclineHuman

    d.latest = {"intent": {"name": "deny"}, "text": "先不用", "metadata": d.latest["metadata"]}
    await d.run(DeclineHuman)
    assert d.slots["case_wanted"] is True and d.slots["case"]["issue_type"] == "quality"


@pytest.mark.parametrize(
    ("sub_type", "reason", "priority"),
    [("quality_counterfeit", "fraud", 2), ("fake_pay_ten", "fraud", 2), ("quality_spoiled", "food", 3)],
)
async def test_what_only_people_decide_is_passed_on_once_the_ticket_is_there(
    talk: Any, sub_type: str, reason: str, priority: int
) -> None:
    d = await talk()
    await d.say("quality", "这个有问题，坏了三个", sub_type=sub_type, facts={"quantity": 3})
    said = await d.say("provide_evidence", files=2)
    assert said == ["utter_ticket_opened"]
    row = await conversation(talk, d)
    assert (row["owner"], row["queue_reason"], row["queue_priority"]) == ("queued", reason, priority)


@pytest.mark.parametrize(("fen", "owner"), [(20000, "bot"), (20001, "queued")])
async def test_a_claim_above_the_sum_that_rules_settle_goes_to_a_person(
    talk: Any, fen: int, owner: str
) -> None:
    d = await talk()
    facts = {"remedy": "compensation", "amount_fen": fen}
    await d.say("quality", "杯子碎了要赔钱", sub_type="quality_damaged", facts=facts)
    await d.say("provide_evidence", files=2)
    row = await conversation(talk, d)
    assert row["owner"] == owner
    assert row["queue_reason"] == ("amount" if owner == "queued" else None)
