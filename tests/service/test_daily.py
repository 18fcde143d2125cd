"""What happens every day happens once, is planned again, and works on the real parts."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from aftersales.archive.erasing import ask_deletion
from aftersales.archive.reading import dossier
from aftersales.merchants.books import load_course
from aftersales.merchants.learning import attempt
from aftersales.merchants.scoring import history, latest
from handoff.store import conversations, messages
from kernel import jobs
from kernel.db import Database
from kernel.errors import DomainError
from kernel.principal import Principal
from service.course_gate import ask_for_course
from service.daily import DAILY, HANDLERS, SCORES_JOB, STANDING, next_run, plan
from service.jobs import HANDLERS as ALL_HANDLERS
from service.settings import Settings
from service.wiring import Services, build
from tests.aftersales.archive.conftest import DONE, MERCHANT, PLATFORM
from tests.aftersales.conftest import NOW, at_status
from tests.handoff.conftest import open_one


@pytest.fixture
async def services(settings: Settings, db: Database) -> AsyncIterator[Services]:
    made = build(settings)
    yield made
    await made.brain.close()
    await made.db.close()


@pytest.mark.parametrize("kind", DAILY)
def test_a_daily_job_is_next_due_within_a_day_at_its_hour(kind: str) -> None:
    for hours in range(48):
        now = NOW + timedelta(hours=hours)
        at = next_run(kind, now)
        assert now < at <= now + timedelta(days=1)
        assert next_run(kind, at) == at + timedelta(days=1)


async def test_every_standing_job_is_planned_once_however_many_instances_start(db: Database) -> None:
    await asyncio.gather(*(plan(db, NOW) for _ in range(5)))
    await plan(db, NOW + timedelta(hours=1))
    due = await jobs.claim_due(db, NOW + timedelta(days=1))
    assert sorted(job["kind"] for job in due) == sorted(STANDING)
    assert {job["kind"]: job["due_at"] for job in due} == {kind: next_run(kind, NOW) for kind in STANDING}


def test_every_job_of_the_day_has_its_handler() -> None:
    assert set(DAILY) <= set(HANDLERS) <= set(ALL_HANDLERS)
    assert set(STANDING) <= set(ALL_HANDLERS)


async def test_the_night_scores_every_merchant_and_plans_the_next(services: Services) -> None:
    for number in range(20):
        await at_status(services.db, "closed", f"k{number}")
    await HANDLERS[SCORES_JOB](services, {}, NOW + timedelta(days=1))
    (line,) = await latest(services.db)
    assert (line["merchant_id"], line["day"], line["cases"]) == ("m_1", "2026-11-24", 20)
    days = [day["day"] for day in await history(services.db, "m_1")]
    assert days == ["2026-10-31", "2026-11-24"]  # the end of the last period is made up for
    async with services.db.read() as tx:
        job = await tx.one(select(jobs.jobs).where(jobs.jobs.c.kind == SCORES_JOB))
    assert job is not None
    assert job["due_at"] == next_run(SCORES_JOB, NOW + timedelta(days=1))


async def complained(services: Services) -> tuple[str, dict[str, Any], bytes]:
    """A closed ticket in a real conversation with a real picture."""
    from tests.journeys.conftest import photo

    talk = await open_one(services.db, None)
    picture = photo("裂口")
    kept = await services.files.keep(services.db, talk["id"], talk["consumer_id"], "a.jpg", picture, NOW)
    ticket = await at_status(
        services.db,
        "closed",
        consumer_id=talk["consumer_id"],
        conversation_id=talk["id"],
        record_from=1,
        collected={"damage_photo": {"files": [kept["file_id"]], "text": None, "waived": False}},
        attachments=[{"file_id": kept["file_id"], "kind": "image", "sha256": kept["sha256"]}],
    )
    return ticket["id"], dict(talk), picture


async def test_a_dossier_is_made_of_the_real_record_and_the_real_file(services: Services) -> None:
    ticket_id, talk, _ = await complained(services)
    await HANDLERS["archive.ticket"](services, {"ticket_id": ticket_id}, DONE)
    found = await dossier(services.db, MERCHANT, ticket_id, "", DONE)
    record = found["sections"]["record"]["body"]
    assert record["conversation_id"] == talk["id"]
    file = found["sections"]["evidence"]["body"]["items"][0]["files"][0]
    assert file["stored_sha256"] == await services.archive.files.sha256(file["file_id"])
    mime, _content = await services.archive.files.read(file["file_id"]) or ("", b"")
    assert mime == "image/jpeg"


async def test_a_deletion_empties_the_conversation_and_keeps_the_evidence_until_its_time(
    services: Services,
) -> None:
    ticket_id, talk, picture = await complained(services)
    chatter = await services.files.keep(services.db, talk["id"], talk["consumer_id"], "b.jpg", picture, NOW)
    wish = await ask_deletion(services.db, talk["consumer_id"], "", DONE)
    await HANDLERS["archive.deletion"](services, {"deletion_id": wish["id"]}, DONE)
    async with services.db.read() as tx:
        assert await tx.all(select(messages).where(messages.c.conversation_id == talk["id"])) == []
        row = await tx.one(select(conversations).where(conversations.c.id == talk["id"]))
    assert row is not None and row["consumer_name"] == "" and row["consumer_id"] != talk["consumer_id"]
    assert await services.archive.files.read(chatter["file_id"]) is None
    found = await dossier(services.db, PLATFORM, ticket_id, "监管要求", DONE)
    kept = found["sections"]["evidence"]["body"]["items"][0]["files"][0]["file_id"]
    assert await services.archive.files.read(kept) is not None
    await HANDLERS["archive.purge"](services, {}, DONE.replace(year=2030))
    assert await services.archive.files.read(kept) is None
    due = await jobs.claim_due(services.db, DONE.replace(year=2030) + timedelta(days=1))
    assert "archive.purge" in [job["kind"] for job in due]  # planned again


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("POST", "/api/v1/desk/tickets/AX1/transitions", True),
        ("POST", "/api/v1/desk/conversations/c_1/accept", True),
        ("GET", "/api/v1/desk/tickets/AX1", False),
        ("POST", "/api/v1/desk/merchants/course/attempts", False),
        ("POST", "/api/v1/desk/logout", False),
    ],
)
async def test_who_has_not_learnt_the_rules_reads_and_learns_but_does_not_act(
    db: Database, method: str, path: str, asked: bool
) -> None:
    async def tried(who: Principal) -> str:
        app = SimpleNamespace(ctx=SimpleNamespace(services=SimpleNamespace(db=db)))
        request = SimpleNamespace(method=method, path=path, app=app, ctx=SimpleNamespace(principal=who))
        try:
            await ask_for_course(request)  # type: ignore[arg-type]
        except DomainError as refused:
            return refused.code
        return "ok"

    assert await tried(MERCHANT) == ("course_required" if asked else "ok")
    assert await tried(PLATFORM) == "ok"
    await attempt(db, MERCHANT, {q.id: q.answer for q in load_course().questions}, NOW)
    assert await tried(MERCHANT) == "ok"
