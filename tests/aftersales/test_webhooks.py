"""The platform is told what happened: signed, at least once, with a log, whatever restarts in between."""

import json as json_
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sanic import Request, Sanic
from sanic.response import HTTPResponse, json
from sqlalchemy import func, select

from aftersales import webhooks
from aftersales.core.executed import ParcelSigned, RefundFailed, RefundSettled
from aftersales.core.ticket import TicketMoved, TicketOpened
from aftersales.gateways.client import FAILURES_BEFORE_OPEN, SignedClient
from aftersales.gateways.signing import is_signed
from aftersales.ledger import webhook_events
from kernel import jobs
from kernel.db import Database
from kernel.errors import DomainError
from tests.aftersales.conftest import LATER, NOW, at_status
from tests.aftersales.serving import served

SECRET = "for what goes to the platform"


class Platform:
    """An endpoint that checks the signature, keeps each event once by its id, and fails as often as it is told."""

    def __init__(self) -> None:
        self.fail: list[int] = []
        self.came: list[str] = []
        self.kept: dict[str, dict[str, Any]] = {}

    def app(self) -> Sanic[Any, Any]:
        app: Sanic[Any, Any] = Sanic(f"platform{time.monotonic_ns()}", configure_logging=False)

        @app.post("/hooks/anxin")
        async def take(request: Request) -> HTTPResponse:
            at, signature = request.headers["x-anxin-time"], request.headers["x-anxin-signature"]
            path = request.raw_url.decode()
            if not is_signed(SECRET.encode(), signature, at, time.time(), "POST", path, request.body):
                return json({}, 401)
            self.came.append(request.json["id"])
            if self.fail:
                return json({}, self.fail.pop(0))
            assert request.headers["x-anxin-event-id"] == request.json["id"]
            first = self.kept.setdefault(request.json["id"], request.json)
            assert first == request.json
            return json({})

        return app


@pytest.fixture
def endpoint() -> Platform:
    return Platform()


@pytest.fixture
async def client(endpoint: Platform) -> AsyncIterator[SignedClient]:
    async with served(endpoint.app()) as url, httpx.AsyncClient() as http:
        yield SignedClient("webhook", "平台没有接收", f"{url}/hooks/anxin", SECRET, http, attempts=1)


def told(db: Database) -> None:
    for event, handler in webhooks.HANDLERS.items():
        db.handlers[event] = [handler]


async def run_jobs(db: Database, client: SignedClient, hours: float = 0, most: int = 1000) -> int:
    """Delivers what is due `hours` after the tests' now."""
    now, ran = LATER + timedelta(hours=hours), 0
    for row in await jobs.claim_due(db, now, most):
        if row["kind"] == webhooks.DELIVER_JOB:
            await webhooks.deliver(db, client, row["payload"], now)
            await jobs.finish(db, row["id"])
            ran += 1
    return ran


async def published(db: Database, key: str = "AX1:2") -> str:
    async with db.write() as tx:
        return await webhooks.publish(tx, "ticket.moved", key, {"id": "AX1"}, NOW)


async def test_a_tickets_life_is_told_in_the_words_of_the_catalogue(
    db: Database, client: SignedClient, endpoint: Platform
) -> None:
    told(db)
    ticket = await at_status(db, "closed")
    await run_jobs(db, client)
    by_version = sorted(endpoint.kept.values(), key=lambda event: (event["data"]["version"], event["type"]))
    assert [event["type"] for event in by_version] == [
        "ticket.opened", "ticket.moved", "ticket.moved", "ticket.closed", "ticket.moved",
    ]  # fmt: skip
    assert {event["type"] for event in by_version} <= set(webhooks.CATALOGUE)
    last = by_version[-2]["data"]
    assert (last["id"], last["status_label"], last["trigger"]) == (ticket["id"], "完结", "complete")
    assert last["proof"] == ticket["proof"]


async def test_the_platform_learns_no_name_and_no_words_of_the_consumer(
    db: Database, client: SignedClient, endpoint: Platform
) -> None:
    told(db)
    await at_status(db, "closed", facts={"symptom": "我说的话"})
    await run_jobs(db, client)
    sent = json_.dumps(list(endpoint.kept.values()), ensure_ascii=False)
    assert "小满" not in sent and "我说的话" not in sent and "/files/" not in sent


async def test_every_event_of_the_service_is_in_the_catalogue(db: Database) -> None:
    events = [
        RefundSettled("AX1", "AX1:refund", "refund", 100, "退款流水号 RF1", NOW),
        RefundFailed("AX1", "AX1:refund", "银行卡已注销", NOW),
        ParcelSigned("AX1", "return", "顺丰", "SF73000001", NOW, NOW),
    ]
    async with db.write() as tx:
        for event in [*events, *events]:  # heard twice is told once
            await webhooks.HANDLERS[type(event)](tx, event)
    log = await webhooks.log_of(db)
    assert sorted(event["type"] for event in log) == ["parcel.signed", "refund.failed", "refund.settled"]
    assert set(webhooks.HANDLERS) >= {TicketOpened, TicketMoved}


