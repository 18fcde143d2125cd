"""Training runs: asked for, carried out one at a time, cancelled; each ends in a state of its own, whatever happens."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, insert, select, update

from curation.core.run import MOST_ATTEMPTS, RunState, RunTrigger, expected, move, progress
from curation.models import Registry, remember
from curation.people import may_train
from curation.run_store import models, runs, serving
from curation.workshop import Compared, Sentences, Workshop
from kernel import jobs
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.ids import new_id
from kernel.principal import Principal

log = structlog.get_logger()

RUNS_JOB = "curation.runs"
EVERY = timedelta(seconds=2)
MOST_QUEUED = 5
HEARD_WITHIN = 15.0  # seconds from the start of a process to its first word


@dataclass(frozen=True)
class Training:
    """What the verbs here work with, tied together by the service."""

    workshop: Workshop
    sentences: Sentences
    registry: Registry


async def ask(db: Database, training: Training, who: Principal, reason: str, now: datetime) -> Row:
    """Queues a run over the sentences as they are now. Raises DomainError `queue_full` (409) or `forbidden`."""
    may_train(who)
    version = await asyncio.to_thread(training.sentences.head)
    async with db.write() as tx:
        waiting = await tx.scalar(
            select(func.count()).select_from(runs).where(runs.c.state == RunState.QUEUED)
        )
        if waiting >= MOST_QUEUED:
            raise DomainError("queue_full", f"已经有 {waiting} 次训练在排队，等它们跑完再加", 409)
        same = select(runs.c.id).where(runs.c.state == RunState.QUEUED, runs.c.data_version == version)
        if await tx.scalar(same):
            raise DomainError("same_data", "同样的数据已经在排队等训练了", 409)
        run_id = new_id("run", 12)
        await tx.execute(
            insert(runs).values(
                id=run_id,
                state=RunState.QUEUED,
                asked_by=who.agent_id,
                asked_by_name=who.name,
                reason=reason,
                asked_at=now,
                data_version=version,
                attempts=0,
            )
        )
        await jobs.schedule(tx, RUNS_JOB, "queue", now, {})
        row = await tx.one(select(runs).where(runs.c.id == run_id))
    assert row is not None
    return row


async def cancel(db: Database, training: Training, who: Principal, run_id: str, now: datetime) -> Row:
    """Takes a run out of the queue or ends its process. Raises DomainError `wrong_state` (409) for one that is over."""
    may_train(who)
    async with db.write() as tx:
        row = await _locked(tx, run_id)
        await _moved(tx, row, RunTrigger.IS_CANCELLED, finished_at=now, ended_by=who.name)
        await jobs.schedule(tx, RUNS_JOB, "queue", now, {})
    await asyncio.to_thread(training.workshop.end, run_id)
    return await _one(db, run_id)


async def listing(db: Database, training: Training, limit: int = 50) -> list[dict[str, Any]]:
    """The newest runs, each with its progress; the report is read alone."""
    async with db.read() as tx:
        found = await tx.all(
            select(*[c for c in runs.c if c.name != "report"]).order_by(runs.c.asked_at.desc()).limit(limit)
        )
    return [await asyncio.to_thread(shown, training, row) for row in found]


async def read(db: Database, training: Training, run_id: str) -> dict[str, Any]:
    """One run with its report."""
    row = await _one(db, run_id)
    said = await asyncio.to_thread(shown, training, row)
    return said | {"report": row["report"]}


async def read_log(db: Database, training: Training, run_id: str) -> str:
    await _one(db, run_id)
    return await asyncio.to_thread(training.workshop.log, run_id)


async def tick(db: Database, training: Training, now: datetime) -> None:
    """One look at the queue: what runs is followed, what ended is written down, the next one is started."""
    async with db.read() as tx:
        current = await tx.one(select(runs).where(runs.c.state == RunState.RUNNING).limit(1))
    if current is not None:
        await _follow(db, training, current, now)
    async with db.read() as tx:
        busy = await tx.scalar(select(runs.c.id).where(runs.c.state == RunState.RUNNING).limit(1))
        waiting = select(runs).where(runs.c.state == RunState.QUEUED)
        following = None if busy else await tx.one(waiting.order_by(runs.c.asked_at).limit(1))
    if following is not None:
        await _begin(db, training, following, RunTrigger.STARTS, now)
    async with db.write() as tx:
        active = (RunState.QUEUED, RunState.RUNNING)
        if await tx.scalar(select(runs.c.id).where(runs.c.state.in_(active)).limit(1)):
            await jobs.schedule(tx, RUNS_JOB, "queue", now + EVERY, {})


async def _follow(db: Database, training: Training, row: Row, now: datetime) -> None:
    workshop, run_id = training.workshop, row["id"]
    said = await asyncio.to_thread(workshop.progress, run_id)
    if said and said["state"] == "done":
        await _finish(db, training, row, said, now)
    elif said and said["state"] == "failed":
        await _fail(db, run_id, said["error"], now, said["took"])
    elif await asyncio.to_thread(workshop.is_alive, run_id):
        return
    elif said is None and (now - row["started_at"]).total_seconds() < HEARD_WITHIN:
        return  # it was started a moment ago
    elif row["attempts"] < MOST_ATTEMPTS:
        await _begin(db, training, row, RunTrigger.STARTS_AGAIN, now)
    else:
        await _fail(db, run_id, "训练进程中途没了，重新开始后又没了", now, said["took"] if said else {})


async def _begin(db: Database, training: Training, row: Row, trigger: RunTrigger, now: datetime) -> None:
    """Prepares the folder and starts the process; what cannot be prepared fails with its reason."""
    run_id = row["id"]
    try:
        against = await _against(db, training)
        names = await asyncio.to_thread(
            training.workshop.prepare, run_id, training.sentences, row["data_version"], against
        )
    except (DomainError, OSError, RuntimeError) as error:
        reason = error.message if isinstance(error, DomainError) else f"数据准备不了：{error}"
        await _fail(db, run_id, reason, now, {})
        return
    async with db.write() as tx:
        earlier = await tx.all(
            select(runs.c.took).where(runs.c.state == RunState.DONE).order_by(runs.c.finished_at).limit(20)
        )
        fresh = await _locked(tx, run_id)
        if fresh["state"] not in (RunState.QUEUED, RunState.RUNNING):
            return  # cancelled meanwhile
        wanted = expected(names, [one["took"] for one in earlier if one["took"]])
        await _moved(
            tx,
            fresh,
            trigger,
            attempts=fresh["attempts"] + 1,
            started_at=now,
            wanted=wanted,
            against=against.sha256,
        )
    await asyncio.to_thread(training.workshop.start, run_id)
    log.info("run.started", run=run_id, attempt=row["attempts"] + 1)


async def _against(db: Database, training: Training) -> Compared:
    """The model in use, and where its own judged sentences are or will be."""
    async with db.read() as tx:
        row = await tx.one(
            select(models).join(serving, serving.c.model == models.c.sha256).where(serving.c.id == 1)
        )
    if row is None:
        raise DomainError("no_model", "还没有在用的模型，先启动一次服务", 409)
    workshop = training.workshop
    archive = await asyncio.to_thread(training.registry.shelf.verified, row["sha256"])
    own = workshop.of(row["run_id"] or "") / "evaluation" / "held_out" / "rows.jsonl"
    if row["run_id"] and own.is_file():
        return Compared(row["sha256"], archive, own, None)
    rows = workshop.folder / "baselines" / row["sha256"] / "held_out" / "rows.jsonl"
    if rows.is_file():
        return Compared(row["sha256"], archive, rows, None)
    # the installation's own model is of the data before the trainers changed them
    version = row["data_version"] or await asyncio.to_thread(training.sentences.base)
    target = workshop.folder / "baselines" / row["sha256"]
    await asyncio.to_thread(training.sentences.checkout, version, target)
    return Compared(row["sha256"], archive, rows, target / "data")


async def _finish(db: Database, training: Training, row: Row, said: Mapping[str, Any], now: datetime) -> None:
    """Keeps the model and the report; a result that is not whole is a failure with its reason."""
    run_id = row["id"]
    try:
        report = await asyncio.to_thread(training.workshop.result, run_id)
        archive, about = await asyncio.to_thread(training.workshop.archive, run_id)
        await asyncio.to_thread(training.registry.shelf.keep, archive, about["sha256"])
    except (DomainError, OSError, ValueError, KeyError) as error:
        await _fail(db, run_id, f"训练跑完了，但结果不完整：{type(error).__name__}", now, said["took"])
        return
    async with db.write() as tx:
        fresh = await _locked(tx, run_id)
        if fresh["state"] != RunState.RUNNING:
            return
        await remember(tx, about, archive.stat().st_size, now, run_id=run_id, version=row["data_version"])
        await _moved(
            tx,
            fresh,
            RunTrigger.ENDS,
            finished_at=now,
            took=said["took"],
            model=about["sha256"],
            report=report,
        )
    log.info("run.finished", run=run_id, model=about["sha256"][:12])


async def _fail(db: Database, run_id: str, why: str, now: datetime, took: Mapping[str, float]) -> None:
    async with db.write() as tx:
        row = await _locked(tx, run_id)
        if row["state"] in (RunState.QUEUED, RunState.RUNNING):
            await _moved(tx, row, RunTrigger.FAILS, finished_at=now, error=why[:2000], took=dict(took))
    log.warning("run.failed", run=run_id)


def shown(training: Training, row: Row) -> dict[str, Any]:
    """A run on the wire, without its report."""
    said = {
        key: row[key]
        for key in (
            "id",
            "state",
            "reason",
            "data_version",
            "against",
            "attempts",
            "error",
            "ended_by",
            "model",
        )
    }
    said |= {"asked_by": row["asked_by_name"], "took": row["took"] or {}}
    said |= {
        key: row[key].isoformat() if row[key] else None for key in ("asked_at", "started_at", "finished_at")
    }
    said["progress"] = None
    if row["state"] == RunState.RUNNING and row["wanted"]:
        told = training.workshop.progress(row["id"]) or {}
        since = time.time() - told["step_began"] if told.get("step") else 0.0
        steps: Sequence[str] = tuple(row["wanted"])
        took = {name: seconds for name, seconds in (told.get("took") or {}).items() if name in row["wanted"]}
        said["progress"] = progress(steps, took, told.get("step"), since, row["wanted"])
    return said


async def _one(db: Database, run_id: str) -> Row:
    async with db.read() as tx:
        row = await tx.one(select(runs).where(runs.c.id == run_id))
    if row is None:
        raise not_found("训练")
    return row


async def _locked(tx: Tx, run_id: str) -> Row:
    row = await tx.one(select(runs).where(runs.c.id == run_id).with_for_update())
    if row is None:
        raise not_found("训练")
    return row


async def _moved(tx: Tx, row: Row, trigger: RunTrigger, **values: Any) -> None:
    state = move(RunState(row["state"]), trigger)
    await tx.execute(update(runs).where(runs.c.id == row["id"]).values(state=state, **values))
