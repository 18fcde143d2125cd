"""The bot did not understand: it says so, offers the likeliest, and after the second time calls a person."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.anger import soothe
from actions.collect import GOODS, fault
from actions.human import hand_over
from actions.turn import Events, Turn

HANDS_OVER_AT = 2
MOST_OFFERED = 3
TITLES = {
    "quality": "商品有质量问题",
    "wrong_item": "发错或少发了",
    "size": "尺码不合适",
    "no_reason": "不想要了，想退货",
    "not_as_described": "和页面描述不一样",
    "logistics": "快递物流问题",
    "refund_status": "退款进度",
    "request_human": "找人工客服",
    "service_complaint": "投诉服务",
    "after_sales_question": "问售后规则",
}


class Fallback(Action):
    """Asks with the likeliest issue types as buttons, or says what it can do."""

    def name(self) -> str:
        return "action_fallback"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn = Turn.of(tracker)
        failed = int(tracker.get_slot("failed_turns") or 0) + 1
        if failed >= HANDS_OVER_AT:
            return await hand_over(turn, "failed_turns")
        counted = [SlotSet("failed_turns", failed), *soothe(dispatcher, tracker, turn)]
        if tracker.get_slot("requested_slot"):
            return counted  # the form repeats what is open
        candidates = likeliest(turn)
        if turn.decision != "ask" or not candidates:
            dispatcher.utter_message(response="utter_offer")
            return counted
        dispatcher.utter_message(response="utter_ask_issue", buttons=[button(name) for name in candidates])
        if candidates[0] in GOODS:
            return [*counted, SlotSet("offer", "case"), SlotSet("offered", candidates[0])]
        return counted


def likeliest(turn: Turn) -> list[str]:
    """The issue types to offer: first what a clause of the text names, then the model's own order."""
    named = fault(turn)
    first = [named.issue_type] if named else []
    return list(dict.fromkeys([*first, *turn.candidates]))[:MOST_OFFERED]


def button(issue_type: str) -> dict[str, str]:
    """The button that says this issue type."""
    payload = f'/start_case{{"issue_type": "{issue_type}"}}' if issue_type in GOODS else f"/{issue_type}"
    return {"title": TITLES[issue_type], "payload": payload}
