"""An agent says what a ticket is really about; one transaction, with its line in the history and its event."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from aftersales import views
from aftersales.core import retyping
from aftersales.core.retyping import RETYPE, Retyped
from aftersales.core.ticket import Actor, Status, TicketMoved
from aftersales.moves import MAX_REASON, check_version, locked, plan, record
from aftersales.rulebook_store import load_rulebook
from aftersales.store import evidence_items, tickets
from kernel.db import Database, Tx
from kernel.errors import DomainError


async def retype(
    db: Database,
    ticket_id: str,
    actor: Actor,
    issue_type: str,
    sub_type: str | None,
    *,
    reason: str,
    expected_version: int | None = None,
    now: datetime,
) -> dict[str, Any]:
    """Changes the type, and the checklist with it; status and deadline stay. Returns the ticket's JSON.

    Raises not_found (404), `stale_ticket` (409), `missing_field` (422) without a reason, and what
    `core.retyping` raises.
    """
    reason = reason.strip()[:MAX_REASON]
    async with db.write() as tx:
        row = await locked(tx, ticket_id)
        check_version(row, expected_version)
        status = Status(row["status"])
        retyping.check_actor(status, actor, row["party"])
        if not reason:
            raise DomainError("missing_field", "请填写为什么改", 422, field="reason")
        rulebook = load_rulebook(row["rule_version"])
        query = select(evidence_items).where(evidence_items.c.ticket_id == ticket_id)
        evidence = await tx.all(query.order_by(evidence_items.c.id))
        found = retyping.retype(row, evidence, issue_type, sub_type, rulebook)
        changes = {
            "issue_type": found.issue_type,
            "sub_type": found.sub_type,
            "version": row["version"] + 1,
        }
        await tx.execute(update(tickets).where(tickets.c.id == ticket_id).values(changes))
        await _follow(tx, ticket_id, row["consumer_id"], found, now)
        after = dict(row) | changes
        before = rulebook.label_of(row["issue_type"], row["sub_type"])
        named = rulebook.label_of(found.issue_type, found.sub_type)
        data = {
            "from": {"issue_type": row["issue_type"], "sub_type": row["sub_type"], "label": before},
            "to": {"issue_type": found.issue_type, "sub_type": found.sub_type, "label": named},
        }
        await record(tx, after, row["status"], RETYPE, actor, f"{before} → {named}：{reason}", data, now)
        await plan(tx, after, None)
        shown = (await views.views(tx, [after], load_rulebook))[0]
        text = retyping.told(before, named, [item.label for item in found.added if item.required])
        await tx.emit(TicketMoved(shown, row["status"], row["status"], RETYPE, actor, text, now))
        return shown


async def _follow(tx: Tx, ticket_id: str, consumer_id: str, found: Retyped, now: datetime) -> None:
    """The ticket's checklist becomes that of its new type."""
    c = evidence_items.c
    for name, label, required in found.kept:
        changed = update(evidence_items).where(c.ticket_id == ticket_id, c.item_id == name)
        await tx.execute(changed.values(label=label, required=int(required)))
    if found.dropped:
        gone = delete(evidence_items).where(c.ticket_id == ticket_id, c.item_id.in_(found.dropped))
        await tx.execute(gone)
    if found.added:
        rows: list[dict[str, Any]] = [
            {
                "ticket_id": ticket_id,
                "item_id": item.id,
                "label": item.label,
                "kind": item.kind,
                "required": int(item.required),
                "status": "missing",
                "files": [],
                "text": None,
                "provided_by": consumer_id,
                "at": now,
            }
            for item in found.added
        ]
        await tx.execute(insert(evidence_items), rows)
