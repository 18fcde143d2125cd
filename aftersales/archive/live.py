"""What is left of a person in the working tables, once his dossier is the only place that may know him."""

from sqlalchemy import delete, select, update

from aftersales.ledger import notices, parcels, refunds
from aftersales.refunding import names_of
from aftersales.store import evidence_items, statements, tickets, transitions
from kernel.db import Tx
from kernel.ids import new_id

# What of a move's data the metrics read.
MEASURED = frozenset({"liability", "remedy", "amount_fen"})


async def forget_person(tx: Tx, ticket_id: str) -> None:
    """Takes names, numbers, words and pictures out of a ticket; what merchants are measured by stays."""
    gone = new_id("gone")  # a number of nobody, so that no list of anybody shows it
    line = await tx.scalar(select(tickets.c.order_line).where(tickets.c.id == ticket_id))
    plain = ("line_no", "merchant_id", "merchant_name", "sku", "title", "category", "quantity", "paid_fen")
    await tx.execute(
        update(tickets)
        .where(tickets.c.id == ticket_id)
        .values(
            consumer_id=gone,
            consumer_name="",
            order_no=None,
            order_line={key: line.get(key) for key in plain} if line else None,
            facts={},
            rulings=[],
            proof=None,
            rating_note=None,
        )
    )
    for move in await tx.all(select(transitions).where(transitions.c.ticket_id == ticket_id)):
        who = {"actor_id": "gone", "actor_name": ""} if move["actor_kind"] == "consumer" else {}
        kept = {key: value for key, value in move["data"].items() if key in MEASURED}
        await tx.execute(
            update(transitions).where(transitions.c.id == move["id"]).values(reason="", data=kept, **who)
        )
    await tx.execute(
        update(evidence_items)
        .where(evidence_items.c.ticket_id == ticket_id)
        .values(files=[], text=None, provided_by="gone")
    )
    await tx.execute(delete(statements).where(statements.c.ticket_id == ticket_id))
    for payment in await tx.all(
        select(refunds.c.key, refunds.c.line_id).where(refunds.c.ticket_id == ticket_id)
    ):
        line_id = payment["line_id"]
        sealed = line_id if len(line_id) == 40 else names_of(line_id)[1]  # a second time changes nothing
        values = {"consumer_id": gone, "order_no": "", "line_id": sealed}
        await tx.execute(update(refunds).where(refunds.c.key == payment["key"]).values(values))
    for parcel in await tx.all(select(parcels.c.id).where(parcels.c.ticket_id == ticket_id)):
        nothing = {"waybill_no": parcel["id"], "traces": []}
        await tx.execute(update(parcels).where(parcels.c.id == parcel["id"]).values(nothing))
    await tx.execute(delete(notices).where(notices.c.key.startswith(f"{ticket_id}:", autoescape=True)))
