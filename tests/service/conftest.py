"""The service alone, as its own process on a real port, with Redis and without Rasa."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from service import demo
from service.migrate import upgrade_async
from service.processes import service_child
from service.settings import Settings
from service.wiring import build
from tests.conftest import make_settings


@dataclass
class Running:
    settings: Settings
    demo: dict[str, Any]

    def staff(self, role: str) -> dict[str, Any]:
        return next(person for person in self.demo["staff"] if person["role"] == role)

    @property
    def consumers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.demo["consumers"]
        return found


@pytest.fixture(scope="session")
async def running(redis_url: str) -> AsyncIterator[Running]:
    var = Path(tempfile.mkdtemp(prefix="anxin-service-"))
    settings = make_settings(var, redis_url, f"sqlite+aiosqlite:///{var / 'anxin.db'}", demo=True)
    await upgrade_async(settings.database)
    child = service_child(settings)
    try:
        await child.start(var / "logs")
        await child.wait_until_ready(var / "logs")
        services = build(settings)
        seeded = await demo.seed(services, settings.public_url)
        await services.close()
        yield Running(settings, seeded)
    finally:
        await child.stop()
        shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
async def http(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=running.settings.public_url, timeout=30) as client:
        yield client
