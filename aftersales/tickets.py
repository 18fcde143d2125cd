"""Verbs on tickets: open, move, countersign, rate; each one transaction, with its events. Questions are in `reading`."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from aftersales import views
from aftersales.core.automatic import settle
from aftersales.core.deadline import due_at
from aftersales.core.eligibility import entitlements
from aftersales.core.evidence import checklist
from aftersales.core.order import OrderLine
from aftersales.core.rulebook import Rulebook
from aftersales.core.ticket import SYSTEM_ACTOR, Actor, Status, TicketOpened
from aftersales.entitling import history_of
from aftersales.moves import check_version, locked, move, plan, record
from aftersales.reading import find, list_tickets, of_conversations, open_of_consumer
from aftersales.rulebook_store import load_rulebook
from aftersales.store import evidence_items, tickets
from kernel.db import Database, Tx
from kernel.errors import DomainError, not_found
from kernel.principal import PLATFORM
from kernel.times import SHANGHAI

__all__ = [
    "OpenTicket",
    "countersign",
    "find",
    "list_tickets",
    "of_conversations",
    "open_of_consumer",
    "open_ticket",
    "rate",
    "transition",
]

DRAWS = 5  # of a ticket number; at a million a day even the second is rare


@dataclass(frozen=True)
class OpenTicket:
    """Everything a new ticket is made of; the same `key` opens one ticket however often it is used."""

    key: str
    conversation_id: str
    consumer_id: str
    consumer_name: str
    order_line: OrderLine | None
    issue_type: str
    sub_type: str | None
    collected: dict[str, Any]
    attachments: Sequence[dict[str, Any]] = ()
    remedy: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    record_from: int = 0
    record_to: int = 0


async def open_ticket(db: Database, order: OpenTicket, rulebook: Rulebook, now: datetime) -> dict[str, Any]:
    """Opens a ticket in `submitted` under the given rulebook; returns its JSON. The same key returns the first."""
    for _ in range(DRAWS - 1):
        try:
            async with db.write() as tx:
                return await _open(tx, order, rulebook, now)
        except IntegrityError:
            continue  # the same key won elsewhere and is found now, or the number was taken: draw again
    async with db.write() as tx:
        return await _open(tx, order, rulebook, now)


async def _open(tx: Tx, order: OpenTicket, rulebook: Rulebook, now: datetime) -> dict[str, Any]:
    known = await tx.one(select(tickets).where(tickets.c.key == order.key))
    if known is not None:
        return (await views.views(tx, [known], load_rulebook))[0]
    line = order.order_line
    status = Status.SUBMITTED
    row: dict[str, Any] = {
        "id": f"AX{now.astimezone(SHANGHAI):%Y%m%d}{secrets.randbelow(10**6):06d}",
        "key": order.key,
        "conversation_id": order.conversation_id,
        "consumer_id": order.consumer_id,
        "consumer_name": order.consumer_name,
        "party": line.merchant_id if line else PLATFORM,
        "merchant_name": line.merchant_name if line else "",
        "order_line": line.to_json() if line else None,
        "order_no": line.order_no if line else None,
        "status": status.value,
        "phase": None,
        "version": 1,
        "issue_type": order.issue_type,
        "sub_type": order.sub_type,
        "remedy": order.remedy if order.remedy in rulebook.remedies else None,
        "facts": order.facts,
        "proposal": None,
        "proof": None,
        "rulings": [],
        "pending_decision": None,
        "quote": None,
        "round": 0,
        "extended": 0,
        "paused_seconds": None,
        "escalated_at": None,
        "rule_version": rulebook.version,
        "record_from": order.record_from,
        "record_to": order.record_to,
        "opened_at": now,
        "entered_at": now,
        "due_at": due_at(status, now, rulebook),
        "closed_at": None,
        "rating": None,
        "rating_service": None,
        "rating_note": None,
    }
    await tx.execute(insert(tickets).values(row))
    evidence = _evidence_rows(row["id"], order, rulebook, now)
    await tx.execute(insert(evidence_items), evidence)
    consumer = Actor("consumer", order.consumer_id, order.consumer_name)
    await record(tx, row, None, "open", consumer, "消费者提交售后申请", {}, now)
    await plan(tx, row, None)
    shown = views.view(row, evidence, rulebook)
    text = f"已为您提交售后申请，工单号 {row['id']}（{shown['issue_label']}）。"
    await tx.emit(TicketOpened(shown, text, now))
    return await _settled(tx, row, evidence, line, rulebook, now) or shown


async def _settled(
    tx: Tx,
    row: dict[str, Any],
    evidence: Sequence[dict[str, Any]],
    line: OrderLine | None,
    rulebook: Rulebook,
    now: datetime,
) -> dict[str, Any] | None:
    """The ticket's JSON after fixed rules have granted what was asked for; None where people decide."""
    if line is None:
        return None
    entitled = entitlements(line, rulebook, now, sub_type=row["sub_type"], history=await history_of(tx, line))
    found = settle(line, row["sub_type"], row["remedy"], evidence, entitled, rulebook, now)
    if found is None:
        return None
    row, _ = await move(tx, row, "accept", SYSTEM_ACTOR, "凭证齐全，按规则直接受理", {}, now)
    granted = {"remedy": found.remedy}
    _, shown = await move(tx, row, "agree", SYSTEM_ACTOR, f"按规则直接处理：{found.reason}", granted, now)
    return shown


