"""The service without Rasa, an agent with forty conversations, and browsers at its desk."""

import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from kernel.principal import Principal
from service import demo
from service.migrate import upgrade_async
from service.processes import Child, redis_child, service_child
from service.settings import Settings
from service.wiring import Services, build
from tests.conftest import make_settings
from tests.journeys.busy import fill
from tests.journeys.conftest import Desk, log_in
from tests.journeys.test_in_the_browser import CHROMIUM, FLAGS, SHOTS

PATIENCE = 20_000  # ms: the machine of a test may be busy


class House:
    """The service without Rasa, an agent with forty conversations, and what is needed to disturb both."""

    def __init__(
        self, settings: Settings, service: Child, services: Services, seeded: dict[str, Any], logs: Path
    ) -> None:
        self.settings, self.service, self.services, self.demo, self.logs = (
            settings,
            service,
            services,
            seeded,
            logs,
        )
        self.mine: list[str] = []

    def person(self, username: str) -> dict[str, Any]:
        return next(one for one in self.demo["staff"] if one["username"] == username)

    async def kill(self) -> None:
        """SIGKILL: no goodbye to anybody."""
        assert self.service.process
        os.killpg(self.service.process.pid, signal.SIGKILL)
        await self.service.process.wait()

    async def restart(self) -> None:
        await self.service.start(self.logs)
        await self.service.wait_until_ready(self.logs)


@pytest.fixture(scope="module")
async def house() -> AsyncIterator[House]:
    var = Path(tempfile.mkdtemp(prefix="anxin-desk-"))
    url = f"sqlite+aiosqlite:///{var / 'anxin.db'}"
    settings = make_settings(var, f"unix://{var / 'redis.sock'}", url, demo=True)
    await upgrade_async(settings.database)
    children = [redis_child(settings), service_child(settings)]
    SHOTS.mkdir(parents=True, exist_ok=True)
    try:
        for child in children:
            child.patience = 120
            await child.start(var / "logs")
        for child in children:
            await child.wait_until_ready(var / "logs")
        services = build(settings)
        seeded = await demo.seed(services, settings.public_url)
        made = House(settings, children[1], services, seeded, var / "logs")
        async with httpx.AsyncClient(base_url=settings.public_url) as http:
            who = principal((await log_in(http, made.person("platform1"))).agent)
        lines = [line for one in seeded["consumers"] for line in await services.orders.lines_of(one["id"])]
        made.mine = await fill(services, who, lines)
        yield made
        await services.close()
    finally:
        for child in reversed(children):
            await child.stop()
        shutil.rmtree(var, ignore_errors=True)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


def principal(agent: dict[str, Any]) -> Principal:
    return Principal(
        "agent", agent_id=agent["id"], name=agent["name"], role=agent["role"], party=agent["party"]
    )


@asynccontextmanager
async def at_the_desk(
    house: House, browser: Browser, username: str, **context: Any
) -> AsyncIterator[tuple[Page, BrowserContext]]:
    """The console with this agent logged in; a crash of the page fails the test."""
    expect.set_options(timeout=PATIENCE)
    opened = await browser.new_context(viewport={"width": 1440, "height": 900}, **context)
    opened.set_default_timeout(PATIENCE)
    page = await opened.new_page()
    crashes: list[str] = []
    page.on("pageerror", lambda error: crashes.append(str(error)))
    person = house.person(username)
    await page.goto(f"{house.settings.public_url}/console/")
    await page.get_by_label("用户名").fill(person["username"])
    await page.get_by_label("密码", exact=True).fill(person["password"])
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_label("会话列表")).to_be_visible()
    yield page, opened
    assert crashes == []
    await opened.close()


async def open_mine(page: Page, steps: int = 1) -> None:
    await expect(page.locator(".row").first).to_be_visible()
    for _ in range(steps):
        await page.keyboard.press("Alt+ArrowDown")
    await expect(page.get_by_label("会话", exact=True)).to_be_visible()
    await expect(page.get_by_label("回复", exact=True)).to_be_visible()


@asynccontextmanager
async def api(house: House, username: str) -> AsyncIterator[Desk]:
    async with httpx.AsyncClient(base_url=house.settings.public_url, timeout=60) as http:
        yield await log_in(http, house.person(username))
