"""Questions about the rules: two honest sentences, kept by topic in `bot/replies/questions.yml`."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import orders, say
from actions.runtime import services
from actions.turn import Events, Turn
from aftersales.core.eligibility import Eligible, entitlements
from aftersales.core.order import OrderLine
from kernel.clock import utcnow

RETURN_TOPICS = ("how_to_return", "can_i_return", "return_deadline")
WARRANTY_TOPICS = ("warranty_period", "repair_apply", "repair_cost", "warranty_card")
PARCEL_TOPICS = ("cancel_order", "change_address", "change_phone", "change_delivery_time")


class AnswerQuestion(Action):
    """Answers by topic, from the consumer's own order where one is meant; what is not clear is not guessed."""

    def name(self) -> str:
        return "action_answer_question"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn = Turn.of(tracker)
        line = the_line(turn, tracker.get_slot("order_line"))
        response = f"utter_question_{turn.topic}" if turn.topic else "utter_question_open"
        dispatcher.utter_message(response=response, own=own(turn.topic, line))
        return []


def the_line(turn: Turn, line_id: str | None) -> dict[str, Any] | None:
    """The one order line that a question can be about, or None."""
    chosen = orders.line_of(turn, line_id) or orders.line_of(turn, turn.order_line_id)
    if chosen:
        return chosen
    lines = orders.plausible(turn, "") if turn.orders else []
    return lines[0] if len(lines) == 1 else None


def own(topic: str | None, line: dict[str, Any] | None) -> str:
    """What the consumer's own order says on the topic, as one sentence; empty where it says nothing."""
    if line is None:
        return ""
    if topic in PARCEL_TOPICS:
        return orders.parcel_state(line)
    if topic not in RETURN_TOPICS + WARRANTY_TOPICS:
        return ""
    order, now = OrderLine.from_json(line), utcnow()
    answer = entitlements(order, services().rulebook, now)
    verdict = answer.no_reason if topic in RETURN_TOPICS else answer.warranty
    until = f"，到{say.moment(verdict.until)}" if isinstance(verdict, Eligible) and verdict.until else ""
    basis = f"（依据{verdict.clause}）" if verdict.clause else ""
    return f"{say.goods(line)}{verdict.reason}{until}{basis}。"
