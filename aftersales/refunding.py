"""Money that goes to a consumer: planned with the decision, paid once by a job, followed until its receipt is there."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, text, update

from aftersales.core.executed import RefundFailed, RefundSettled, pause_after, receipts_text
from aftersales.core.money import yuan
from aftersales.core.order import PaymentPart
from aftersales.core.refund import RefundPart, split
from aftersales.core.ticket import Status
from aftersales.gateways.payments import Payments, RefundOrder
from aftersales.ledger import refunds
from aftersales.store import tickets
from kernel import jobs
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.times import wire_time

REFUND_JOB = "refund.pay"
MOST_TRIES = 40  # with an hour between the last ones: more than a day
KINDS = {"compensation": "compensation", "goodwill": "goodwill"}  # of payments that are no refund, by remedy
TO_ACCOUNT = "赔付账户"


async def plan(tx: Tx, ticket: Row | dict[str, Any], now: datetime, *, wait: timedelta = timedelta()) -> Row:
    """Plans the payment of a ticket's proposal, once, in the transaction that decides it; a job pays it after `wait`.

    A refund is split over the parts in which the line was paid, less what other tickets of the line gave back.
    Raises `amount_too_high` (422) when more is asked than is left.
    """
    key = key_of(ticket)
    known = await tx.one(select(refunds).where(refunds.c.key == key))
    if known is not None:
        return known
    line, amount = ticket["order_line"], ticket["proposal"]["amount_fen"]
    await _one_at_a_time(tx, line["line_id"])
    kind = KINDS.get(ticket["remedy"], "refund")
    if kind != "compensation":
        _check_left(amount, int(line["paid_fen"]) - await _given_back(tx, line["line_id"]))
    if kind != "refund":
        parts: tuple[RefundPart, ...] = (RefundPart(TO_ACCOUNT, amount),)
    else:
        paid = [PaymentPart(part["method"], part["paid_fen"]) for part in line.get("payment") or ()]
        parts = split(amount, line["paid_fen"], paid, await _returned(tx, line["line_id"]))
    row = {
        "key": key,
        "ticket_id": ticket["id"],
        "kind": kind,
        "order_no": ticket["order_no"],
        "line_id": line["line_id"],
        "consumer_id": ticket["consumer_id"],
        "amount_fen": amount,
        "parts": [{"method": p.method, "amount_fen": p.amount_fen, "state": "pending"} for p in parts],
        "state": "pending",
        "attempts": 0,
        "error": None,
        "started_at": now,
        "settled_at": None,
    }
    await tx.execute(insert(refunds).values(row))
    await jobs.schedule(tx, REFUND_JOB, key, now + wait, {"key": key})
    return row


def key_of(ticket: Row | dict[str, Any]) -> str:
    """The idempotency key of a ticket's payment; an execution after an appeal pays under a key of its own."""
    base = f"{ticket['id']}:refund"
    return base if ticket["round"] <= 1 else f"{base}:{ticket['round']}"


async def pay(db: Database, payments: Payments, key: str, now: datetime) -> Row:
    """Asks the provider once and keeps what it said; what is not done is asked for again by the job, later.

    Emits RefundSettled once, and RefundFailed when it was tried often enough. Raises not_found (404) and whatever the
    provider raises, after planning the next try.
    """
    async with db.read() as tx:
        row = await tx.one(select(refunds).where(refunds.c.key == key))
    if row is None:
        raise not_found("退款")
    if row["state"] == "done":
        return row
    order = RefundOrder(
        row["key"],
        "refund" if row["kind"] == "refund" else "compensation",  # goodwill is paid on top, too
        row["order_no"],
        row["consumer_id"],
        tuple(RefundPart(part["method"], part["amount_fen"]) for part in row["parts"]),
    )
    try:
        answer = await payments.refund(order)
    except DomainError as error:
        await _keep(db, key, {"error": error.code}, now)
        raise
    parts = [part.model_dump() for part in answer.parts]
    why = next((part["reason"] for part in parts if part["state"] == "failed"), None)
    return await _keep(
        db, key, {"parts": parts, "state": answer.state, "error": why[:60] if why else None}, now
    )


async def handle_refund(
    db: Database, payments: Payments, payload: dict[str, Any], now: datetime
) -> Row | None:
    """The job: one more try; its own next try is planned by `pay`, so an error ends here."""
    try:
        return await pay(db, payments, payload["key"], now)
    except DomainError:
        return None


async def try_again(db: Database, key: str, now: datetime) -> None:
    """A person gives a failed refund another round of tries."""
    async with db.write() as tx:
        changed = await tx.execute(
            update(refunds).where(refunds.c.key == key, refunds.c.state != "done").values(attempts=0)
        )
        if not changed.rowcount:
            raise not_found("未完成的退款")
        await jobs.schedule(tx, REFUND_JOB, key, now, {"key": key})


