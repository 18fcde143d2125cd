"""Verbs on tickets: open, move, read, rate; each one transaction, with its events."""

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from aftersales import views
from aftersales.core.evidence import checklist
from aftersales.core.order import OrderLine
from aftersales.core.rulebook import Rulebook
from aftersales.core.ticket import (
    SYSTEM_ACTOR,
    Actor,
    Status,
    TicketMoved,
    TicketOpened,
    due_at,
    notice,
    proof_needed,
    row_for,
)
from aftersales.rulebook_store import load_rulebook
from aftersales.store import evidence_items, tickets, transitions
from kernel import jobs
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.principal import PLATFORM
from kernel.times import SHANGHAI

DEADLINE_JOB = "ticket.deadline"
OPEN = tuple(status.value for status in Status if status not in (Status.CLOSED, Status.WITHDRAWN))
MAX_REASON = 1000


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
    while True:
        try:
            async with db.write() as tx:
                return await _open(tx, order, rulebook, now)
        except IntegrityError:
            async with db.read() as tx:
                first = await tx.one(select(tickets).where(tickets.c.key == order.key))
                if first is not None:
                    return (await views.views(tx, [first], load_rulebook))[0]
            # the number was taken by chance: draw again


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
    for need in step.needs:
        if need.required and given.get(need.name) in (None, ""):
            raise DomainError("missing_field", f"请填写{need.label}", 422, field=need.name)
    changes: dict[str, Any] = {
        "status": step.to.value,
        "version": row["version"] + 1,
        "entered_at": now,
        "due_at": due_at(step.to, now, rulebook),
        "closed_at": now if step.to in (Status.CLOSED, Status.WITHDRAWN) else None,
    }
    if trigger in ("propose", "agree"):
        changes["proposal"] = _proposal(row, data, rulebook)
        changes["remedy"] = data["remedy"]
    if trigger == "complete":
        changes["proof"] = _proof(row, data, rulebook)
    await tx.execute(update(tickets).where(tickets.c.id == row["id"]).values(changes))
    after = dict(row) | changes
    await _record(tx, after, row["status"], trigger, actor, reason or step.label, data, now)
    await _plan(tx, after)
    shown = (await views.views(tx, [after], load_rulebook))[0]
    text = notice(
        trigger, reason=reason, proposal=proposal_text(after["proposal"]), proof=after["proof"] or ""
    )
    await tx.emit(TicketMoved(shown, row["status"], step.to.value, trigger, actor, text, now))
    return shown


def _proposal(row: Row, data: dict[str, Any], rulebook: Rulebook) -> dict[str, Any]:
    """What is offered, within the rulebook. Raises DomainError for a remedy or an amount that is not allowed."""
    remedy = data["remedy"]
    if remedy not in views.allowed_remedies(rulebook, row["issue_type"], row["sub_type"]):
        raise DomainError("remedy_not_allowed", "这类问题不支持这种处理方式", 422, remedy=remedy)
    line = row["order_line"]
    amount = data.get("amount_fen")
    if rulebook.remedies[remedy].proof == "refund" and amount in (None, "") and line:
        amount = line["paid_fen"]
    if amount not in (None, ""):
        if isinstance(amount, bool) or not isinstance(amount, int) or amount <= 0:
            raise DomainError("bad_amount", "金额应为大于 0 的整数（分）", 422)
        if line and remedy != "compensation" and amount > line["paid_fen"]:
            raise DomainError("amount_too_high", "退款金额不能超过实付金额", 422, paid_fen=line["paid_fen"])
    else:
        amount = None
    issue = rulebook.issues.get(row["sub_type"] or "")
    payer = data.get("freight_payer") or (issue.freight if issue else "merchant")
    if payer not in views.FREIGHT:
        raise DomainError("bad_payer", "运费承担方不对", 422)
    return {
        "remedy": remedy,
        "remedy_label": rulebook.remedies[remedy].label,
        "amount_fen": amount,
        "freight_payer": payer,
        "freight_label": views.FREIGHT[payer],
        "note": str(data.get("note") or "")[:500],
        "clause": issue.rule.clause if issue else "",
    }


def proposal_text(proposal: dict[str, Any] | None) -> str:
    """退货退款 199.00 元，运费商家承担."""
    if not proposal:
        return ""
    amount = f" {proposal['amount_fen'] / 100:.2f} 元" if proposal["amount_fen"] else ""
    freight = "" if proposal["freight_payer"] == "none" else f"，运费{proposal['freight_label']}"
    note = f"（{proposal['note']}）" if proposal["note"] else ""
    return f"{proposal['remedy_label']}{amount}{freight}{note}"


