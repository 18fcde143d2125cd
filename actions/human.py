"""A person is asked for: one step, in any state."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.runtime import services
from actions.turn import Events, Turn
from handoff.ownership import request_human
from kernel.clock import utcnow


class RequestHuman(Action):
    """Hands over and says nothing: the conversation itself tells that a person is being called."""

    def name(self) -> str:
        return "action_request_human"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        return await hand_over(Turn.of(tracker), "asked_for_person")


async def hand_over(turn: Turn, reason: str) -> Events:
    """Calls a person; the case stays, the form is left, so that a person's answer is not taken for evidence."""
    here = services()
    await request_human(here.db, turn.conversation_id, reason, utcnow(), stream=here.stream)
    return [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("failed_turns", 0)]
