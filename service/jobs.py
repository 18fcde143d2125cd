"""The runner of what is due: deadlines, unanswered turns, news that a crash left unpublished."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from aftersales import deadlines, notices, parcels, refunding, webhooks
from aftersales.effects import PLATFORM_JOB
from curation import changing, checking, gathering, promoting, runs, watching
from handoff import callbacks, promises, records
from kernel import jobs
from kernel.clock import utcnow
from service import daily
from service.wiring import Services

log = structlog.get_logger()

EVERY_SECONDS = 1.0
LEFT_BEHIND = timedelta(seconds=3)
MOST_BATCHES = 40  # before the other work of a round gets its turn

JobHandler = Callable[[Services, dict[str, Any], datetime], Awaitable[None]]


async def _ticket_deadline(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await deadlines.handle_deadline(services.db, payload, now, services.orders)


async def _ticket_reminder(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await deadlines.handle_reminder(services.db, payload, now)


async def _platform_in(services: Services, payload: dict[str, Any], now: datetime) -> None:
    if payload["conversation_id"]:
        await services.ask_platform_in(payload["conversation_id"])


async def _refund(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await refunding.handle_refund(services.db, services.payments, payload, now)


async def _parcel(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await parcels.handle_track(services.db, services.logistics, payload, now)


async def _notice(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await notices.handle_notice(services.db, services.notifications, payload, now)


async def _webhook(services: Services, payload: dict[str, Any], now: datetime) -> None:
    if services.platform:  # without an address nobody is told any more
        await webhooks.deliver(services.db, services.platform, payload, now)


async def _promise_soon(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await promises.handle_reminder(services.db, services.stream, payload, now)


async def _promise_due(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await promises.handle_due(services.db, services.stream, payload, now)


async def _callback_soon(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await callbacks.handle_reminder(services.db, services.stream, payload, now)


async def _callback_due(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await callbacks.handle_due(services.db, services.stream, payload, now)


async def _training_runs(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await runs.tick(services.db, services.training, now)


async def _promotion(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await promoting.advance(services.db, now)


async def _watch(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await watching.watch(services.db, now)


async def _gather(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await gathering.gather(services.db, services.curation, now, gathering.due(payload))
    await checking.carry_on(services.db, services.curation, now)
    await daily.again(services.db, gathering.GATHER_JOB, now + gathering.EVERY, {"since": now.isoformat()})


async def _write_data(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await changing.carry_out(services.db, services.curation, payload["change_id"], now)


HANDLERS: dict[str, JobHandler] = {
    deadlines.DEADLINE_JOB: _ticket_deadline,
    deadlines.REMINDER_JOB: _ticket_reminder,
    PLATFORM_JOB: _platform_in,
    refunding.REFUND_JOB: _refund,
    parcels.TRACK_JOB: _parcel,
    notices.NOTICE_JOB: _notice,
    webhooks.DELIVER_JOB: _webhook,
    promises.REMIND_JOB: _promise_soon,
    promises.DUE_JOB: _promise_due,
    callbacks.REMIND_JOB: _callback_soon,
    callbacks.DUE_JOB: _callback_due,
    runs.RUNS_JOB: _training_runs,
    promoting.ADVANCE_JOB: _promotion,
    promoting.WATCH_JOB: _watch,
    gathering.GATHER_JOB: _gather,
    changing.WRITE_JOB: _write_data,
    **daily.HANDLERS,
}


async def run_due(services: Services, now: datetime) -> int:
    """Runs every job that is due at `now`; a failed one stays and is tried again later. Returns how many ran."""
    rows = await jobs.claim_due(services.db, now)
    for row in rows:
        try:
            await HANDLERS[row["kind"]](services, row["payload"], now)
        except Exception:
            log.exception("job.failed", kind=row["kind"], key=row["key"], attempts=row["attempts"])
            pause = timedelta(seconds=min(3600, 10 * 2 ** row["attempts"]))
            await jobs.postpone(services.db, row["id"], now + pause)
        else:
            await jobs.finish(services.db, row["id"])
    return len(rows)


async def run_all_due(services: Services) -> None:
    """Batch after batch while they come full: after a holiday many deadlines end in the same second."""
    for _ in range(MOST_BATCHES):
        if await run_due(services, utcnow()) < jobs.AT_ONCE:
            return


async def _succeeds(work: Callable[[], Awaitable[Any]]) -> bool:
    try:
        await work()
    except Exception:
        log.exception("jobs.round_failed")
        return False
    return True


async def run_forever(services: Services) -> None:
    """Once a second; a failure is logged and the next second tries again."""
    planned = False
    while True:
        if not planned:
            planned = await _succeeds(lambda: daily.plan(services.db, utcnow()))
        for work in (
            lambda: run_all_due(services),
            services.turns.sweep,
            lambda: records.flush(services.db, services.stream, utcnow() - LEFT_BEHIND),
        ):
            await _succeeds(work)
        await asyncio.sleep(EVERY_SECONDS)
