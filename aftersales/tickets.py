"""Verbs on tickets: open, move, rate; each one transaction, with its events. Questions are in `reading`."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from aftersales import views
from aftersales.core.evidence import checklist
from aftersales.core.order import OrderLine
from aftersales.core.proposal import checked_proof, make_proposal, proposal_text
from aftersales.core.rulebook import Rulebook
from aftersales.core.ticket import (
    SYSTEM_ACTOR,
    Actor,
    Status,
    TicketMoved,
    TicketOpened,
    due_at,
    notice,
    row_for,
)
from aftersales.reading import find, list_tickets, of_conversations, open_of_consumer
from aftersales.rulebook_store import load_rulebook
from aftersales.store import evidence_items, tickets, transitions
from kernel import jobs
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.principal import PLATFORM
from kernel.times import SHANGHAI

__all__ = [
    "DEADLINE_JOB",
    "OpenTicket",
    "find",
    "handle_deadline",
    "list_tickets",
    "of_conversations",
    "open_of_consumer",
    "open_ticket",
    "rate",
    "transition",
]

DEADLINE_JOB = "ticket.deadline"
MAX_REASON = 1000
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
        "version": 1,
        "issue_type": order.issue_type,
        "sub_type": order.sub_type,
        "remedy": order.remedy if order.remedy in rulebook.remedies else None,
        "facts": order.facts,
        "proposal": None,
        "proof": None,
        "rule_version": rulebook.version,
        "record_from": order.record_from,
        "record_to": order.record_to,
        "opened_at": now,
        "entered_at": now,
        "due_at": due_at(status, now, rulebook),
        "closed_at": None,
        "rating": None,
        "rating_note": None,
    }
    await tx.execute(insert(tickets).values(row))
    evidence = _evidence_rows(row["id"], order, rulebook, now)
    await tx.execute(insert(evidence_items), evidence)
    consumer = Actor("consumer", order.consumer_id, order.consumer_name)
    await _record(tx, row, None, "open", consumer, "消费者提交售后申请", {}, now)
    await _plan(tx, row)
    shown = views.view(row, evidence, rulebook)
    text = f"已为您提交售后申请，工单号 {row['id']}（{shown['issue_label']}）。"
    await tx.emit(TicketOpened(shown, text, now))
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
    `expected_version` is not the present one, `missing_field` (422) for what the row needs.
    """
    async with db.write() as tx:
        row = await tx.one(select(tickets).where(tickets.c.id == ticket_id).with_for_update())
        if row is None:
            raise not_found("工单")
        if expected_version is not None and expected_version != row["version"]:
            raise DomainError(
                "stale_ticket", "工单刚刚有了新进展，请刷新后再操作", 409, version=row["version"]
            )
        return await _move(tx, row, trigger, actor, reason.strip()[:MAX_REASON], data or {}, now)


async def _move(
    tx: Tx, row: Row, trigger: str, actor: Actor, reason: str, data: dict[str, Any], now: datetime
) -> dict[str, Any]:
    rulebook = load_rulebook(row["rule_version"])
    step = row_for(Status(row["status"]), trigger, actor.kind)
    given = data | {"reason": reason}
    line = row["order_line"]
    for need in step.needs:
        if need.required and given.get(need.name) in (None, ""):
            raise DomainError("missing_field", f"请填写{need.label}", 422, field=need.name)
    changes: dict[str, Any] = {
        "status": step.to.value,
        "version": row["version"] + 1,
        "entered_at": now,
        "closed_at": now if step.to in (Status.CLOSED, Status.WITHDRAWN) else None,
    }
    if trigger in ("propose", "agree"):
        changes["proposal"] = make_proposal(
            rulebook, row["issue_type"], row["sub_type"], line["paid_fen"] if line else None, data
        )
        changes["remedy"] = data["remedy"]
    if trigger == "complete":
        changes["proof"] = checked_proof(row["remedy"], rulebook, data.get("proof"))
    changes["due_at"] = due_at(step.to, now, rulebook, changes.get("remedy", row["remedy"]))
    await tx.execute(update(tickets).where(tickets.c.id == row["id"]).values(changes))
    after = dict(row) | changes
    await _record(tx, after, row["status"], trigger, actor, reason or step.label, data, now)
    await _plan(tx, after)
    shown = (await views.views(tx, [after], load_rulebook))[0]
    text = notice(
        trigger,
        at=Status(row["status"]),
        actor_kind=actor.kind,
        reason=reason,
        proposal=proposal_text(after["proposal"]),
        proof=after["proof"] or "",
    )
    await tx.emit(TicketMoved(shown, row["status"], step.to.value, trigger, actor, text, now))
    return shown


async def _record(
    tx: Tx,
    row: Row,
    from_status: str | None,
    trigger: str,
    actor: Actor,
    reason: str,
    data: dict[str, Any],
    now: datetime,
) -> None:
    await tx.execute(
        insert(transitions).values(
            ticket_id=row["id"],
            trigger=trigger,
            from_status=from_status,
            to_status=row["status"],
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            reason=reason,
            data=data,
            rule_version=row["rule_version"],
            at=now,
        )
    )


async def _plan(tx: Tx, row: Row) -> None:
    """The deadline of the present status as a job, where the rulebook says what happens at its end."""
    rule = load_rulebook(row["rule_version"]).deadlines.get(row["status"])
    if rule and rule.on_timeout and row["due_at"]:
        payload = {"ticket_id": row["id"], "version": row["version"], "trigger": rule.on_timeout}
        await jobs.schedule(tx, DEADLINE_JOB, row["id"], row["due_at"], payload)
    else:
        await jobs.cancel(tx, DEADLINE_JOB, row["id"])


async def handle_deadline(db: Database, payload: dict[str, Any], now: datetime) -> None:
    """What happens when a deadline passes: accepting an application or withdrawing one, never a consent.

    Nothing when the ticket has moved on meanwhile or the time has not come, so repeats are harmless.
    """
    async with db.write() as tx:
        row = await tx.one(select(tickets).where(tickets.c.id == payload["ticket_id"]).with_for_update())
        if row is None or row["version"] != payload["version"] or (row["due_at"] and row["due_at"] > now):
            return
        await _move(tx, row, payload["trigger"], SYSTEM_ACTOR, "到期未处理，按规则自动进行", {}, now)


async def rate(db: Database, ticket_id: str, consumer_id: str, score: int, note: str) -> dict[str, Any]:
    """The consumer's rating, 1 to 5, of a ticket that is 完结; a second rating replaces the first."""
    if not 1 <= score <= 5:
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
        changes = {"rating": score, "rating_note": note[:500]}
        await tx.execute(update(tickets).where(tickets.c.id == ticket_id).values(changes))
        return (await views.views(tx, [dict(row) | changes], load_rulebook))[0]
