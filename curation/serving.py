"""What serves now: which Rasa process answers a conversation, what is wanted of each process, and what became of it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from curation.core.serving import SLOTS, Routing, other, slot_of
from curation.models import Registry, install
from curation.run_store import models, promotions, serving, slots
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError
from kernel.ids import new_id

# A process out of service stays: a turn may take 60 s, and within this time the way back costs nothing.
STANDBY = timedelta(minutes=10)
DRAIN = timedelta(seconds=90)
FRESH = 1.0  # seconds for which a read of the routing is believed
SYSTEM = "系统"


class Routes:
    """For every instance of the service: the address of the process that answers a conversation."""

    def __init__(self, db: Database, default: str) -> None:
        """`default`: Rasa's address where nobody keeps its processes (a test, a single hand-started Rasa)."""
        self.db, self.default = db, default
        self._read_at = -FRESH
        self._routing: Routing | None = None
        self._urls: dict[str, str] = {}

    async def url_of(self, conversation_id: str, opened_at: datetime) -> str:
        await self._look()
        if self._routing is None:
            return self.default
        slot = slot_of(conversation_id, opened_at, self._routing)
        # a canary whose process has just died: its conversations are answered by the model in use meanwhile
        return self._urls.get(slot) or self._urls.get(self._routing.live) or self.default

    async def url_of_live(self) -> str:
        await self._look()
        return self._urls.get(self._routing.live, self.default) if self._routing else self.default

    async def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._read_at < FRESH:
            return
        self._read_at = now  # others go on with what is known while this one reads
        async with self.db.read(brief=True) as tx:
            row = await tx.one(select(serving.c.routing).where(serving.c.id == 1))
            ready = await tx.all(select(slots.c.name, slots.c.url).where(slots.c.state == "ready"))
        self._routing = Routing.of(row["routing"]) if row else None
        self._urls = {one["name"]: one["url"] for one in ready}


async def establish(db: Database, registry: Registry, now: datetime) -> Row:
    """Called before Rasa is started: what shall serve, from the last time or as installed; returns the serving row.

    A promoted model stays. The installation's own model is followed when it was trained anew.
    """
    installed = await install(db, registry, now)
    async with db.write() as tx:
        row = await now_serving(tx, lock=True)
        wanted = await _still_there(tx, registry, row, installed)
        if row is None:
            await tx.execute(delete(slots))
            await tx.execute(insert(slots), [{"name": name, "state": "empty", "at": now} for name in SLOTS])
            routing = Routing(SLOTS[0])
            values = {"model": wanted, "routing": routing.to_json(), "version": 1, "at": now}
            await tx.execute(insert(serving).values(id=1, **values))
        elif row["model"] != wanted:
            await _note_install(tx, row, wanted, now)
            await tx.execute(
                update(serving)
                .values(model=wanted, version=serving.c.version + 1, at=now)
                .where(serving.c.id == 1)
            )
        row = await now_serving(tx, lock=True)
        assert row is not None
        live = Routing.of(row["routing"]).live
        await want(tx, live, wanted, now)
        # whatever else ran is not running now; what is still wanted will be started again
        await tx.execute(
            update(slots)
            .where(slots.c.name != live, slots.c.model.is_not(None))
            .values(state="starting", url=None, error=None, at=now)
        )
    return row


async def _still_there(tx: Tx, registry: Registry, row: Row | None, installed: str) -> str:
    """The model that shall serve: the one in use, unless it came with an earlier installation or its file is gone."""
    if row is None:
        return installed
    promoted = await tx.scalar(select(models.c.run_id).where(models.c.sha256 == row["model"]))
    if promoted is None:
        return installed
    try:
        registry.shelf.verified(row["model"])
    except DomainError:
        return installed
    return str(row["model"])


