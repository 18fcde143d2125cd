"""What is left of a person in the working tables, once his dossier is the only place that may know him."""

from sqlalchemy import select, update

from aftersales.store import evidence_items, tickets, transitions
from kernel.db import Tx
from kernel.ids import new_id


async def forget_person(tx: Tx, ticket_id: str) -> None:
    """Takes names, numbers, words and pictures out of a ticket; what merchants are measured by stays."""
    line = await tx.scalar(select(tickets.c.order_line).where(tickets.c.id == ticket_id))
    plain = ("line_no", "merchant_id", "merchant_name", "sku", "title", "category", "quantity", "paid_fen")
    await tx.execute(
        update(tickets)
        .where(tickets.c.id == ticket_id)
        .values(
            consumer_id=new_id("gone"),  # a number of nobody, so that no list of anybody shows it
            consumer_name="",
            order_no=None,
            order_line={key: line.get(key) for key in plain} if line else None,
            facts={},
            rating_note=None,
        )
    )
    await tx.execute(
        update(transitions)
        .where(transitions.c.ticket_id == ticket_id, transitions.c.actor_kind == "consumer")
        .values(actor_id="gone", actor_name="", reason="")
    )
    await tx.execute(
        update(evidence_items)
        .where(evidence_items.c.ticket_id == ticket_id)
        .values(files=[], text=None, provided_by="gone")
    )
