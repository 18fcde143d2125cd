"""Suggestions come from facts and rules, in an order that helps, and never twice."""

from typing import Any

from handoff.core.suggestions import MOST, Suggestion, Understood, of_tickets, of_words, pick


def ticket(**more: Any) -> dict[str, Any]:
    return {
        "id": "AX1",
        "status": "pending_evidence",
        "status_label": "待补凭证",
        "due_label": "11月28日 18:00 前补齐",
        "next_step": "补齐后由商家审核。",
        "evidence": [
            {"label": "破损近照", "required": True, "status": "missing"},
            {"label": "整体照", "required": True, "status": "provided"},
            {"label": "外箱面单", "required": False, "status": "missing"},
        ],
        "next": [{"trigger": "respond", "label": "受理", "due_label": "48小时内", "basis": "L33"}],
    } | more


def test_what_is_missing_is_asked_for_in_one_request() -> None:
    first = of_tickets([ticket()])[0]
    assert (first.kind, first.source) == ("reply", "rule")
    assert "破损近照" in first.text and "整体照" not in first.text and "外箱面单" not in first.text


def test_the_steps_an_agent_may_take_name_their_deadline() -> None:
    step = next(one for one in of_tickets([ticket()]) if one.kind == "step")
    assert step.ref == {"ticket_id": "AX1", "trigger": "respond"}
    assert "48小时内" in step.why


def test_a_ticket_that_is_over_suggests_nothing() -> None:
    assert of_tickets([ticket(status="closed")]) == []


def test_words_that_were_not_understood_surely_suggest_nothing() -> None:
    verdict = {"label": "七天无理由", "reason": "还在七天内", "until_label": None, "basis": "L7"}
    assert of_words(Understood("no_reason", 0.3), "答案", "请发照片", verdict, False) == []
    said = of_words(Understood("no_reason", 0.9), "答案", "请发照片", verdict, False)
    assert [one.source for one in said] == ["rule", "bot", "bot"]


def test_evidence_is_not_asked_for_again_while_a_ticket_is_open() -> None:
    assert of_words(Understood("quality", 0.9), None, "请发照片", None, True) == []


def test_at_most_a_handful_is_shown_and_no_text_twice() -> None:
    many = [Suggestion("reply", "canned", str(i), f"第{i % 8}句", "") for i in range(20)]
    shown = pick(many, many)
    assert len(shown) == MOST and len({one.text for one in shown}) == MOST
