"""Complaints about us, and threats: a ticket first, then the question whether a person shall come in (§7, L31)."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import collect
from actions.case import Case
from actions.questions import the_line
from actions.runtime import services
from actions.turn import Events, Turn
from aftersales.core.evidence import checklist, tick
from aftersales.core.order import OrderLine
from aftersales.tickets import OpenTicket, open_ticket
from handoff.core.triggers import PRIORITY
from kernel.clock import utcnow

COMPLAINT = "service_complaint"


class AnswerComplaint(Action):
    """Empathy once, then substance: a fault that was named becomes a case, the complaint itself a ticket."""

    def name(self) -> str:
        return "action_answer_complaint"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn, in_case = Turn.of(tracker), bool(tracker.get_slot("requested_slot"))
        if collect.fault(turn) and not in_case and not turn.trigger:
            return [SlotSet("case_wanted", True), SlotSet("offer", "none")]
        reason = turn.trigger or ("anger" if turn.is_angry else "complaint")
        known = _known(turn, tracker.get_slot("complaint"))
        ticket = known or await _recorded(turn, the_line(turn, tracker.get_slot("order_line")), reason)
        events: Events = [
            SlotSet("complaint", {"id": ticket["id"]}),
            SlotSet("case_wanted", False),
            SlotSet("offer", "human"),
            SlotSet("offer_reason", reason),
        ]
        if collect.fault(turn) and not in_case and Case.of(tracker) is None:
            events.append(
                collect.begin(turn).kept()
            )  # told in the same breath; gone on with when he wants no person
        card = {} if known else {"json_message": {"card": {"type": "ticket", "ticket": ticket}}}
        if tracker.get_slot("soothed"):
            dispatcher.utter_message(
                response="utter_complaint_again", ticket=ticket["id"], reason=reason, **card
            )
            return events
        dispatcher.utter_message(
            response="utter_complaint_threat" if turn.trigger else "utter_complaint",
            ticket=ticket["id"],
            reason=reason,
            **card,
        )
        return [*events, SlotSet("soothed", True)]


class DeclineHuman(Action):
    """No person now: the bot goes on with what is open, or asks what it is about."""

    def name(self) -> str:
        return "action_decline_human"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        case = Case.of(tracker)
        if case is not None and not tracker.get_slot("requested_slot"):
            return [SlotSet("case_wanted", True)]
        dispatcher.utter_message(response="utter_human_declined_here" if case else "utter_human_declined")
        return [SlotSet("case_wanted", False)]


def _known(turn: Turn, told: dict[str, Any] | None) -> dict[str, Any] | None:
    """The consumer's open complaint; of an anonymous one, whose tickets nobody may list, the one told of before."""
    if turn.consumer.get("anonymous"):
        return told
    return next((ticket for ticket in turn.tickets if ticket["issue_type"] == COMPLAINT), None)


async def _recorded(turn: Turn, line: dict[str, Any] | None, reason: str) -> dict[str, Any]:
    """A ticket with the consumer's words and the priority of his reason."""
    rulebook = services().rulebook
    todo = checklist(rulebook, COMPLAINT, None)
    order = OpenTicket(
        key=f"{turn.conversation_id}:{turn.turn_id}:complaint",
        conversation_id=turn.conversation_id,
        consumer_id=str((line or {}).get("consumer_id") or turn.consumer.get("consumer_id") or ""),
        consumer_name=turn.consumer.get("consumer_name") or "",
        order_line=OrderLine.from_json(line) if line else None,
        issue_type=COMPLAINT,
        sub_type=None,
        collected=tick(todo, {}, text=turn.text or "消费者投诉服务"),
        facts={**turn.facts, "reason": reason, "priority": PRIORITY[reason]},
        record_from=turn.started_seq,
        record_to=turn.last_seq,
    )
    return await open_ticket(services().db, order, rulebook, utcnow())