def _proof(row: Row, data: dict[str, Any], rulebook: Rulebook) -> str:
    """The proof of execution without which nothing is 完结."""
    proof = str(data.get("proof") or "").strip()[:200]
    if not proof:
        kind = proof_needed(row["remedy"], rulebook)
        what = {"refund": "退款流水号", "waybill": "运单号", "note": "处理说明"}[kind]
        raise DomainError("missing_proof", f"完结前请填写{what}", 422, field="proof", kind=kind)
    return proof


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
    """What happens when a deadline passes; nothing when the ticket has moved on meanwhile, so repeats are harmless."""
    async with db.write() as tx:
        row = await tx.one(select(tickets).where(tickets.c.id == payload["ticket_id"]).with_for_update())
        if row is None or row["version"] != payload["version"]:
            return
        await _move(tx, row, payload["trigger"], SYSTEM_ACTOR, "到期未处理，按规则自动进行", {}, now)


async def rate(db: Database, ticket_id: str, consumer_id: str, score: int, note: str) -> dict[str, Any]:
    """The consumer's rating, 1 to 5, of a ticket that is 完结; a second rating replaces the first."""
    if not 1 <= score <= 5:
        raise DomainError("bad_score", "评分应为 1 到 5 分", 422)
    async with db.write() as tx:
        row = await tx.one(
            select(tickets).where(tickets.c.id == ticket_id, tickets.c.consumer_id == consumer_id)
        )
        if row is None:
            raise not_found("工单")
        if row["status"] != Status.CLOSED:
            raise DomainError("not_closed", "处理完成后就可以评价了", 409)
        changes = {"rating": score, "rating_note": note[:500]}
        await tx.execute(update(tickets).where(tickets.c.id == ticket_id).values(changes))
        return (await views.views(tx, [dict(row) | changes], load_rulebook))[0]


async def find(db: Database, ticket_id: str, *, history: bool = False) -> tuple[Row, dict[str, Any]]:
    """A ticket's row and its JSON. Raises not_found (404)."""
    async with db.read() as tx:
        row = await tx.one(select(tickets).where(tickets.c.id == ticket_id))
        if row is None:
            raise not_found("工单")
        shown = (await views.views(tx, [row], load_rulebook))[0]
        if history:
            shown["history"] = await views.history(tx, ticket_id)
    return row, shown


async def list_tickets(
    db: Database,
    *,
    party: str | None = None,
    consumer_id: str | None = None,
    status: str | None = None,
    q: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[dict[str, Any]], str | None]:
    """Tickets, newest first, and the cursor of the next page; `q` is a ticket's, an order's or a consumer's name."""
    query = select(tickets).order_by(tickets.c.opened_at.desc(), tickets.c.id.desc()).limit(limit + 1)
    for column, value in (
        (tickets.c.party, party),
        (tickets.c.consumer_id, consumer_id),
        (tickets.c.status, status),
    ):
        if value:
            query = query.where(column == value)
    if q:
        query = query.where(
            or_(tickets.c.id == q, tickets.c.order_no == q, tickets.c.consumer_name.contains(q))
        )
    if cursor:
        at, last_id = _after(cursor)
        older = tickets.c.opened_at < at
        query = query.where(or_(older, and_(tickets.c.opened_at == at, tickets.c.id < last_id)))
    async with db.read() as tx:
        rows = await tx.all(query)
        shown = await views.views(tx, rows[:limit], load_rulebook)
    last = rows[limit - 1] if len(rows) > limit else None
    return shown, _cursor(last) if last else None


async def open_of_consumer(db: Database, consumer_id: str, limit: int = 10) -> list[dict[str, Any]]:
    """The consumer's tickets that are not at their end, and those closed lately, newest first."""
    query = select(tickets).where(tickets.c.consumer_id == consumer_id)
    async with db.read() as tx:
        rows = await tx.all(
            query.where(tickets.c.status.in_(OPEN)).order_by(tickets.c.opened_at.desc()).limit(limit)
        )
        return await views.views(tx, rows, load_rulebook)


async def of_conversations(tx: Tx, conversation_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The tickets of these conversations, oldest first."""
    query = (
        select(tickets).where(tickets.c.conversation_id.in_(conversation_ids)).order_by(tickets.c.opened_at)
    )
    return await views.views(tx, await tx.all(query), load_rulebook)


def _cursor(row: Row) -> str:
    return base64.urlsafe_b64encode(json.dumps([row["opened_at"].isoformat(), row["id"]]).encode()).decode()


def _after(cursor: str) -> tuple[datetime, str]:
    try:
        at, ticket_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return datetime.fromisoformat(at), str(ticket_id)
    except (ValueError, TypeError) as error:
        raise DomainError("bad_cursor", "翻页位置无效，请从头查看", 422) from error
