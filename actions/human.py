"""A person is asked for, or has to decide: one step, in any state."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.case import Case
from actions.runtime import services
from actions.turn import Events, Turn
from aftersales.core.rulebook import Rulebook
from handoff.core.triggers import PRIORITY
from handoff.ownership import request_human
from kernel.clock import utcnow

_DECIDED = {"fraud": "fraud", "food_safety": "food"}  # `human` in the rulebook


class RequestHuman(Action):
    """Hands over and says nothing: the conversation itself tells that a person is being called.

    A yes to the bot's own offer keeps the reason why it was made.
    """

    def name(self) -> str:
        return "action_request_human"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn = Turn.of(tracker)
        agreed = tracker.get_slot("offer_reason") if turn.intent == "affirm" else None
        return await hand_over(turn, agreed or "asked_for_person")


async def hand_over(turn: Turn, reason: str) -> Events:
    """Calls a person; the case stays, the form is left, so that a person's answer is not taken for evidence."""
    here = services()
    await request_human(
        here.db,
        turn.conversation_id,
        reason,
        utcnow(),
        stream=here.stream,
        priority=PRIORITY.get(reason, 0),
    )
    return [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("failed_turns", 0)]


async def hand_over_decided(turn: Turn, case: Case, rulebook: Rulebook) -> Events:
    """After the ticket: what only people may decide goes to one at once (§4); anything else stays with the bot."""
    reason = why_a_person_decides(case, rulebook)
    return await hand_over(turn, reason) if reason else []


def why_a_person_decides(case: Case, rulebook: Rulebook) -> str | None:
    """The reason: food safety before fraud before a claim above the sum that fixed rules may settle."""
    named = [case.sub_type, *(one.sub_type for one in case.further)]
    found = {rulebook.issues[name].human for name in named if name in rulebook.issues}
    for kind in ("food_safety", "fraud"):
        if kind in found:
            return _DECIDED[kind]
    claimed = case.facts.get("amount_fen")
    sums = claimed if isinstance(claimed, list) else [claimed]
    is_claim = case.remedy == "compensation"
    return "amount" if is_claim and any((fen or 0) > rulebook.automatic.limit_fen for fen in sums) else None
