"""Demo mode: accounts and consumers to try everything with. Exists only when ANXIN_DEMO is set, on loopback."""

import json
import secrets
from datetime import timedelta
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sqlalchemy import select

from aftersales.gateways.demo_orders import CONSUMERS, MERCHANTS
from aftersales.merchants.books import load_course
from aftersales.merchants.learning import attempt, may_handle_tickets
from connectors.tokens import sign_identity
from handoff.staff import add_agent
from handoff.store import agents
from kernel import http
from kernel.clock import utcnow
from kernel.principal import PLATFORM, Principal
from service.settings import Settings
from service.wiring import Services

blueprint = Blueprint("demo", url_prefix="/api/v1")

PLATFORM_STAFF = (
    ("platform1", "周宁", "platform_agent"),
    ("platform2", "吴越", "platform_agent"),
    ("lead", "郑主管", "supervisor"),
    ("trainer", "钱老师", "trainer"),
    ("admin", "管理员", "admin"),
)
MERCHANT_STAFF = (("林晓", "陈晨"), ("方舟", "苏禾"), ("江雪", "顾北"))


async def seed(services: Services, base_url: str) -> dict[str, Any]:
    """Creates the demo's staff with fresh passwords, signs its consumers' tokens and writes `var/demo.json`."""
    staff = []

    async def person(username: str, name: str, role: str, party: str, party_name: str) -> None:
        password = secrets.token_urlsafe(9)
        await add_agent(
            services.db,
            username=username,
            password=password,
            name=name,
            role=role,
            party=party,
            party_name=party_name,
        )
        staff.append({"username": username, "password": password, "role": role, "party": party, "name": name})

    for number, (merchant, names) in enumerate(zip(MERCHANTS, MERCHANT_STAFF, strict=False), 1):
        for place, name in enumerate(names, 1):
            username = f"merchant{number}{'ab'[place - 1]}"
            await person(username, name, "merchant_agent", merchant.id, merchant.name)
    await _teach(services, staff)
    for username, name, role in PLATFORM_STAFF:
        await person(username, name, role, PLATFORM, "平台")
    consumers = [
        {
            "id": consumer.id,
            "name": consumer.name,
            "token": consumer_token(services.settings, consumer.id, consumer.name),
            "orders": [line.to_json() for line in await services.orders.lines_of(consumer.id)],
        }
        for consumer in CONSUMERS
    ]
    demo = {
        "base_url": base_url,
        "pages": {
            "shop": f"{base_url}/shop/",
            "console": f"{base_url}/console/",
            "docs": f"{base_url}/docs/",
        },
        "staff": staff,
        "consumers": consumers,
    }
    path = services.settings.var / "demo.json"
    path.write_text(json.dumps(demo, ensure_ascii=False, indent=2), encoding="utf8")
    path.chmod(0o600)
    return demo


async def _teach(services: Services, staff: list[dict[str, Any]]) -> None:
    """The demo's merchants know the rules already: one passed attempt each, as the course keeps it."""
    answers = {question.id: question.answer for question in load_course().questions}
    async with services.db.read() as tx:
        rows = await tx.all(select(agents).where(agents.c.username.in_([one["username"] for one in staff])))
    for row in rows:
        who = Principal("agent", agent_id=row["id"], name=row["name"], role=row["role"], party=row["party"])
        if not await may_handle_tickets(services.db, who):
            await attempt(services.db, who, answers, utcnow())


def consumer_token(settings: Settings, consumer_id: str, name: str = "") -> str:
    return sign_identity(settings.shop_secret, consumer_id, name, expires=utcnow() + timedelta(days=30))


@blueprint.get("/demo")
async def demo(request: Request) -> HTTPResponse:
    """What the demo shop page shows: consumers with tokens and staff with passwords."""
    path = request.app.ctx.services.settings.var / "demo.json"
    return http.reply(
        json.loads(path.read_text(encoding="utf8")) if path.is_file() else {"consumers": [], "staff": []}
    )