async def _note_install(tx: Tx, row: Row, wanted: str, now: datetime) -> None:
    values = {
        "id": new_id("pro", 12),
        "kind": "install",
        "state": "live",
        "model": wanted,
        "before": row["model"],
    }
    values |= {"slot": Routing.of(row["routing"]).live, "share": 100, "by_id": "system", "by_name": SYSTEM}
    values |= {"reason": "随安装更新的模型", "asked_at": now, "live_at": now, "ended_at": now, "gates": []}
    await tx.execute(
        update(promotions).where(promotions.c.state == "live").values(state="replaced", ended_at=now)
    )
    await tx.execute(insert(promotions).values(**values))


async def now_serving(tx: Tx, *, lock: bool = False) -> Row | None:
    query = select(serving).where(serving.c.id == 1)
    return await tx.one(query.with_for_update() if lock else query)


async def want(tx: Tx, slot: str, model: str, now: datetime) -> None:
    """The slot's keeper shall run this model; one that runs it already is ready at once."""
    row = await tx.one(select(slots).where(slots.c.name == slot).with_for_update())
    if row and row["model"] == model and row["state"] == "ready" and row["until"]:
        await tx.execute(update(slots).where(slots.c.name == slot).values(until=None, at=now))
        return
    values = {"model": model, "until": None, "state": "starting", "url": None, "error": None, "at": now}
    await tx.execute(update(slots).where(slots.c.name == slot).values(**values))


async def route(tx: Tx, routing: Routing, model: str, now: datetime) -> None:
    """New routing from this commit on; every instance of the service reads it within FRESH."""
    await tx.execute(
        update(serving)
        .where(serving.c.id == 1)
        .values(routing=routing.to_json(), model=model, version=serving.c.version + 1, at=now)
    )


async def retire(tx: Tx, slot: str, now: datetime) -> None:
    """Out of service: its running turns end in peace, and for a while the way back is open."""
    await tx.execute(update(slots).where(slots.c.name == slot).values(until=now + STANDBY, at=now))


async def slot_rows(tx: Tx) -> dict[str, Row]:
    return {row["name"]: row for row in await tx.all(select(slots))}


def is_busy_until(row: Row) -> datetime | None:
    """When a retired slot's last turn has surely ended, or None for one that may be used at once."""
    return row["until"] - STANDBY + DRAIN if row["until"] else None


async def stands_by(tx: Tx, routing: Routing, model: str) -> bool:
    """Whether the other slot still runs this model."""
    row = (await slot_rows(tx))[other(routing.live)]
    return bool(row["model"] == model and row["state"] == "ready")


async def report_slot(
    db: Database,
    slot: str,
    model: str,
    state: str,
    now: datetime,
    *,
    url: str | None = None,
    error: str | None = None,
) -> bool:
    """What the keeper says of the model it runs; False when another one is wanted by now."""
    async with db.write() as tx:
        done = await tx.execute(
            update(slots)
            .where(slots.c.name == slot, slots.c.model == model)
            .values(state=state, url=url, error=error, at=now)
        )
    return bool(done.rowcount)


async def release(db: Database, slot: str, model: str, now: datetime) -> bool:
    """The keeper has stopped a retired process; False when it is wanted again."""
    async with db.write() as tx:
        done = await tx.execute(
            update(slots)
            .where(slots.c.name == slot, slots.c.model == model, slots.c.until <= now)
            .values(model=None, until=None, state="empty", url=None, error=None, at=now)
        )
    return bool(done.rowcount)


async def wanted_of(db: Database, slot: str) -> Row | None:
    async with db.read(brief=True) as tx:
        return await tx.one(select(slots).where(slots.c.name == slot))


async def shown(db: Database) -> dict[str, Any]:
    """For the console: who serves, each process, and the canary's steps."""
    async with db.read() as tx:
        row, found = await now_serving(tx), await slot_rows(tx)
    return {
        "model": row["model"] if row else None,
        "version": row["version"] if row else 0,
        "routing": row["routing"] if row else None,
        "slots": [
            {
                "name": one["name"],
                "model": one["model"],
                "state": one["state"],
                "error": one["error"],
                "until": one["until"].isoformat() if one["until"] else None,
                "at": one["at"].isoformat(),
            }
            for one in sorted(found.values(), key=lambda one: SLOTS.index(one["name"]))
        ],
    }
