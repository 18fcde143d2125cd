"""The service as it is wired: what happens to a ticket leaves through jobs, to services that are found by settings."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sanic import Request
from sanic.response import HTTPResponse, json
from sqlalchemy import select

from aftersales import refunding, tickets
from aftersales.core.refund import RefundPart
from aftersales.gateways.demo_orders import DemoOrders
from aftersales.gateways.logistics import DemoLogistics
from aftersales.gateways.notifications import DemoNotifications
from aftersales.gateways.payments import DemoPayments, HttpPayments, RefundOrder
from aftersales.store import tickets as table
from kernel.clock import utcnow
from service.jobs import run_due
from service.migrate import upgrade_async
from service.wiring import Services, build
from tests.aftersales.conftest import ACTORS, application, order_line
from tests.aftersales.gateways.platform import SECRET, platform
from tests.aftersales.serving import served
from tests.conftest import make_settings


@pytest.fixture
def came() -> list[dict[str, Any]]:
    return []


@pytest.fixture
async def services(tmp_path: Path, redis_url: str, came: list[dict[str, Any]]) -> AsyncIterator[Services]:
    """The parts on a migrated database, with payments, logistics, notices and webhooks on a real port."""
    app = platform(DemoPayments(), DemoLogistics(utcnow), DemoNotifications())

    @app.post("/hook")
    async def hook(request: Request) -> HTTPResponse:
        came.append(request.json)
        return json({})

    database = f"sqlite+aiosqlite:///{tmp_path / 'anxin.db'}"
    await upgrade_async(database)
    async with served(app) as url:
        given: dict[str, object] = {"webhook_url": f"{url}/hook", "webhook_secret": SECRET}
        for name in ("payments", "logistics", "notifications"):
            given |= {f"{name}_url": f"{url}/api", f"{name}_secret": SECRET}
        built = build(make_settings(tmp_path, redis_url, database, **given))
        yield built
        await built.close()


async def test_a_refund_goes_to_the_platforms_payments_and_everybody_is_told(
    services: Services, came: list[dict[str, Any]]
) -> None:
    now = utcnow()
    line = order_line(signed_at=now - timedelta(days=1))
    ticket = await tickets.open_ticket(services.db, application(order_line=line), services.rulebook, now)
    for trigger, data in (("accept", {}), ("agree", {"remedy": "refund_only"})):
        await tickets.transition(
            services.db, ticket["id"], trigger, ACTORS["merchant"], reason="核实过了", data=data, now=now
        )
    async with services.db.write() as tx:
        row = await tx.one(select(table).where(table.c.id == ticket["id"]))
        assert row is not None
        await refunding.plan(tx, row, now)
    ran = 1
    while ran:
        ran = await run_due(services, utcnow())
    _, closed = await tickets.find(services.db, ticket["id"])
    assert closed["status_label"] == "完结"
    types = sorted(event["type"] for event in came)
    assert types == sorted(
        ["ticket.opened", "ticket.moved", "ticket.moved", "ticket.moved", "ticket.closed", "refund.settled"]
    )
    assert isinstance(services.payments, HttpPayments)
    order = RefundOrder(
        f"{ticket['id']}:refund", "refund", line.order_no, "u_1", (RefundPart("微信支付", 19900),)
    )
    (part,) = (await services.payments.refund(order)).parts
    assert part.receipt_no in closed["proof"]


async def test_without_addresses_the_doubles_serve_and_nobody_is_told(tmp_path: Path, redis_url: str) -> None:
    built = build(make_settings(tmp_path, redis_url, "", demo_trouble=0.5))
    assert isinstance(built.payments, DemoPayments) and isinstance(built.orders, DemoOrders)
    assert built.platform is None
    await built.db.close()


@pytest.mark.parametrize("name", ["orders", "payments", "logistics", "notifications", "webhook"])
def test_an_address_without_a_secret_is_refused(tmp_path: Path, redis_url: str, name: str) -> None:
    with pytest.raises(ValidationError, match=f"ANXIN_{name.upper()}_SECRET"):
        make_settings(tmp_path, redis_url, "", **{f"{name}_url": "http://platform"})
