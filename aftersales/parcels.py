"""Parcels of a ticket: the consumer's return, the merchant's exchange, reship and repair; followed until signed for."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from aftersales.core.executed import ParcelSigned
from aftersales.gateways.logistics import Logistics, Tracking
from aftersales.ledger import parcels
from kernel import jobs
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError
from kernel.ids import new_id
from kernel.times import wire_time

TRACK_JOB = "parcel.track"
KINDS = {"return": "退货", "exchange": "换货", "reship": "补发", "repair": "维修"}
FIRST_LOOK, NEXT_LOOK, NEAR_LOOK = timedelta(minutes=10), timedelta(hours=2), timedelta(minutes=30)
GIVE_UP = timedelta(days=45)
_WAYBILL = re.compile(r"(?=(?:.*\d){4})[A-Z0-9-]{6,40}")


async def send(tx: Tx, ticket_id: str, kind: str, carrier: str, waybill_no: str, now: datetime) -> Row:
    """Records a parcel and begins to follow it; the same number again returns the first record.

    The number is kept half-width, upper-case and without spaces. Raises `bad_waybill` (422).
    """
    number, by = checked(carrier, waybill_no)
    if kind not in KINDS:
        raise DomainError("bad_parcel", "没有这种包裹", 422, field="kind")
    c = parcels.c
    known = await tx.one(
        select(parcels).where(c.ticket_id == ticket_id, c.kind == kind, c.waybill_no == number)
    )
    if known is not None:
        return known
    row: dict[str, Any] = {
        "id": new_id("p"),
        "ticket_id": ticket_id,
        "kind": kind,
        "carrier": by,
        "waybill_no": number,
        "state": "unknown",
        "traces": [],
        "sent_at": now,
        "checked_at": None,
        "signed_at": None,
    }
    await tx.execute(insert(parcels).values(row))
    await jobs.schedule(tx, TRACK_JOB, row["id"], now + FIRST_LOOK, {"parcel": row["id"]})
    return row


def checked(carrier: str, waybill_no: str) -> tuple[str, str]:
    """The waybill number and the carrier's name as they are kept. Raises `bad_waybill` (422)."""
    number = "".join(unicodedata.normalize("NFKC", waybill_no).upper().split())
    name = " ".join(carrier.split())[:40]
    if not _WAYBILL.fullmatch(number):
        raise DomainError(
            "bad_waybill", "运单号应为 6 到 40 位字母和数字，请核对面单", 422, field="waybill_no"
        )
    if not name:
        raise DomainError("bad_waybill", "请填写快递公司", 422, field="carrier")
    return number, name


async def handle_track(db: Database, logistics: Logistics, payload: dict[str, Any], now: datetime) -> None:
    """The job: looks where the parcel is and plans the next look, until it is signed for, lost, or long forgotten."""
    async with db.read() as tx:
        row = await tx.one(select(parcels).where(parcels.c.id == payload["parcel"]))
    if row is None or row["state"] == "signed":
        return
    try:
        found = await logistics.track(row["carrier"], row["waybill_no"], row["sent_at"])
    except DomainError:
        found = None
    await _keep(db, row["id"], found, now)


async def _keep(db: Database, parcel_id: str, found: Tracking | None, now: datetime) -> None:
    async with db.write() as tx:
        row = await tx.one(select(parcels).where(parcels.c.id == parcel_id).with_for_update())
        if row is None or row["state"] == "signed":
            return
        changes: dict[str, Any] = {"checked_at": now}
        if found:
            changes |= {
                "state": found.state,
                "signed_at": found.signed_at,
                "traces": [{"at": wire_time(trace.at), "text": trace.text} for trace in found.traces],
            }
        await tx.execute(update(parcels).where(parcels.c.id == parcel_id).values(changes))
        if found and found.signed_at:
            await jobs.cancel(tx, TRACK_JOB, parcel_id)
            await tx.emit(
                ParcelSigned(
                    row["ticket_id"], row["kind"], row["carrier"], row["waybill_no"], found.signed_at, now
                )
            )
        elif now - row["sent_at"] < GIVE_UP:
            wait = NEAR_LOOK if found and found.state == "delivering" else NEXT_LOOK
            await jobs.schedule(tx, TRACK_JOB, parcel_id, now + wait, {"parcel": parcel_id})


async def of_ticket(tx: Tx, ticket_id: str) -> Sequence[Row]:
    """The parcels of a ticket, oldest first."""
    return await tx.all(
        select(parcels).where(parcels.c.ticket_id == ticket_id).order_by(parcels.c.sent_at, parcels.c.id)
    )


def shown(row: Row) -> dict[str, Any]:
    """A parcel as JSON."""
    return {
        "kind": row["kind"],
        "kind_label": KINDS[row["kind"]],
        "carrier": row["carrier"],
        "waybill_no": row["waybill_no"],
        "state": row["state"],
        "traces": row["traces"],
        "sent_at": wire_time(row["sent_at"]),
        "signed_at": wire_time(row["signed_at"]) if row["signed_at"] else None,
    }
