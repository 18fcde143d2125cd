"""What happens every day: kept as jobs like everything else that is due, planned again by its own run."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from aftersales.archive import erasing, keeping
from aftersales.merchants import measuring, scoring
from curation import gathering
from kernel import jobs
from kernel.db import Database
from kernel.times import SHANGHAI
from service.wiring import Services

PURGES_AT_ONCE = 200
AGAIN_SOON = timedelta(seconds=5)

# Kind and the hour in Shanghai; the quiet ones, apart from each other.
SCORES_JOB = "merchants.daily"
DAILY: dict[str, time] = {erasing.PURGE_JOB: time(3, 30), SCORES_JOB: time(2, 10)}
STANDING = (*DAILY, gathering.GATHER_JOB)  # planned from the start; the others plan their next run themselves


def next_run(kind: str, now: datetime) -> datetime:
    """The first moment after `now` at which the daily job is due; what is no daily job is due at once."""
    if kind not in DAILY:
        return now
    local = now.astimezone(SHANGHAI)
    at = datetime.combine(local.date(), DAILY[kind], SHANGHAI)
    return (at if at > local else at + timedelta(days=1)).astimezone(now.tzinfo)


async def plan(db: Database, now: datetime) -> None:
    """Plans every standing job that is not planned yet; two instances may start at once."""
    for kind in STANDING:
        try:
            async with db.write() as tx:
                known = select(jobs.jobs.c.id).where(jobs.jobs.c.kind == kind, jobs.jobs.c.key == "daily")
                if await tx.scalar(known) is None:
                    await jobs.schedule(tx, kind, "daily", next_run(kind, now), {})
        except IntegrityError:
            continue  # the other instance was first


async def again(db: Database, kind: str, at: datetime, payload: dict[str, Any] | None = None) -> None:
    async with db.write() as tx:
        await jobs.schedule(tx, kind, "daily", at, payload or {})


async def purge(services: Services, payload: dict[str, Any], now: datetime) -> None:
    """Deletes dossiers whose time is over, a batch at a time."""
    settings = services.settings
    done = await erasing.purge(services.db, services.archive, now, settings.archive_end, PURGES_AT_ONCE)
    more = done == PURGES_AT_ONCE
    await again(
        services.db, erasing.PURGE_JOB, now + AGAIN_SOON if more else next_run(erasing.PURGE_JOB, now)
    )


async def archive_ticket(services: Services, payload: dict[str, Any], now: datetime) -> None:
    years = services.settings.archive_years
    await keeping.archive_ticket(services.db, services.archive, payload["ticket_id"], now, years)


async def carry_out_deletion(services: Services, payload: dict[str, Any], now: datetime) -> None:
    settings = services.settings
    await erasing.carry_out_deletion(
        services.db,
        services.archive,
        payload["deletion_id"],
        now,
        settings.archive_years,
        settings.archive_end,
    )


async def score_merchants(services: Services, payload: dict[str, Any], now: datetime) -> None:
    """Yesterday's score of every merchant; at the end of a period, what follows from it, for a person to sign."""
    today = now.astimezone(SHANGHAI).date()
    yesterday = today - timedelta(days=1)
    period_end = today.replace(day=1) - timedelta(days=1)  # periods are months
    earlier = period_end.replace(day=1) - timedelta(days=1)
    for merchant_id, name in await scoring.merchants(services.db, now):
        await scoring.score_day(services.db, services.counts, merchant_id, name, yesterday, now)
        if not await scoring.is_scored(
            services.db, merchant_id, period_end
        ):  # the service was off that night
            await scoring.score_day(services.db, services.counts, merchant_id, name, period_end, now)
        await measuring.propose_by_score(services.db, merchant_id, period_end, earlier, now)
    await again(services.db, SCORES_JOB, next_run(SCORES_JOB, now))


async def appeal_over(services: Services, payload: dict[str, Any], now: datetime) -> None:
    await measuring.finish_appeal_time(services.db, payload, now)


HANDLERS: dict[str, Callable[[Services, dict[str, Any], datetime], Awaitable[None]]] = {
    keeping.ARCHIVE_JOB: archive_ticket,
    erasing.PURGE_JOB: purge,
    erasing.DELETION_JOB: carry_out_deletion,
    SCORES_JOB: score_merchants,
    measuring.APPEAL_JOB: appeal_over,
}
