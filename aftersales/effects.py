"""What a move sets going in the same transaction: money, parcels, evidence asked for and given, the platform's people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from aftersales import parcels, refunding
from aftersales.core.evidence import ASKED_FOR
from aftersales.core.ticket import MERCHANT, PARCEL_KINDS, PAYING, SENDING, Actor, Phase, Status
from aftersales.rulebook_store import load_rulebook
from aftersales.store import evidence_items
from aftersales.views import pays_by_itself
from kernel import jobs
from kernel.db import Row, Tx
from kernel.errors import DomainError

PLATFORM_JOB = "ticket.platform_in"


async def carry_out(
    tx: Tx,
    before: Row,
    after: dict[str, Any],
    trigger: str,
    actor: Actor,
    reason: str,
    data: Mapping[str, Any],
    now: datetime,
) -> str:
    """Everything beside the ticket's own row; returns the parcel that was sent, in words, else an empty text."""
    phase = Phase(after["phase"]) if after["phase"] else None
    begins = phase in PAYING and (before["phase"] != after["phase"] or before["round"] != after["round"])
    if begins and pays_by_itself(after, load_rulebook(after["rule_version"])):
        await refunding.plan(tx, after, now)
    if after["status"] == Status.PLATFORM_INTERVENTION and before["status"] != after["status"]:
        payload = {"conversation_id": after["conversation_id"]}
        await jobs.schedule(tx, PLATFORM_JOB, after["id"], now, payload)
    if trigger == "request_evidence":
        await _ask(tx, after["id"], str(data.get("ask") or reason), actor, now)
    if trigger == "supply_evidence":
        await _supply(tx, after["id"], data, actor, now)
    if trigger in ("send_back", "ship"):
        kind = "return" if trigger == "send_back" else PARCEL_KINDS[Phase(before["phase"])]
        sent = await parcels.send(tx, after["id"], kind, str(data["carrier"]), str(data["waybill_no"]), now)
        return f"{sent['carrier']} {sent['waybill_no']}"
    if trigger == "complete" and before["phase"] in SENDING and actor.kind == MERCHANT:
        await _check_signed(tx, before)
    return ""


async def _check_signed(tx: Tx, ticket: Row) -> None:
    """A merchant's parcel proves something when it was signed for; without tracking, the platform decides."""
    kind = PARCEL_KINDS[Phase(ticket["phase"])]
    sent = [row for row in await parcels.of_ticket(tx, ticket["id"]) if row["kind"] == kind]
    if not sent:
        raise DomainError("not_shipped", "请先填写寄出的快递公司和运单号", 409)
    if not any(row["state"] == "signed" for row in sent):
        raise DomainError("not_signed_for", "运单还没有签收，签收后会自动完结", 409)


async def _ask(tx: Tx, ticket_id: str, label: str, actor: Actor, now: datetime) -> None:
    c = evidence_items.c
    asked = await tx.scalar(
        select(func.count())
        .select_from(evidence_items)
        .where(c.ticket_id == ticket_id, c.item_id.startswith(ASKED_FOR, autoescape=True))
    )
    row = {
        "ticket_id": ticket_id,
        "item_id": f"{ASKED_FOR}{int(asked or 0) + 1}",
        "label": label[:80],
        "kind": "text",
        "required": 1,
        "status": "missing",
        "files": [],
        "text": None,
        "provided_by": actor.id,
        "at": now,
    }
    await tx.execute(insert(evidence_items).values(row))


async def _supply(tx: Tx, ticket_id: str, data: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    """What a consumer supplies answers everything that was still asked for; saying nothing waives it."""
    c = evidence_items.c
    text, files = str(data.get("text") or "") or None, list(data.get("files") or ())
    values = {
        "status": "provided" if text or files else "waived",
        "text": text,
        "files": files,
        "provided_by": actor.id,
        "at": now,
    }
    await tx.execute(
        update(evidence_items)
        .where(c.ticket_id == ticket_id, c.status == "missing", c.required == 1)
        .values(values)
    )