def _evidence_rows(
    ticket_id: str, order: OpenTicket, rulebook: Rulebook, now: datetime
) -> list[dict[str, Any]]:
    files = {file["file_id"]: file for file in order.attachments}
    rows = []
    for item in checklist(rulebook, order.issue_type, order.sub_type).items:
        entry = order.collected.get(item.id) or {"files": [], "text": None, "waived": False}
        provided = bool(entry["files"] or entry["text"])
        rows.append(
            {
                "ticket_id": ticket_id,
                "item_id": item.id,
                "label": item.label,
                "kind": item.kind,
                "required": int(item.required),
                "status": "provided" if provided else "waived" if entry["waived"] else "missing",
                "files": [
                    files.get(file_id, {"file_id": file_id, "kind": item.kind}) for file_id in entry["files"]
                ],
                "text": entry["text"],
                "provided_by": order.consumer_id,
                "at": now,
            }
        )
    return rows


async def transition(
    db: Database,
    ticket_id: str,
    trigger: str,
    actor: Actor,
    *,
    reason: str = "",
    data: dict[str, Any] | None = None,
    expected_version: int | None = None,
    now: datetime,
) -> dict[str, Any]:
    """Moves a ticket along one row of the table; returns its JSON after it.

    Raises IllegalTransition (409), NotAllowed (403), not_found (404), `stale_ticket` (409) when
    `expected_version` is not the present one, `missing_field` (422) for what the row needs. A decision above the
    rulebook's sum is kept until a second person countersigns it.
    """
    async with db.write() as tx:
        row = await locked(tx, ticket_id)
        check_version(row, expected_version)
        _, shown = await move(tx, row, trigger, actor, reason, data or {}, now)
        return shown


async def countersign(
    db: Database, ticket_id: str, actor: Actor, *, agrees: bool, reason: str = "", now: datetime
) -> dict[str, Any]:
    """A second person of the same side signs a kept decision, or sends it back; returns the ticket's JSON.

    Raises `nothing_to_sign` (409) and `same_person` (403), and what the decision itself raises.
    """
    async with db.write() as tx:
        row = await locked(tx, ticket_id)
        kept = row["pending_decision"]
        if not kept:
            raise DomainError("nothing_to_sign", "没有等待复核的决定", 409)
        first = kept["by"]
        if actor.kind != first["kind"] or (actor.party or first["party"]) != first["party"]:
            raise DomainError("not_allowed", "由提出决定的一方复核", 403)
        if actor.id == first["id"]:
            raise DomainError("same_person", "超过限额的决定要由另一位同事复核", 403)
        if not agrees:
            _, shown = await move(tx, row, "drop_decision", actor, reason, {}, now)
            return shown
        signer = Actor(first["kind"], first["id"], first["name"], first["party"])
        data = kept["data"] | {"countersigned_by": {"id": actor.id, "name": actor.name}}
        _, shown = await move(tx, row, kept["trigger"], signer, kept["reason"], data, now)
        return shown


async def rate(
    db: Database, ticket_id: str, consumer_id: str, score: int, note: str, service: int | None = None
) -> dict[str, Any]:
    """The consumer's rating of the result, and of the service, 1 to 5, of a ticket that is 完结; the last one counts."""
    if not all(1 <= one <= 5 for one in (score, service or 1)):
        raise DomainError("bad_score", "评分应为 1 到 5 分", 422)
    async with db.write() as tx:
        row = await tx.one(
            select(tickets)
            .where(tickets.c.id == ticket_id, tickets.c.consumer_id == consumer_id)
            .with_for_update()
        )
        if row is None:
            raise not_found("工单")
        if row["status"] != Status.CLOSED:
            raise DomainError("not_closed", "处理完成后就可以评价了", 409)
        changes = {"rating": score, "rating_service": service, "rating_note": note[:500]}
        await tx.execute(update(tickets).where(tickets.c.id == ticket_id).values(changes))
        return (await views.views(tx, [dict(row) | changes], load_rulebook))[0]
