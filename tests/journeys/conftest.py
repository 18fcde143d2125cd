"""The whole product, started as `make up` starts it: embedded Redis, real Rasa, the service, demo data."""

import asyncio
import contextlib
import io
import json
import os
import secrets
import shutil
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw

from service import demo, setup
from service.migrate import upgrade_async
from service.processes import Child, rasa_child, redis_child, service_child
from service.settings import ROOT, Settings
from service.wiring import build
from tests.conftest import make_settings


@dataclass
class Product:
    """A running product and what the demo says about it."""

    settings: Settings
    children: dict[str, Child]
    demo: dict[str, Any]
    logs: Path

    @property
    def url(self) -> str:
        return self.settings.public_url

    async def restart(self, name: str) -> None:
        await self.children[name].start(self.logs)
        await self.children[name].wait_until_ready(self.logs)

    def consumer(self, place: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = self.demo["consumers"][place]
        return found

    def staff(self, role: str, party: str | None = None) -> dict[str, Any]:
        return next(p for p in self.demo["staff"] if p["role"] == role and party in (None, p["party"]))


@pytest.fixture(scope="session")
async def product() -> AsyncIterator[Product]:
    if not setup.MODEL.is_file() or not setup.BRAIN_PYTHON.is_file():
        pytest.fail("the brain is not set up; run `make test`, or `anxin prepare` first")
    var = Path(tempfile.mkdtemp(prefix="anxin-"))
    settings = make_settings(
        var,
        f"unix://{var / 'redis.sock'}",
        f"sqlite+aiosqlite:///{var / 'anxin.db'}",
        demo=True,
        require_course=True,
    )
    children = {
        child.name: child for child in (redis_child(settings), rasa_child(settings), service_child(settings))
    }
    logs = Path(os.environ.get("ANXIN_TEST_LOGS", ROOT / "var" / "test-logs"))
    shutil.rmtree(logs, ignore_errors=True)
    await upgrade_async(settings.database)
    try:
        for child in children.values():
            await child.start(logs)
        for child in children.values():
            await child.wait_until_ready(logs)
        services = build(settings)
        seeded = await demo.seed(services, settings.public_url)
        await services.close()
        yield Product(settings, children, seeded, logs)
    finally:
        for child in reversed(children.values()):
            await child.stop()
        shutil.rmtree(var, ignore_errors=True)


@dataclass
class Talk:
    """One consumer's conversation over the REST API."""

    http: httpx.AsyncClient
    id: str
    token: str
    seen: list[dict[str, Any]] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def after(self) -> int:
        return max((event.get("seq", 0) for event in self.seen), default=0)

    async def say(self, text: str = "", *, files: tuple[str, ...] = (), choice: str | None = None) -> int:
        body: dict[str, Any] = {"client_msg_id": str(uuid.uuid4()), "text": text, "files": list(files)}
        if choice:
            body["choice"] = choice
        answer = await self.http.post(
            f"/api/v1/conversations/{self.id}/messages", json=body, headers=self.headers
        )
        assert answer.status_code == 200, answer.text
        return int(answer.json()["seq"])

    async def send_photo(self, note: str = "") -> str:
        name = {"file": ("photo.jpg", photo(note), "image/jpeg")}
        answer = await self.http.post(
            f"/api/v1/conversations/{self.id}/files", files=name, headers=self.headers
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["file_id"])

    async def listen(self, wait: int = 0) -> list[dict[str, Any]]:
        path = f"/api/v1/conversations/{self.id}/events?after={self.after}&wait={wait}"
        answer = await self.http.get(path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        fresh = [event for event in answer.json()["events"] if "seq" in event and event["seq"] > self.after]
        self.seen += fresh
        return fresh

    async def wait_for(self, what: Any, seconds: float = 20.0, since: int | None = None) -> dict[str, Any]:
        """The first event after `since` for which `what(event)` holds."""
        end = time.monotonic() + seconds
        start = since or 0
        while True:
            for event in self.seen:
                if event["seq"] > start and what(event):
                    return event
            left = end - time.monotonic()
            shown = json.dumps(self.seen[-4:], ensure_ascii=False)[:1500]
            assert left > 0, f"nothing of the kind came; the last events were {shown}"
            await self.listen(max(1, min(5, int(left))))

    async def bot_reply(self, since: int, seconds: float = 20.0) -> dict[str, Any]:
        event = await self.wait_for(
            lambda e: e["type"] == "message" and e["message"]["sender"] == "bot", seconds, since
        )
        message: dict[str, Any] = event["message"]
        return message

    async def ask(self, text: str = "", **more: Any) -> dict[str, Any]:
        """Says something and returns the bot's first reply to it."""
        return await self.bot_reply(await self.say(text, **more))


@dataclass
class Desk:
    """One agent at the desk API."""

    http: httpx.AsyncClient
    token: str
    agent: dict[str, Any]

    async def get(self, path: str) -> dict[str, Any]:
        answer = await self.http.get(f"/api/v1/desk/{path}", headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def post(self, path: str, expected: int = 200, **body: Any) -> dict[str, Any]:
        answer = await self.http.post(f"/api/v1/desk/{path}", json=body, headers=self.headers)
        assert answer.status_code == expected, answer.text
        found: dict[str, Any] = answer.json()
        return found

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture
async def http(product: Product) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=product.url, timeout=60) as client:
        yield client


async def open_talk(http: httpx.AsyncClient, consumer: dict[str, Any] | None = None) -> Talk:
    answer = await http.post("/api/v1/conversations", json={"token": consumer["token"]} if consumer else {})
    assert answer.status_code == 201, answer.text
    opened = answer.json()
    talk = Talk(http, opened["conversation_id"], opened["conversation_token"])
    await talk.listen()
    return talk


async def log_in(http: httpx.AsyncClient, person: dict[str, Any]) -> Desk:
    body = {"username": person["username"], "password": person["password"]}
    answer = await http.post("/api/v1/desk/login", json=body)
    assert answer.status_code == 200, answer.text
    http.cookies.clear()  # the desk is used with its bearer token here
    return Desk(http, answer.json()["token"], answer.json()["agent"])


def photo(note: str = "") -> bytes:
    """A picture that differs each time, as photos do."""
    picture = Image.new("RGB", (320, 240), tuple(secrets.token_bytes(3)))  # type: ignore[arg-type]
    ImageDraw.Draw(picture).text((20, 100), note or secrets.token_hex(4), fill="white")
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


@contextlib.asynccontextmanager
async def stopped(product: Product, name: str) -> AsyncIterator[None]:
    """One part is down inside the block, and back and ready after it."""
    await product.children[name].stop()
    try:
        yield
    finally:
        await product.restart(name)
        await asyncio.sleep(0.2)
