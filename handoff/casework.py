"""Where tickets and conversations meet: every move of a ticket becomes a line of the communication record."""

from typing import Any

from sqlalchemy import select

from aftersales.core.retyping import RETYPE
from aftersales.core.table import DECISIONS, RULINGS
from aftersales.core.ticket import CONSUMER, MERCHANT, TicketMoved
from aftersales.store import transitions
from handoff import wording
from handoff.core.conversation import Owner, Trigger
from handoff.ownership import change
from handoff.records import TICKET_CHANGED, append, bump, line, note
from handoff.store import conversations
from handoff.stream import EventStream
from kernel.db import Tx
from kernel.principal import PLATFORM


def ticket_line(stream: EventStream | None) -> Any:
    """The handler for TicketOpened and TicketMoved: in their own transaction it writes a `ticket_changed` line.

    A new ticket of a merchant's goods also gives the conversation to that merchant's agents, unless a person has
    it or it is waiting for the platform. Another type is noted in the audit trail. A consumer's appeal against what
    no person decided calls a person.
    """

    async def handle(tx: Tx, event: Any) -> None:
        ticket = event.view
        conversation_id = ticket["conversation_id"]
        if not conversation_id:
            return
        row = await tx.one(
            select(conversations).where(conversations.c.id == conversation_id).with_for_update()
        )
        if row is None:
            return
        values: dict[str, Any] = {}
        if ticket["order"]:
            values["order_line_id"] = ticket["order"]["line_id"]
        if ticket["merchant"] and row["owner"] in (Owner.BOT, Owner.CLOSED):
            values["party"] = ticket["merchant"]["id"]
        after = await bump(tx, conversation_id, 1, event.at, **values)
        assert after is not None
        entry = line(TICKET_CHANGED, "system", sender_name=wording.SYSTEM_NAME, text=event.text, data=ticket)
        await append(tx, stream, after, [entry], event.at)
        if isinstance(event, TicketMoved) and event.trigger == RETYPE:
            said = {"ticket": ticket["id"], "version": ticket["version"], "to": ticket["issue_label"]}
            await note(tx, "ticket.retyped", conversation_id, event.actor.id, event.at, **said)
        if isinstance(event, TicketMoved) and await _is_appeal_of_machine(tx, event):
            await change(
                tx, stream, after, Trigger.ASKS_PERSON, event.at, reason="ai_appealed", party=PLATFORM
            )

    return handle


async def _is_appeal_of_machine(tx: Tx, event: TicketMoved) -> bool:
    """Whether a consumer appeals against what rules alone decided: a person has to look at it (L24)."""
    if event.trigger != "appeal" or event.actor.kind != CONSUMER:
        return False
    by_person = select(transitions.c.id).where(
        transitions.c.ticket_id == event.view["id"],
        transitions.c.trigger.in_(DECISIONS | RULINGS),
        transitions.c.actor_kind.in_((MERCHANT, "platform")),
    )
    return await tx.scalar(by_person.limit(1)) is None
