"""News for the platform: kept with what happened in one transaction, delivered by jobs, signed, logged, at least once.

The platform's address gets `POST` with `{id, type, at, data}`, signed like every request between us (see
`gateways.signing`), and the header `X-Anxin-Event-Id`. Any 2xx is a receipt; 410 ends the tries. The same id may come
twice and events may come out of order: `data.version` of a ticket says which is newer.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from aftersales.core.executed import ParcelSigned, RefundFailed, RefundSettled, pause_after
from aftersales.core.ticket import TicketMoved, TicketOpened
from aftersales.gateways.client import SignedClient
from aftersales.ledger import webhook_deliveries, webhook_events
from kernel import jobs
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.ids import new_id
from kernel.times import wire_time

DELIVER_JOB = "webhook.deliver"
MOST_TRIES = 80  # with an hour between the last ones: three days
CATALOGUE = {
    "ticket.opened": "消费者提交了售后申请，工单已生成",
    "ticket.moved": "工单状态有变化，data 里是变化后的工单和触发的动作",
    "ticket.closed": "工单完结，执行凭证在 data.proof",
    "refund.settled": "退款或赔付全部到账，流水号在 data.proof",
    "refund.failed": "退款多次尝试没有成功，需要人工处理",
    "parcel.signed": "退货、换货、补发或维修的包裹已签收",
}
_TICKET = (
    "id", "status", "status_label", "issue_type", "sub_type", "remedy", "proposal", "proof", "due_at", "opened_at",
    "closed_at", "version", "rule_version",
)  # fmt: skip


async def publish(tx: Tx, type_: str, key: str, data: dict[str, Any], now: datetime) -> str:
    """Keeps one event for delivery, in the transaction in which it happened; the same key again is the same event."""
    assert type_ in CATALOGUE, type_
    known = await tx.scalar(select(webhook_events.c.id).where(webhook_events.c.key == key))
    if known:
        return str(known)
    event_id = new_id("evt")
    await tx.execute(
        insert(webhook_events).values(
            id=event_id, key=key, type=type_, data=data, at=now, state="pending", attempts=0
        )
    )
    await jobs.schedule(tx, DELIVER_JOB, event_id, now, {"event": event_id})
    return event_id


async def deliver(db: Database, platform: SignedClient, payload: dict[str, Any], now: datetime) -> None:
    """The job: one try, one line in the delivery log, and the next try planned for three days."""
    async with db.read() as tx:
        row = await tx.one(select(webhook_events).where(webhook_events.c.id == payload["event"]))
    if row is None or row["state"] == "delivered":
        return
    began, status, error = time.monotonic(), None, None
    body = {"id": row["id"], "type": row["type"], "at": wire_time(row["at"]), "data": row["data"]}
    try:
        answer = await platform.send("POST", "", body=body, headers={"x-anxin-event-id": row["id"]})
        status = answer.status_code
    except DomainError as refusal:
        error = refusal.code
    took = int((time.monotonic() - began) * 1000)
    await _keep(db, row, status, error, took, now)


async def _keep(
    db: Database, row: Row, status: int | None, error: str | None, took_ms: int, now: datetime
) -> None:
    attempt = row["attempts"] + 1
    delivered = status is not None and 200 <= status < 300
    dead = not delivered and (status == 410 or attempt >= MOST_TRIES)
    async with db.write() as tx:
        await tx.execute(
            insert(webhook_deliveries).values(
                event_id=row["id"], attempt=attempt, at=now, took_ms=took_ms, status=status, error=error
            )
        )
        changes: dict[str, Any] = {"attempts": attempt}
        if delivered:
            changes |= {"state": "delivered", "delivered_at": now}
        elif dead:
            changes["state"] = "dead"
        else:
            await jobs.schedule(tx, DELIVER_JOB, row["id"], now + pause_after(attempt), {"event": row["id"]})
        await tx.execute(update(webhook_events).where(webhook_events.c.id == row["id"]).values(changes))


async def redeliver(db: Database, event_id: str, now: datetime) -> None:
    """Plans one more delivery, also of an event that was delivered or given up. Raises not_found (404)."""
    async with db.write() as tx:
        found = await tx.execute(
            update(webhook_events).where(webhook_events.c.id == event_id).values(state="pending")
        )
        if not found.rowcount:
            raise not_found("事件")
        await jobs.schedule(tx, DELIVER_JOB, event_id, now, {"event": event_id})


async def log_of(db: Database, limit: int = 50, state: str | None = None) -> list[dict[str, Any]]:
    """The latest events with their deliveries, newest first."""
    query = select(webhook_events).order_by(webhook_events.c.at.desc(), webhook_events.c.id.desc())
    if state:
        query = query.where(webhook_events.c.state == state)
    async with db.read() as tx:
        events = await tx.all(query.limit(limit))
        ids = [row["id"] for row in events]
        tries: Sequence[Row] = await tx.all(
            select(webhook_deliveries)
            .where(webhook_deliveries.c.event_id.in_(ids))
            .order_by(webhook_deliveries.c.id)
        )
    return [
        {key: row[key] for key in ("id", "type", "data", "state", "attempts")}
        | {
            "at": wire_time(row["at"]),
            "deliveries": [
                {key: one[key] for key in ("attempt", "status", "error", "took_ms")}
                | {"at": wire_time(one["at"])}
                for one in tries
                if one["event_id"] == row["id"]
            ],
        }
        for row in events
    ]


# ---- from what happens in the service to what the platform is told


async def on_opened(tx: Tx, event: TicketOpened) -> None:
    data = _ticket(event.view)
    await publish(tx, "ticket.opened", f"{data['id']}:{data['version']}", data, event.at)


async def on_moved(tx: Tx, event: TicketMoved) -> None:
    data = _ticket(event.view) | {
        "from_status": event.from_status,
        "trigger": event.trigger,
        "actor_kind": event.actor.kind,
    }
    key = f"{data['id']}:{data['version']}"
    await publish(tx, "ticket.moved", key, data, event.at)
    if event.to_status == "closed":
        await publish(tx, "ticket.closed", f"{key}:closed", data, event.at)


async def on_refund_settled(tx: Tx, event: RefundSettled) -> None:
    data = {"ticket_id": event.ticket_id, "key": event.key, "kind": event.kind} | {
        "amount_fen": event.amount_fen,
        "proof": event.proof,
    }
    await publish(tx, "refund.settled", f"{event.key}:settled", data, event.at)


async def on_refund_failed(tx: Tx, event: RefundFailed) -> None:
    data = {"ticket_id": event.ticket_id, "key": event.key, "reason": event.reason}
    await publish(tx, "refund.failed", f"{event.key}:failed:{wire_time(event.at)}", data, event.at)


async def on_parcel_signed(tx: Tx, event: ParcelSigned) -> None:
    data = {
        "ticket_id": event.ticket_id,
        "kind": event.kind,
        "carrier": event.carrier,
        "waybill_no": event.waybill_no,
        "signed_at": wire_time(event.signed_at),
    }
    key = f"{event.ticket_id}:{event.kind}:{event.waybill_no}:signed"
    await publish(tx, "parcel.signed", key, data, event.at)


HANDLERS: dict[type, Any] = {
    TicketOpened: on_opened,
    TicketMoved: on_moved,
    RefundSettled: on_refund_settled,
    RefundFailed: on_refund_failed,
    ParcelSigned: on_parcel_signed,
}


def _ticket(view: dict[str, Any]) -> dict[str, Any]:
    """What the platform learns of a ticket: nothing that names or quotes the consumer."""
    order = view["order"] or {}
    return {key: view[key] for key in _TICKET} | {
        "consumer_id": view["consumer"]["id"],
        "merchant_id": (view["merchant"] or {}).get("id"),
        "order_no": order.get("order_no"),
        "line_id": order.get("line_id"),
    }
