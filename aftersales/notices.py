"""What a consumer is told outside the chat: planned with the event, sent by a job, once."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from aftersales.core.executed import pause_after
from aftersales.core.ticket import TicketMoved
from aftersales.gateways.notifications import Notice, Notifications
from aftersales.ledger import notices
from kernel import jobs
from kernel.db import Database, Tx
from kernel.errors import DomainError

NOTICE_JOB = "notice.send"
MOST_TRIES = 12
PROGRESS = "ticket_progress"
# The consumer's own steps are no news to him.
_NO_NEWS = frozenset({"supply_evidence", "accept_proposal", "reject_proposal", "withdraw", "reopen"})


async def tell(
    tx: Tx, key: str, consumer_id: str, template: str, text: str, params: dict[str, str], now: datetime
) -> None:
    """Plans one message; the same key again plans nothing more."""
    if await tx.one(select(notices.c.key).where(notices.c.key == key)):
        return
    await tx.execute(
        insert(notices).values(
            key=key,
            consumer_id=consumer_id,
            template=template,
            params=params | {"text": text},
            state="pending",
            attempts=0,
            at=now,
        )
    )
    await jobs.schedule(tx, NOTICE_JOB, key, now, {"key": key})


async def on_moved(tx: Tx, event: TicketMoved) -> None:
    """A move of a ticket that its consumer did not make himself is news to him."""
    ticket = event.view
    consumer_id = ticket["consumer"]["id"]
    if not consumer_id or not event.text or (event.actor.kind == "consumer" and event.trigger in _NO_NEWS):
        return
    params = {"ticket_id": ticket["id"], "status": ticket["status_label"]}
    await tell(tx, f"{ticket['id']}:{ticket['version']}", consumer_id, PROGRESS, event.text, params, event.at)


async def handle_notice(
    db: Database, notifications: Notifications, payload: dict[str, Any], now: datetime
) -> None:
    """The job: sends, and plans the next try where the service is away; a refusal is final."""
    key = payload["key"]
    async with db.read() as tx:
        row = await tx.one(select(notices).where(notices.c.key == key))
    if row is None or row["state"] != "pending":
        return
    params = dict(row["params"])
    changes: dict[str, Any] = {"attempts": row["attempts"] + 1}
    try:
        number = await notifications.send(
            Notice(key, row["consumer_id"], row["template"], params.pop("text"), params)
        )
        changes |= {"state": "sent", "provider_no": number[:80], "sent_at": now}
    except DomainError as error:
        if error.status < 500 or changes["attempts"] >= MOST_TRIES:
            changes["state"] = "dead"
    async with db.write() as tx:
        await tx.execute(update(notices).where(notices.c.key == key).values(changes))
        if changes.get("state", "pending") == "pending":
            again = now + pause_after(changes["attempts"])
            await jobs.schedule(tx, NOTICE_JOB, key, again, payload)
