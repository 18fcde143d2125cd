"""The consumer takes something back: it was another order, or another problem."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import collect, orders
from actions.case import Case
from actions.fallback import button
from actions.runtime import services
from actions.turn import Events, Turn

_ORDER_WORDS = ("订单", "单子", "那件", "另一", "那双", "那个是", "不是这", "别的", "买的是")


class Correct(Action):
    """Changes the open case; what was sent stays. What is unclear is asked once, with buttons."""

    def name(self) -> str:
        return "action_correct"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn, case = Turn.of(tracker), Case.of(tracker)
        meant = next((name for name in turn.candidates if name in collect.GOODS), None)
        if case is None:
            if meant:
                return [SlotSet("case_wanted", True), SlotSet("offered", meant)]
            dispatcher.utter_message(response="utter_offer")
            return [SlotSet("case_wanted", False)]
        stay = SlotSet("case_wanted", False)
        if (
            turn.topic == "order"
            or orders.says_which(turn)
            or any(word in turn.text for word in _ORDER_WORDS)
        ):
            case = case.without_line(tracker.get_slot("order_line"))
            picked = orders.named_line(turn)
            return [stay, case.kept(), SlotSet("order_line", picked), SlotSet("evidence_complete", None)]
        if meant and meant != case.issue_type:
            changed = collect.change_issue(case, meant, None, services().rulebook)
            dispatcher.utter_message(response="utter_issue_changed")
            return [stay, changed.kept(), SlotSet("evidence_complete", None)]
        others = [button(name) for name in collect.GOODS if name != case.issue_type]
        other_order = {"title": "换一个订单", "payload": '/correct{"topic": "order"}'}
        dispatcher.utter_message(response="utter_ask_correction", buttons=[other_order, *others])
        return [stay]
