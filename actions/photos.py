"""A photo, or an answer, that comes while nothing is being asked."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.case import Case
from actions.say import listing
from actions.turn import Events, Turn


class KeepPhotos(Action):
    """Keeps photos for the problem that will be named, or goes on with the case that was left open."""

    def name(self) -> str:
        return "action_keep_photos"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn = Turn.of(tracker)
        if Case.of(tracker) is not None:
            return [SlotSet("case_wanted", True)]
        arrived = [
            {"file_id": one.file_id, "kind": one.kind, "sha256": one.sha256} for one in turn.attachments
        ]
        photos = [*(tracker.get_slot("photos") or []), *arrived]
        here = [t["id"] for t in turn.tickets if t.get("conversation_id") == turn.conversation_id]
        if here and arrived:
            numbers = listing(here)
            dispatcher.utter_message(response="utter_photos_for_ticket", tickets=numbers)
        elif turn.fact("order_no") or turn.fact("waybill_no"):
            dispatcher.utter_message(response="utter_number_kept")
        elif photos:
            dispatcher.utter_message(response="utter_photos_kept")
        else:
            dispatcher.utter_message(response="utter_offer")
        return [SlotSet("photos", photos or None), SlotSet("case_wanted", False)]
