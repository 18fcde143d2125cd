"""The stock side's actions, in memory, as a tutorial would write them."""

from rasa_sdk import Action
from rasa_sdk.events import SlotSet

TICKETS = {}


class TicketStatus(Action):
    def name(self):
        return "action_ticket_status"

    def run(self, dispatcher, tracker, domain):
        number = TICKETS.get(tracker.sender_id)
        dispatcher.utter_message(text=f"工单 {number} 处理中。" if number else "还没有查到您的工单。")
        return []


class OpenTicket(Action):
    def name(self):
        return "action_open_ticket"

    def run(self, dispatcher, tracker, domain):
        number = TICKETS.setdefault(tracker.sender_id, f"T{len(TICKETS) + 1:06d}")
        dispatcher.utter_message(text=f"已为您建好工单 {number}。")
        return [SlotSet("issue_type", "quality")]
