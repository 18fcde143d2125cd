"""Where a parcel is: from the order's own facts; a lost or broken one becomes a case."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import orders
from actions.turn import Events, Turn

CASES = ("not_received", "logistics_damage")
_ORDER = {"shipped": 0, "paid": 1, "signed": 2, "finished": 3}


class TrackParcel(Action):
    """Answers with carrier, number and state; opens nothing for a mere question."""

    def name(self) -> str:
        return "action_track_parcel"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn = Turn.of(tracker)
        in_case = bool(tracker.get_slot("requested_slot"))
        if turn.sub_type in CASES and not in_case:
            return [SlotSet("case_wanted", True)]
        lines = parcels(turn)
        if lines:
            states = "".join(orders.parcel_state(line) for line in lines)
            dispatcher.utter_message(response="utter_parcel_state", states=states)
        else:
            dispatcher.utter_message(response="utter_parcel_unknown")
        return [SlotSet("case_wanted", False)]


def parcels(turn: Turn) -> list[dict[str, Any]]:
    """The lines to tell of: those named, else those on their way, else what waits, else the newest one received."""
    if not turn.orders:
        return []
    lines = orders.plausible(turn, "logistics")
    first = min(_ORDER.get(line["status"], 9) for line in lines)
    chosen = [line for line in lines if _ORDER.get(line["status"], 9) == first]
    return chosen[: 3 if first < 2 else 1]
