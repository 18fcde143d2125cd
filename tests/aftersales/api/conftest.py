"""The two ticket blueprints on a real port; a header says who is calling, as the service's middleware would."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sanic import Request, Sanic
from sanic.response import HTTPResponse
from sanic_ext import Extend
from sanic_ext.extensions.openapi.extension import OpenAPIExtension

from aftersales.api import consumer, desk, eligibility, rules, webhooks
from aftersales.core.order import OrderLine
from aftersales.gateways.demo_orders import CONSUMERS, DemoOrders
from aftersales.gateways.payments import DemoPayments
from aftersales.rulebook_store import load_rulebook
from kernel import http
from kernel.db import Database
from kernel.errors import DomainError, not_found
from kernel.ids import new_id
from kernel.principal import Principal
from tests.aftersales.conftest import NOW
from tests.aftersales.serving import served

PEOPLE: dict[str, dict[str, str]] = {
    "xiaoman": {"kind": "consumer", "conversation_id": "c_1", "consumer_id": "u_1", "name": "小满"},
    "dayong": {"kind": "consumer", "conversation_id": "c_2", "consumer_id": "u_2", "name": "大勇"},
    "nameless": {"kind": "consumer", "conversation_id": "c_3", "consumer_id": "", "name": ""},
    "merchant": {
        "kind": "agent",
        "agent_id": "a_1",
        "name": "林晓",
        "role": "merchant_agent",
        "party": "m_1",
    },
    "other_merchant": {"kind": "agent", "agent_id": "a_2", "role": "merchant_agent", "party": "m_2"},
    "platform": {
        "kind": "agent",
        "agent_id": "a_3",
        "name": "周宁",
        "role": "platform_agent",
        "party": "platform",
    },
    "supervisor": {"kind": "agent", "agent_id": "a_4", "role": "supervisor", "party": "platform"},
    "admin": {"kind": "agent", "agent_id": "a_5", "role": "admin", "party": "platform"},
    "trainer": {"kind": "agent", "agent_id": "a_6", "role": "trainer", "party": "platform"},
}


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The faces translate; both databases are the verbs' business."""
    return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"


class Signing:
    """Marks what the service's file room would sign."""

    def sign(self, value: Any) -> Any:
        return json.loads(json.dumps(value).replace('/api/v1/files/f_1"', '/api/v1/files/f_1?t=signed"'))

    async def seen(self, db: Database, ids: list[str]) -> dict[str, dict[str, Any]]:
        """The first picture is blurred; it was sent in another conversation too."""
        blurred = {"sharpness": 3.0, "light": 120.0, "taken_at": None, "codes": [], "again": ["c_9"]}
        return {name: blurred for name in ids if name == "f_1"}

    async def of_conversation(
        self, db: Database, conversation_id: str, ids: list[str]
    ) -> list[dict[str, Any]]:
        """Each conversation has one file: f_1 that of c_1, f_2 that of c_2."""
        if set(ids) - {conversation_id.replace("c_", "f_")}:
            raise not_found("文件")
        return [{"file_id": name, "kind": "image", "sha256": "a" * 64} for name in ids]

    async def keep(
        self, db: Database, conversation_id: str, by: str, name: str, content: bytes, now: Any
    ) -> dict[str, Any]:
        """Says what it was given."""
        return {"file_id": "f_new", "conversation_id": conversation_id, "by": by, "size": len(content)}


@dataclass
class Api:
    """The service's address, and what its verbs were asked."""

    client: httpx.AsyncClient
    asked_in: list[str] = field(default_factory=list)

    async def call(self, who: str | None, method: str, path: str, expected: int = 200, **body: Any) -> Any:
        headers = {"x-who": json.dumps(PEOPLE[who])} if who else {}
        content = json.dumps(body) if method == "POST" else None
        answer = await self.client.request(method, f"/api/v1/{path}", headers=headers, content=content)
        assert answer.status_code == expected, answer.text
        assert answer.headers["content-type"].startswith("application/json")
        return answer.json()

    async def get(self, who: str | None, path: str, expected: int = 200) -> Any:
        return await self.call(who, "GET", path, expected)

    async def post(self, who: str | None, path: str, expected: int = 200, **body: Any) -> Any:
        return await self.call(who, "POST", path, expected, **body)

    async def error(self, who: str | None, path: str, expected: int, **body: Any) -> str:
        """The code of a refused POST."""
        error = (await self.post(who, path, expected, **body))["error"]
        assert error["message"]
        return str(error["code"])


class Description(OpenAPIExtension):
    name = "tickets"

    def label(self) -> str:
        return ""


@pytest.fixture
async def api(db: Database) -> AsyncIterator[Api]:
    app: Sanic[Any, Any] = Sanic(new_id("tickets", 8), configure_logging=False)
    app.config.update(OAS_URL_PREFIX="docs", OAS_UI_REDOC=False, OAS_UI_SWAGGER=False)
    Extend(app, extensions=[Description], built_in_extensions=False)
    for face in (consumer, desk, eligibility, rules, webhooks):
        app.blueprint(face.blueprint)
    asked_in: list[str] = []

    async def ask_platform_in(conversation_id: str) -> None:
        asked_in.append(conversation_id)

    orders = DemoOrders(NOW)

    async def own_line(conversation_id: str, line_id: str) -> OrderLine | None:
        """The first conversation is that of the demo's first consumer."""
        line = await orders.line(line_id)
        return line if line and conversation_id == "c_1" and line.consumer_id == CONSUMERS[0].id else None

    app.ctx.services = SimpleNamespace(
        db=db,
        files=Signing(),
        payments=DemoPayments(),
        ask_platform_in=ask_platform_in,
        orders=orders,
        own_line=own_line,
        rulebook=load_rulebook(),
    )

    @app.on_request
    async def identify(request: Request) -> None:
        if who := request.headers.get("x-who"):
            request.ctx.principal = Principal(**json.loads(who))

    @app.exception(DomainError)
    async def refuse(_request: Request, error: DomainError) -> HTTPResponse:
        return http.reply(error.to_json(), error.status)

    async with served(app) as url, httpx.AsyncClient(base_url=url) as client:
        yield Api(client, asked_in)
