"""Where a parcel is: from the carrier's own traces and the order; a lost or broken one becomes a case."""

import asyncio
from datetime import datetime
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import collect, orders, say
from actions.anger import soothe
from actions.runtime import services
from actions.turn import Events, Turn
from aftersales.gateways.logistics import Tracking
from kernel.errors import DomainError

log = structlog.get_logger()

CASES = ("not_received", "logistics_damage")
PATIENCE_SECONDS = 2.0  # for the carrier; the order's own facts answer where it is silent
_ORDER = {"shipped": 0, "paid": 1, "signed": 2, "finished": 3}
_STATES = {"paid": "unshipped", "shipped": "moving"}
_REPLIES = {
    "unshipped": "utter_parcel_unshipped",
    "moving": "utter_parcel_moving",
    "signed": "utter_parcel_signed",
    "lost": "utter_parcel_lost",
}


class TrackParcel(Action):
    """Answers with carrier, number and the newest trace; opens nothing for a mere question."""

    def name(self) -> str:
        return "action_track_parcel"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn = Turn.of(tracker)
        in_case = bool(tracker.get_slot("requested_slot"))
        if not in_case and (turn.sub_type in CASES or collect.fault(turn)):
            return [SlotSet("case_wanted", True)]
        events = soothe(dispatcher, tracker, turn)
        lines = parcels(turn)
        if lines:
            traces = await asyncio.gather(*(track(line) for line in lines))
            states = "".join(told(line, trace) for line, trace in zip(lines, traces, strict=True))
            dispatcher.utter_message(response=_REPLIES[state(lines[0], traces[0])], states=states)
        else:
            dispatcher.utter_message(response="utter_parcel_unknown")
        return [SlotSet("case_wanted", False), *events]


def parcels(turn: Turn) -> list[dict[str, Any]]:
    """The lines to tell of: those named, else those on their way, else what waits, else the newest one received."""
    if not turn.orders:
        return []
    lines = orders.plausible(turn, "logistics")
    first = min(_ORDER.get(line["status"], 9) for line in lines)
    chosen = [line for line in lines if _ORDER.get(line["status"], 9) == first]
    return chosen[: 3 if first < 2 else 1]


async def track(line: dict[str, Any]) -> Tracking | None:
    """What the carrier says of the line's parcel; None when there is none or he does not answer in time."""
    if not line.get("waybill_no") or not line.get("shipped_at"):
        return None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found: Tracking | None = await services().logistics.track(
                line["carrier"] or "", line["waybill_no"], datetime.fromisoformat(line["shipped_at"])
            )
            return found
    except (DomainError, TimeoutError) as error:
        log.warning("parcel.untold", line=line["line_id"], error=type(error).__name__)
        return None


def state(line: dict[str, Any], trace: Tracking | None) -> str:
    """What a consumer may want to do next depends on: unshipped, moving, signed or lost."""
    if trace and trace.state in ("signed", "lost"):
        return trace.state
    return _STATES.get(line["status"], "signed")


def told(line: dict[str, Any], trace: Tracking | None) -> str:
    """Where the parcel is, in one sentence: the carrier's newest trace, else what the order knows."""
    if trace is None or not trace.traces or line["status"] not in ("shipped", "signed", "finished"):
        return orders.parcel_state(line)
    newest = trace.traces[-1]
    if trace.state == "lost":
        return f"{say.goods(line)}（{line['carrier']} {line['waybill_no']}）{say.moment(newest.at)}之后没有新的物流，可能丢件了。"
    return (
        f"{say.goods(line)}（{line['carrier']} {line['waybill_no']}）{say.moment(newest.at)}：{newest.text}。"
    )
