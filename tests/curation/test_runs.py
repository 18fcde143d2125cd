"""Training runs: one at a time, cancelled for good, and none is left running when its process or the service is gone."""

import asyncio
import os
import signal

import pytest
from sqlalchemy import select

from curation import models, runs
from curation.run_store import runs as table
from curation.runs import Training
from kernel import jobs
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.errors import DomainError
from tests.conftest import until
from tests.curation.kit import AGENT, TRAINER, Folder, QuickWorkshop


async def ask(db: Database, training: Training, reason: str = "新标注了一批物流问题") -> str:
    return str((await runs.ask(db, training, TRAINER, reason, utcnow()))["id"])


async def state(db: Database, run_id: str) -> Row:
    async with db.read() as tx:
        row = await tx.one(select(table).where(table.c.id == run_id))
    assert row is not None
    return row


async def tick_until(db: Database, training: Training, run_id: str, *wanted: str) -> Row:
    """Looks at the queue, as the service does every two seconds, until the run is in one of the states."""

    async def reached() -> Row | None:
        await runs.tick(db, training, utcnow())
        row = await state(db, run_id)
        return row if row["state"] in wanted else None

    found = await until(reached, 30)
    return found  # type: ignore[return-value]


async def test_a_run_ends_with_a_model_on_the_shelf_and_a_report(
    db: Database, training: Training, live: str
) -> None:
    run_id = await ask(db, training)
    row = await tick_until(db, training, run_id, "done", "failed")
    assert row["error"] is None and row["state"] == "done"
    assert row["against"] == live and row["report"]["dialogues"]["passed"] == 45
    kept = training.registry.shelf.verified(row["model"])
    assert kept.stat().st_mode & 0o222 == 0  # nobody writes to what will be loaded
    found = {one["sha256"]: one for one in await models.listing(db)}
    assert found[row["model"]]["run_id"] == run_id and found[live]["is_live"]
    assert found[row["model"]]["data_version"] == Folder.commit
    assert "epoch 1" in await runs.read_log(db, training, run_id)
    assert (training.workshop.of(run_id) / "data" / "nlu" / "quality.yml").is_file()


async def test_runs_wait_for_each_other_in_the_order_they_were_asked_for(
    db: Database, training: Training, live: str, workshop: QuickWorkshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.slow = 0.5
    first = await ask(db, training)
    monkeypatch.setattr(Folder, "commit", "decade")
    second = await ask(db, training)
    await tick_until(db, training, first, "running")
    assert (await state(db, second))["state"] == "queued"
    said = {one["id"]: one for one in await runs.listing(db, training)}
    assert said[first]["progress"]["seconds_left"] > 0 and said[second]["progress"] is None
    await tick_until(db, training, second, "done")
    one, other = await state(db, first), await state(db, second)
    assert one["state"] == "done" and other["started_at"] >= one["finished_at"]


async def test_the_same_sentences_are_not_queued_twice(db: Database, training: Training, live: str) -> None:
    await ask(db, training)
    with pytest.raises(DomainError, match="same_data"):
        await ask(db, training)


async def test_a_cancelled_run_has_no_process_and_no_model(
    db: Database, training: Training, live: str, workshop: QuickWorkshop
) -> None:
    workshop.slow = 60
    run_id = await ask(db, training)
    await tick_until(db, training, run_id, "running")
    await until(lambda: workshop.progress(run_id))
    pid = workshop.progress(run_id)["pid"]  # type: ignore[index]
    row = await runs.cancel(db, training, TRAINER, run_id, utcnow())
    assert row["state"] == "cancelled" and row["ended_by"] == "钱老师"
    assert not workshop.is_alive(run_id)
    with pytest.raises(ProcessLookupError):
        os.killpg(pid, 0)
    await runs.tick(db, training, utcnow())
    assert (await state(db, run_id))["state"] == "cancelled"
    with pytest.raises(DomainError, match="wrong_state"):
        await runs.cancel(db, training, TRAINER, run_id, utcnow())


async def test_a_waiting_run_is_taken_out_of_the_queue(db: Database, training: Training, live: str) -> None:
    run_id = await ask(db, training)
    await runs.cancel(db, training, TRAINER, run_id, utcnow())
    await runs.tick(db, training, utcnow())
    assert (await state(db, run_id))["state"] == "cancelled"


async def test_a_run_goes_on_while_the_service_is_away(
    db: Database, training: Training, live: str, workshop: QuickWorkshop, registry: models.Registry
) -> None:
    workshop.slow = 1
    run_id = await ask(db, training)
    await tick_until(db, training, run_id, "running")
    await asyncio.sleep(2)  # nobody looks: the service is stopped; its process works on
    again = Training(QuickWorkshop(workshop.folder, workshop.scripts), Folder(), registry)
    row = await tick_until(db, again, run_id, "done", "failed")
    assert row["state"] == "done" and row["attempts"] == 1


async def test_a_run_whose_process_was_killed_begins_again_once_and_then_fails(
    db: Database, training: Training, live: str, workshop: QuickWorkshop
) -> None:
    workshop.slow = 60
    run_id = await ask(db, training)
    for attempt in (1, 2):
        row = await tick_until(db, training, run_id, "running")
        assert row["attempts"] == attempt
        await until(lambda: workshop.progress(run_id) and workshop.is_alive(run_id), 10)
        os.killpg(workshop.progress(run_id)["pid"], signal.SIGKILL)  # type: ignore[index]
        await until(lambda: not workshop.is_alive(run_id))
        await runs.tick(db, training, utcnow())
    row = await tick_until(db, training, run_id, "failed")
    assert "没了" in row["error"]


async def test_a_run_that_fails_says_why_and_the_next_one_gets_its_turn(
    db: Database, training: Training, live: str, workshop: QuickWorkshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.exit = 3
    first = await ask(db, training)
    row = await tick_until(db, training, first, "failed")
    assert row["error"] == "训练模型没有成功（退出码 3）" and row["model"] is None
    workshop.exit = 0
    monkeypatch.setattr(Folder, "commit", "decade")
    second = await ask(db, training)
    await tick_until(db, training, second, "done")


async def test_without_a_model_in_use_a_run_fails_with_the_reason(db: Database, training: Training) -> None:
    run_id = await ask(db, training)
    row = await tick_until(db, training, run_id, "failed")
    assert "还没有在用的模型" in row["error"]


async def test_the_queue_is_looked_at_as_long_as_something_is_in_it(
    db: Database, training: Training, live: str
) -> None:
    async def planned() -> object:
        async with db.read() as tx:
            return await tx.one(select(jobs.jobs).where(jobs.jobs.c.kind == runs.RUNS_JOB))

    run_id = await ask(db, training)
    assert await planned()
    await tick_until(db, training, run_id, "done")
    async with db.write() as tx:
        await jobs.cancel(tx, runs.RUNS_JOB, "queue")
    await runs.tick(db, training, utcnow())
    assert await planned() is None


async def test_only_trainers_train(db: Database, training: Training, live: str) -> None:
    with pytest.raises(DomainError, match="forbidden"):
        await runs.ask(db, training, AGENT, "我也想试试", utcnow())
    run_id = await ask(db, training)
    with pytest.raises(DomainError, match="forbidden"):
        await runs.cancel(db, training, AGENT, run_id, utcnow())
