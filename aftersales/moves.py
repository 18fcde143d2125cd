"""One move of a ticket inside a transaction: the row of the table, what changes with it, its record and its clock."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from aftersales import views
from aftersales.core.automatic import needs_two
from aftersales.core.deadline import due_at, is_unsent, reminders, rule_for
from aftersales.core.deciding import Limit, compensation_limit
from aftersales.core.money import yuan
from aftersales.core.moving import changes_of, draft_of
from aftersales.core.proposal import proposal_text
from aftersales.core.rulebook import Rulebook
from aftersales.core.table import DECISIONS, Row, row_for
from aftersales.core.telling import notice
from aftersales.core.ticket import Actor, Phase, Status, TicketMoved, roles_of
from aftersales.effects import carry_out
from aftersales.refunding import compensated, left_of
from aftersales.rulebook_store import load_rulebook
from aftersales.store import tickets, transitions
from kernel import jobs
from kernel.db import Row as DbRow
from kernel.db import Tx
from kernel.errors import DomainError, not_found

DEADLINE_JOB = "ticket.deadline"
REMINDER_JOB = "ticket.reminder"
MAX_REASON = 1000


async def locked(tx: Tx, ticket_id: str) -> DbRow:
    """The ticket's row, held until the transaction ends. Raises not_found (404)."""
    row = await tx.one(select(tickets).where(tickets.c.id == ticket_id).with_for_update())
    if row is None:
        raise not_found("工单")
    return row


def check_version(row: DbRow, expected: int | None) -> None:
    """Raises `stale_ticket` (409) when somebody decides on something that has changed meanwhile."""
    if expected is not None and expected != row["version"]:
        raise DomainError("stale_ticket", "工单刚刚有了新进展，请刷新后再操作", 409, version=row["version"])