async def test_one_happening_is_one_event_and_what_was_rolled_back_never_happened(db: Database) -> None:
    assert await published(db) == await published(db)

    async def fail_after_publishing() -> None:
        async with db.write() as tx:
            await webhooks.publish(tx, "ticket.moved", "AX2:2", {}, NOW)
            raise RuntimeError("the move failed")

    with pytest.raises(RuntimeError):
        await fail_after_publishing()
    async with db.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(webhook_events)) == 1


async def test_failures_are_tried_again_later_and_every_try_is_logged(
    db: Database, client: SignedClient, endpoint: Platform
) -> None:
    endpoint.fail = [500, 404, 302]
    event_id = await published(db)
    for hour in range(5):
        await run_jobs(db, client, hour)
    (event,) = await webhooks.log_of(db)
    assert (event["id"], event["state"], event["attempts"]) == (event_id, "delivered", 4)
    assert [(one["attempt"], one["status"]) for one in event["deliveries"]] == [
        (1, None), (2, 404), (3, 302), (4, 200),
    ]  # fmt: skip
    assert event["deliveries"][0]["error"] == "webhook_unavailable"
    assert endpoint.came == [event_id] * 4


async def test_gone_is_gone_and_three_days_are_enough(
    db: Database, client: SignedClient, endpoint: Platform
) -> None:
    endpoint.fail = [410]
    await published(db)
    await run_jobs(db, client)
    (event,) = await webhooks.log_of(db, state="dead")
    assert event["attempts"] == 1
    endpoint.fail = [404] * 500
    await published(db, "AX1:3")
    hours = 0
    while await run_jobs(db, client, hours):
        hours += 1
    dead = await webhooks.log_of(db, state="dead")
    assert sorted(event["attempts"] for event in dead) == [1, webhooks.MOST_TRIES]
    assert 70 < hours < 100


async def test_a_person_may_have_an_event_delivered_again_under_its_own_id(
    db: Database, client: SignedClient, endpoint: Platform
) -> None:
    event_id = await published(db)
    await run_jobs(db, client)
    await webhooks.redeliver(db, event_id, LATER)
    await run_jobs(db, client)
    assert endpoint.came == [event_id, event_id] and len(endpoint.kept) == 1
    with pytest.raises(DomainError, match="not_found"):
        await webhooks.redeliver(db, "evt_unknown", LATER)


async def test_nothing_is_lost_when_the_service_stops_before_and_after_a_delivery(
    db: Database, client: SignedClient, endpoint: Platform
) -> None:
    for number in range(6):
        await published(db, f"AX1:{number}")
    claimed = await jobs.claim_due(db, LATER, 3)
    await webhooks.deliver(
        db, client, claimed[0]["payload"], LATER
    )  # delivered, and killed before it was finished
    again = Database(db.url)  # a new process: the other two were claimed and never tried
    try:
        assert await run_jobs(again, client) == 3
        assert await run_jobs(again, client, jobs.LEASE.total_seconds() / 3600 + 0.01) == 3
    finally:
        await again.close()
    assert len(endpoint.kept) == 6
    assert len(endpoint.came) == 6  # a delivered one is not sent again, though its job came back
    assert {event["state"] for event in await webhooks.log_of(db)} == {"delivered"}


async def test_while_the_platform_is_down_nobody_waits_for_it_and_then_all_of_it_arrives(
    db: Database,
) -> None:
    endpoint = Platform()
    for number in range(30):
        await published(db, f"AX1:{number}")
    async with httpx.AsyncClient() as http:
        dead = SignedClient(
            "webhook", "平台没有接收", "http://127.0.0.1:9/hooks/anxin", SECRET, http, attempts=1
        )
        began = time.monotonic()
        assert await run_jobs(db, dead) == 30
        assert time.monotonic() - began < 5
    log = await webhooks.log_of(db)
    assert {event["state"] for event in log} == {"pending"} and FAILURES_BEFORE_OPEN < 30
    async with served(endpoint.app()) as url, httpx.AsyncClient() as http:
        back = SignedClient("webhook", "平台没有接收", f"{url}/hooks/anxin", SECRET, http, attempts=1)
        assert await run_jobs(db, back, 1) == 30
    assert len(endpoint.kept) == 30


async def test_a_wrong_secret_delivers_nothing(db: Database, endpoint: Platform) -> None:
    await published(db)
    async with served(endpoint.app()) as url, httpx.AsyncClient() as http:
        await run_jobs(db, SignedClient("webhook", "", f"{url}/hooks/anxin", "another", http, attempts=1))
    assert endpoint.kept == {}
    assert [one["status"] for one in (await webhooks.log_of(db))[0]["deliveries"]] == [401]
