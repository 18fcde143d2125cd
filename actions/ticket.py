"""Tickets that are already there: their state, a refund's state, and giving a case up."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import collect, say
from actions.anger import soothe
from actions.case import Case, closed
from actions.runtime import services
from actions.turn import Events, Turn
from aftersales.core.ticket import CONSUMER, Actor
from aftersales.tickets import transition
from kernel.clock import utcnow
from kernel.errors import DomainError

MOST_TOLD = 3
REFUNDS = ("refund_only", "return_refund", "refund", "compensation")


class TicketStatus(Action):
    def name(self) -> str:
        return "action_ticket_status"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn = Turn.of(tracker)
        events = soothe(dispatcher, tracker, turn)
        tickets = named(turn)
        if tickets:
            tell(dispatcher, tickets)
        elif Case.of(tracker):
            dispatcher.utter_message(response="utter_ticket_not_yet")
        else:
            dispatcher.utter_message(response="utter_ticket_none")
        return events


class RefundStatus(Action):
    """Tells how far a refund is when a ticket knows of one; otherwise the missing money becomes a case."""

    def name(self) -> str:
        return "action_refund_status"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn = Turn.of(tracker)
        soothed = soothe(dispatcher, tracker, turn)
        refunds = [
            ticket
            for ticket in named(turn)
            if ticket.get("remedy") in REFUNDS or ticket["issue_type"] == "refund_status"
        ]
        if refunds:
            tell(dispatcher, refunds)
            return [SlotSet("case_wanted", False), *soothed]
        case = Case.of(tracker)
        if case and tracker.get_slot("requested_slot"):
            case.further = collect.with_refund(case)
            dispatcher.utter_message(response="utter_refund_after_this")
            return [case.kept(), SlotSet("case_wanted", False), *soothed]
        return [SlotSet("case_wanted", True), *soothed]


class CancelCase(Action):
    """Drops the case that is being collected; a ticket is withdrawn only after a second, explicit word."""

    def name(self) -> str:
        return "action_cancel_case"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn = Turn.of(tracker)
        chosen = next((t for t in turn.tickets if t["id"] == turn.chosen.get("ticket_no")), None)
        if chosen:
            consumer = Actor(CONSUMER, chosen["consumer"]["id"], chosen["consumer"]["name"])
            try:
                await transition(
                    services().db,
                    chosen["id"],
                    "withdraw",
                    consumer,
                    reason="消费者在会话里撤销",
                    now=utcnow(),
                )
            except DomainError as refusal:
                dispatcher.utter_message(
                    response="utter_ticket_moved_on", ticket=chosen["id"], reason=refusal.message
                )
            else:
                dispatcher.utter_message(response="utter_ticket_withdrawn", ticket=chosen["id"])
            return []
        if Case.of(tracker):
            dispatcher.utter_message(response="utter_case_dropped")
            return closed()
        if turn.tickets:
            buttons = [
                {"title": f"撤销 {t['id']}", "payload": f'/cancel_case{{"ticket_no": "{t["id"]}"}}'}
                for t in named(turn)
            ]
            dispatcher.utter_message(response="utter_confirm_withdraw", buttons=buttons)
        else:
            dispatcher.utter_message(response="utter_nothing_open")
        return []


def named(turn: Turn) -> list[dict[str, Any]]:
    """The tickets that the text names, else the open ones, newest first."""
    numbers = turn.all_of("ticket_no")
    return [t for t in turn.tickets if t["id"] in numbers] or list(turn.tickets)[:MOST_TOLD]


def tell(dispatcher: CollectingDispatcher, tickets: list[dict[str, Any]]) -> None:
    for ticket in tickets:
        dispatcher.utter_message(
            response="utter_ticket_state",
            ticket=ticket["id"],
            issue=ticket["issue_label"],
            status=ticket["status_label"],
            next_step=say.next_step(ticket),
            json_message={"card": {"type": "ticket", "ticket": ticket}},
        )
