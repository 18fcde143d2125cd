"""Questions about the rules: two honest sentences, kept by topic in `bot/replies/questions.yml`."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import orders
from actions.anger import soothe
from actions.case import Case
from actions.own import own
from actions.runtime import services
from actions.turn import Events, Turn
from kernel.clock import utcnow


class AnswerQuestion(Action):
    """Answers by topic, from the consumer's own order where one is meant; what is not clear is not guessed."""

    def name(self) -> str:
        return "action_answer_question"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn = Turn.of(tracker)
        events = soothe(dispatcher, tracker, turn)
        case = Case.of(tracker)
        line = the_line(turn, tracker.get_slot("order_line") or tracker.get_slot("about"))
        sub_type = case.sub_type if case else None
        said = own(turn.topic, line, turn.tickets, services().rulebook, utcnow(), sub_type)
        response = f"utter_question_{turn.topic}" if turn.topic else "utter_question_open"
        dispatcher.utter_message(response=response, own=said)
        return [*events, SlotSet("about", line["line_id"] if line else None)]


def the_line(turn: Turn, line_id: str | None) -> dict[str, Any] | None:
    """The one order line that a question can be about, or None."""
    chosen = orders.line_of(turn, line_id) or orders.line_of(turn, turn.order_line_id)
    if chosen and not orders.says_which(turn):
        return chosen
    lines = orders.plausible(turn, "") if turn.orders else []
    return lines[0] if len(lines) == 1 else None