async def of_ticket(tx: Tx, ticket_id: str) -> Sequence[Row]:
    """The payments of a ticket, oldest first."""
    return await tx.all(
        select(refunds).where(refunds.c.ticket_id == ticket_id).order_by(refunds.c.started_at)
    )


async def left_of(tx: Tx, ticket: Row | dict[str, Any]) -> int | None:
    """What can still be given back of a ticket's line in 分, beside what was paid back or promised; None without an order.

    Promised is what other tickets of the line have in execution and not yet in payment.
    """
    line = ticket["order_line"]
    if not line:
        return None
    back = await _given_back(tx, line["line_id"])
    others = await tx.all(
        select(tickets.c.id, tickets.c.order_line, tickets.c.proposal, tickets.c.remedy).where(
            tickets.c.order_no == ticket["order_no"],
            tickets.c.status == Status.EXECUTING.value,
            tickets.c.id != ticket["id"],
        )
    )
    planned = await tx.all(
        select(refunds.c.ticket_id).where(refunds.c.line_id.in_(names_of(line["line_id"])))
    )
    paying = {row["ticket_id"] for row in planned}
    promised = sum(
        (row["proposal"] or {}).get("amount_fen") or 0
        for row in others
        if row["id"] not in paying
        and row["remedy"] != "compensation"
        and row["order_line"]["line_id"] == line["line_id"]
    )
    return max(0, int(line["paid_fen"]) - back - promised)


async def _keep(db: Database, key: str, said: dict[str, Any], now: datetime) -> Row:
    async with db.write() as tx:
        row = await tx.one(select(refunds).where(refunds.c.key == key).with_for_update())
        assert row is not None
        if row["state"] == "done":  # another instance was told so meanwhile
            return row
        after = dict(row) | said | {"attempts": row["attempts"] + 1}
        done, spent = after["state"] == "done", after["attempts"] >= MOST_TRIES
        after["settled_at"] = now if done else None
        if spent and after["state"] == "pending":
            after["state"] = "failed"
        await tx.execute(update(refunds).where(refunds.c.key == key).values(after))
        if done:
            await jobs.cancel(tx, REFUND_JOB, key)
            proof = receipts_text(after["parts"])
            await tx.emit(RefundSettled(row["ticket_id"], key, row["kind"], row["amount_fen"], proof, now))
        elif spent:
            await tx.emit(RefundFailed(row["ticket_id"], key, after["error"] or "", now))
        else:
            await jobs.schedule(tx, REFUND_JOB, key, now + pause_after(after["attempts"]), {"key": key})
        return after


async def _returned(tx: Tx, line_id: str) -> dict[str, int]:
    """What other tickets' refunds of the line gave or will give back, by method; also of one that failed: it may be tried again."""
    query = select(refunds.c.parts).where(
        refunds.c.line_id.in_(names_of(line_id)), refunds.c.kind == "refund"
    )
    back: dict[str, int] = {}
    for row in await tx.all(query):
        for part in row["parts"]:
            back[part["method"]] = back.get(part["method"], 0) + part["amount_fen"]
    return back


async def _given_back(tx: Tx, line_id: str) -> int:
    """What payments of the line take of its price: refunds, and goodwill for goods that stay with the consumer."""
    query = select(func.sum(refunds.c.amount_fen)).where(
        refunds.c.line_id.in_(names_of(line_id)), refunds.c.kind != "compensation"
    )
    return int(await tx.scalar(query) or 0)


async def compensated(tx: Tx, line_id: str) -> int:
    """What has been paid, or is being paid, as compensation for a line in 分."""
    query = select(func.sum(refunds.c.amount_fen)).where(
        refunds.c.line_id.in_(names_of(line_id)), refunds.c.kind == "compensation"
    )
    return int(await tx.scalar(query) or 0)


def _check_left(asked_fen: int, left_fen: int) -> None:
    if asked_fen > left_fen:
        raise DomainError(
            "amount_too_high",
            f"这件商品最多还能退 {yuan(max(0, left_fen))} 元",
            422,
            left_fen=max(0, left_fen),
            asked_fen=asked_fen,
        )


def names_of(line_id: str) -> tuple[str, str]:
    """A line's id, and the one under which its payments stay counted once the order is forgotten."""
    return line_id, hashlib.sha256(line_id.encode()).hexdigest()[:40]


async def _one_at_a_time(tx: Tx, line_id: str) -> None:
    """Two tickets of one line are not planned at the same moment; SQLite has one writer anyway."""
    if tx.dialect == "postgresql":
        await tx.execute(text("SELECT pg_advisory_xact_lock(hashtext(:line))"), {"line": f"refund {line_id}"})


def shown(row: Row) -> dict[str, Any]:
    """A payment as JSON; amounts in 分."""
    keys = ("kind", "amount_fen", "state", "parts")
    return {key: row[key] for key in keys} | {
        "started_at": wire_time(row["started_at"]),
        "settled_at": wire_time(row["settled_at"]) if row["settled_at"] else None,
    }
