"""What both sides and the platform state during a case, with files: kept beside the evidence, never changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from aftersales.core.ticket import CONSUMER, OVER, PLATFORM, Actor, Status
from aftersales.moves import locked
from aftersales.store import statements
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError
from kernel.times import wire_time

MOST = 50  # of one ticket
SIDES = {"consumer": "消费者", "merchant": "商家", "platform": "平台"}


async def add(
    db: Database,
    ticket_id: str,
    actor: Actor,
    text: str,
    files: Sequence[dict[str, Any]],
    now: datetime,
) -> dict[str, Any]:
    """Keeps a statement; returns it as JSON.

    Raises not_found (404), `over` (409) when the ticket is at its end, `empty` (422), `too_many` (409).
    """
    text = text.strip()
    if not text and not files:
        raise DomainError("empty", "请写下说明，或者附上照片", 422, field="text")
    async with db.write() as tx:
        ticket = await locked(tx, ticket_id)
        if Status(ticket["status"]) in OVER:
            raise DomainError("over", "这件事已经处理完了，不能再补充", 409)
        if len(await _rows(tx, ticket_id)) >= MOST:
            raise DomainError("too_many", "补充的说明太多了，请联系客服", 409)
        row = {
            "ticket_id": ticket_id,
            "side": actor.kind,
            "actor_id": actor.id,
            "actor_name": actor.name,
            "text": text,
            "files": list(files),
            "at": now,
        }
        await tx.execute(insert(statements).values(row))
    return shown(row)


async def of_ticket(tx: Tx, ticket_id: str, side: str = PLATFORM) -> list[dict[str, Any]]:
    """The statements that `side` may see, oldest first: the platform all, everybody else his own and the platform's."""
    rows = await _rows(tx, ticket_id)
    return [shown(row) for row in rows if side == PLATFORM or row["side"] in (side, PLATFORM)]


async def _rows(tx: Tx, ticket_id: str) -> Sequence[Row]:
    return await tx.all(
        select(statements).where(statements.c.ticket_id == ticket_id).order_by(statements.c.id)
    )


def shown(row: Row | dict[str, Any]) -> dict[str, Any]:
    """A statement as JSON."""
    files = [dict(file) | {"url": f"/api/v1/files/{file['file_id']}"} for file in row["files"]]
    name = row["actor_name"] if row["side"] != CONSUMER else ""
    return {
        "side": row["side"],
        "side_label": SIDES[row["side"]],
        "name": name,
        "text": row["text"],
        "files": files,
        "at": wire_time(row["at"]),
    }