async def move(
    tx: Tx, row: DbRow, trigger: str, actor: Actor, reason: str, data: dict[str, Any], now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Moves the locked `row`; returns the row after it and its JSON. Raises as `tickets.transition` does."""
    status, phase = Status(row["status"]), Phase(row["phase"]) if row["phase"] else None
    rulebook = load_rulebook(row["rule_version"])
    reason = reason.strip()[:MAX_REASON]
    if trigger == "drop_decision":
        return await _set(
            tx, row, {"pending_decision": None}, trigger, actor, reason or "退回重新决定", {}, now
        )
    step = row_for(status, trigger, roles_of(actor, row["party"]), phase)
    _check_needs(step, data | {"reason": reason})
    left, limit = await _means(tx, row, data, rulebook) if trigger in DECISIONS else (None, None)
    changes = changes_of(row, step, trigger, actor, reason, data, rulebook, now, left, limit)
    amount = (changes.get("proposal") or {}).get("amount_fen")
    if trigger in DECISIONS and needs_two(amount, rulebook) and not data.get("countersigned_by"):
        kept = draft_of(trigger, actor, reason, data, now)
        return await _set(tx, row, {"pending_decision": kept}, "ask_countersign", actor, reason, data, now)
    if not step.keeps_clock:
        entered = dict(row) | changes
        changes["due_at"] = changes.get("due_at") or due_at(
            step.to,
            now,
            rulebook,
            entered["remedy"],
            Phase(entered["phase"]) if entered["phase"] else None,
            unsent=is_unsent(row["order_line"]),
        )
    changes["version"] = row["version"] + 1
    await tx.execute(update(tickets).where(tickets.c.id == row["id"]).values(changes))
    after = dict(row) | changes
    parcel = await carry_out(tx, row, after, trigger, actor, reason, data, now)
    await record(tx, after, row["status"], trigger, actor, reason or step.label, data, now)
    await plan(tx, after, None if step.keeps_clock else now)
    shown = (await views.views(tx, [after], load_rulebook))[0]
    text = notice(
        trigger,
        at=status,
        actor_kind=actor.kind,
        reason=reason,
        ask=str(data.get("ask") or ""),
        proposal=proposal_text(after["proposal"]),
        clause=str(data.get("clause") or ""),
        waybill=parcel,
        proof=after["proof"] or "",
        wish=_wish(data, rulebook) if trigger == "reject_proposal" else "",
        remedy=after["remedy"],
        return_to=_where_to(row, after, shown),
    )
    await tx.emit(TicketMoved(shown, row["status"], step.to.value, trigger, actor, text, now))
    return after, shown


async def _means(
    tx: Tx, row: DbRow, data: dict[str, Any], rulebook: Rulebook
) -> tuple[int | None, Limit | None]:
    """What a decision can give: what is left of the line's price, and how much may be paid beside it."""
    limit = compensation_limit(rulebook, row["sub_type"], row["order_line"], data.get("loss_fen") or 0)
    if limit:
        paid = await compensated(tx, row["order_line"]["line_id"])
        limit = replace(limit, most_fen=max(0, limit.most_fen - paid))
    return await left_of(tx, row), limit


def _where_to(before: DbRow, after: dict[str, Any], shown: dict[str, Any]) -> str:
    """The address that the consumer needs now, else an empty text."""
    begins = after["phase"] == Phase.AWAITING_RETURN and before["status"] != after["status"]
    return shown["return_to"] or "" if begins else ""


def _wish(data: dict[str, Any], rulebook: Rulebook) -> str:
    remedy = rulebook.remedies.get(str(data.get("remedy")))
    amount = f" {yuan(data['amount_fen'])} 元" if data.get("amount_fen") else ""
    return f"{remedy.label}{amount}" if remedy else ""


async def _set(
    tx: Tx,
    row: DbRow,
    changes: dict[str, Any],
    trigger: str,
    actor: Actor,
    reason: str,
    data: dict[str, Any],
    now: datetime,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A mark on the ticket that moves nothing and is no news to the consumer."""
    changes |= {"version": row["version"] + 1}
    await tx.execute(update(tickets).where(tickets.c.id == row["id"]).values(changes))
    after = dict(row) | changes
    await record(tx, after, row["status"], trigger, actor, reason, data, now)
    await plan(tx, after, None)
    return after, (await views.views(tx, [after], load_rulebook))[0]


def _check_needs(step: Row, given: dict[str, Any]) -> None:
    for need in step.needs:
        if need.required and given.get(need.name) in (None, ""):
            raise DomainError("missing_field", f"请填写{need.label}", 422, field=need.name)


async def record(
    tx: Tx,
    row: DbRow | dict[str, Any],
    from_status: str | None,
    trigger: str,
    actor: Actor,
    reason: str,
    data: dict[str, Any],
    now: datetime,
) -> None:
    """Writes one line of the ticket's history."""
    await tx.execute(
        insert(transitions).values(
            ticket_id=row["id"],
            trigger=trigger,
            from_status=from_status,
            to_status=row["status"],
            to_phase=row["phase"],
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            reason=reason,
            data=data,
            rule_version=row["rule_version"],
            at=now,
        )
    )


async def plan(tx: Tx, row: DbRow | dict[str, Any], entered: datetime | None) -> None:
    """The deadline of the present status or phase as a job, and with `entered` its reminders.

    A deadline that has passed and left the ticket where it is (an escalation) is not planned again.
    """
    rulebook: Rulebook = load_rulebook(row["rule_version"])
    phase = Phase(row["phase"]) if row["phase"] else None
    rule = rule_for(Status(row["status"]), phase, rulebook, unsent=is_unsent(row["order_line"]))
    due = row["due_at"]
    if rule and rule.on_timeout and due and not row["escalated_at"]:
        await plan_timeout(tx, row, rule.on_timeout, due)
    else:
        await jobs.cancel(tx, DEADLINE_JOB, row["id"])
    if rule and due and entered:
        for number, at in enumerate(reminders(rule, entered, due)):
            payload = {
                "ticket_id": row["id"],
                "status": row["status"],
                "phase": row["phase"],
                "round": row["version"],
            }
            await jobs.schedule(tx, REMINDER_JOB, f"{row['id']}:{number}", at, payload)


async def plan_timeout(tx: Tx, row: DbRow | dict[str, Any], trigger: str, due: datetime) -> None:
    """Plans what happens to the ticket at `due`, for its present version only."""
    payload = {"ticket_id": row["id"], "version": row["version"], "trigger": trigger}
    await jobs.schedule(tx, DEADLINE_JOB, row["id"], due, payload)
