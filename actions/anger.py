"""Anger is answered once with empathy; everything after it is substance."""

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Events, Turn


def soothe(dispatcher: CollectingDispatcher, tracker: Tracker, turn: Turn) -> Events:
    """Says that the anger was heard, the first time it is; the events keep that it was said."""
    if tracker.get_slot("soothed") or not turn.is_angry:
        return []
    dispatcher.utter_message(response="utter_soothe")
    return [SlotSet("soothed", True)]
