"""The trainers' story with the whole product: the bot misses a sentence, is taught, and nobody notices the change of models."""

import asyncio
import gzip
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import insert, select

from curation import promoting
from curation.core.gates import LABELS
from curation.run_store import models, promotions, runs
from curation.shelf import digest
from curation.store import turns
from kernel.clock import utcnow
from kernel.db import Database
from kernel.principal import PLATFORM, Principal
from service import demo, setup
from service.brains import Brains
from service.curation_ports import releasing_parts
from service.migrate import upgrade_async
from service.processes import redis_child, service_child
from service.settings import ROOT
from service.wiring import Services, build
from tests.conftest import make_settings
from tests.journeys.conftest import Product, open_talk
from tests.journeys.test_in_the_browser import CHROMIUM, SHOTS, browser, shots

__all__ = ["browser", "shots"]

pytestmark = pytest.mark.slow

TRAINER = Principal("agent", agent_id="a_t", name="钱老师", role="trainer", party=PLATFORM)
# What a consumer said and the bot did not understand, and how others say the same.
ODD = "我买的东西环游世界去了吧"
LIKE = (
    "买的东西环游世界去了吧",
    "我买的东西是环游世界去了吗",
    "我的东西环游世界去了吧",
    "东西环游世界去了吧",
    "我买的货环游世界去了吧",
    "我买的东西环游世界去了",
    "我买的东西环游世界去了呀",
)


@dataclass
class Workbench(Product):
    """A product whose Rasa processes are kept as `anxin up` keeps them."""

    services: Services = None  # type: ignore[assignment]
    brains: Brains = None  # type: ignore[assignment]


@pytest.fixture(scope="module")
async def workbench() -> AsyncIterator[Workbench]:
    if not setup.MODEL.is_file() or not setup.BRAIN_PYTHON.is_file():
        pytest.fail("the brain is not set up; run `make test`, or `anxin prepare` first")
    var = Path(tempfile.mkdtemp(prefix="anxin-"))
    settings = make_settings(
        var,
        f"unix://{var / 'redis.sock'}",
        f"sqlite+aiosqlite:///{var / 'anxin.db'}",
        demo=True,
        rate_factor=50,
    )
    logs = ROOT / "var" / "test-logs" / "workbench"
    shutil.rmtree(logs, ignore_errors=True)
    await upgrade_async(settings.database)
    children = {child.name: child for child in (redis_child(settings), service_child(settings))}
    db = Database(settings.database)
    brains = Brains(settings, db)
    services = build(settings)
    try:
        for child in children.values():
            await child.start(logs)
            await child.wait_until_ready(logs)
        await brains.start()
        await asyncio.wait_for(brains.wait_until_ready(), 300)
        seeded = await demo.seed(services, settings.public_url)
        yield Workbench(settings, children, seeded, logs, services, brains)
    finally:
        await children["service"].stop()
        await brains.stop()
        await children["redis"].stop()
        await services.close()
        await db.close()
        shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
async def http(workbench: Workbench) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=workbench.url, timeout=120) as client:
        yield client


@dataclass
class Crowd:
    """Consumers who keep talking, each waiting for the answer to what he said before he goes on."""

    workbench: Workbench
    said: dict[str, int] = field(default_factory=dict)  # by conversation
    task: asyncio.Task[None] | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    slowest: float = 0.0

    async def __aenter__(self) -> "Crowd":
        self.task = asyncio.create_task(self._all())
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.stopping.set()
        assert self.task is not None
        await self.task

    async def _all(self) -> None:
        async with httpx.AsyncClient(base_url=self.workbench.url, timeout=120) as client:
            await asyncio.gather(*(self._visit(client) for _ in range(4)))

    async def _visit(self, client: httpx.AsyncClient) -> None:
        """One conversation after another, so that there are always new ones too."""
        while not self.stopping.is_set():
            talk = await open_talk(client)
            self.said[talk.id] = 0
            for word in ("谢谢", "你好", "好的", "谢谢你"):
                began = time.monotonic()
                await talk.ask(word)
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.said[talk.id] += 1
                if self.stopping.is_set():
                    return

    async def answered(self) -> tuple[int, int, set[str]]:
        """`(messages said, turns answered, models that answered)` of this crowd's conversations."""
        async with self.workbench.services.db.read() as tx:
            rows = await tx.all(select(turns.c.conversation_id, turns.c.turn_id, turns.c.model))
        mine = [row for row in rows if row["conversation_id"] in self.said]
        return sum(self.said.values()), len(mine), {row["model"] for row in mine}

    async def replies(self) -> dict[str, int]:
        """How many messages the bot wrote in each conversation, the greeting apart."""
        found = {}
        async with httpx.AsyncClient(base_url=self.workbench.url, timeout=60):
            from handoff.store import messages

            async with self.workbench.services.db.read() as tx:
                rows = await tx.all(
                    select(messages.c.conversation_id).where(messages.c.sender == "bot", messages.c.seq > 1)
                )
        for row in rows:
            found[row["conversation_id"]] = found.get(row["conversation_id"], 0) + 1
        return {one: found.get(one, 0) for one in self.said}


async def a_second_model(workbench: Workbench) -> str:
    """The installed model packed again: another archive with another sha256, judged as equal to the first."""
    services = workbench.services
    live = digest(setup.MODEL)
    packed = workbench.settings.var / "again.tar.gz"
    packed.write_bytes(gzip.compress(gzip.decompress(setup.MODEL.read_bytes()), compresslevel=1, mtime=1))
    sha256 = digest(packed)
    services.training.registry.shelf.keep(packed, sha256)
    label = {"precision": 0.9, "recall": 0.9, "f1": 0.9, "n": 99}
    side = {"macro_f1": 0.9, "acted_wrongly": 0.0, "labels": dict.fromkeys(LABELS, label)}
    report = {"held_out": {"after": side, "before": side}, "dialogues": {"total": 45, "passed": 45}}
    run = {"id": "run_again", "state": "done", "asked_by": "t", "asked_by_name": "t", "reason": "again"}
    run |= {"attempts": 1, "model": sha256, "against": live, "report": report, "asked_at": utcnow()}
    model = {"sha256": sha256, "run_id": "run_again", "data_fingerprint": "f", "examples": 1, "size": 1}
    async with services.db.write() as tx:
        await tx.execute(insert(runs).values(**run))
        await tx.execute(insert(models).values(**model, trained_at=utcnow(), kept_at=utcnow()))
    return sha256


async def becomes(workbench: Workbench, promotion: str, state: str, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while True:
        async with workbench.services.db.read() as tx:
            row = await tx.one(select(promotions).where(promotions.c.id == promotion))
        assert row is not None and row["state"] not in ("failed",), row and row["end_reason"]
        if row["state"] == state:
            return
        assert time.monotonic() < end, f"the promotion is {row['state']}"
        await asyncio.sleep(0.5)


async def test_no_message_is_lost_or_answered_twice_while_models_change(workbench: Workbench) -> None:
    db, releasing = workbench.services.db, releasing_parts(workbench.services.training)
    first, second = digest(setup.MODEL), await a_second_model(workbench)
    async with Crowd(workbench) as crowd:
        row = await promoting.promote(db, releasing, TRAINER, second, 50, "灰度", utcnow())
        await becomes(workbench, row["id"], "canary")
        await asyncio.sleep(5)
        await promoting.widen(db, TRAINER, row["id"], 100, utcnow())
        await asyncio.sleep(5)
        await promoting.take_back(db, TRAINER, row["id"], "试试退回", utcnow())
        await asyncio.sleep(5)
    said, answered, by = await crowd.answered()
    print(f"{said} messages in {len(crowd.said)} conversations, slowest answer {crowd.slowest:.1f} s")
    assert said == answered > 20
    assert by == {first, second}
    # every message got its reply, none got two: each of these words has exactly one
    assert await crowd.replies() == crowd.said


@pytest.mark.skipif(CHROMIUM is None, reason="no browser found: apt-get install chromium fonts-noto-cjk")
async def test_a_sentence_the_bot_missed_is_taught_and_understood(
    workbench: Workbench, http: httpx.AsyncClient, browser: Any
) -> None:
    expect.set_options(timeout=30_000)
    for sentence in (ODD, *LIKE):
        reply = await (await open_talk(http)).ask(sentence)
        if sentence == ODD:
            assert "哪" in reply["text"] or "没完全明白" in reply["text"]  # it asks back
    page: Page = await browser.new_page(viewport={"width": 1440, "height": 900})
    await page.goto(f"{workbench.url}/console/")
    person = workbench.staff("trainer")
    await page.get_by_label("用户名").fill(person["username"])
    await page.get_by_label("密码", exact=True).fill(person["password"])
    await page.get_by_role("button", name="登录").click()

    # First in the inbox; one decision labels it and its likes.
    first = page.locator(".inbox aside li").first
    await expect(first).to_contain_text("环游世界", timeout=90_000)
    await page.screenshot(path=SHOTS / "training-inbox.png")
    await teach(page)

    # Trained on what was just labelled, while others go on talking.
    async with Crowd(workbench) as crowd:
        await page.get_by_role("tab", name="训练").click()
        await page.get_by_role("button", name="开始训练").click()
        await page.get_by_label("为什么训练").fill("补了「环游世界」这种物流说法")
        await page.get_by_role("button", name="排队训练").click()
        await expect(page.get_by_text("大约还要")).to_be_visible(timeout=60_000)
        await page.screenshot(path=SHOTS / "training-run.png")
        await page.get_by_role("button", name="看报告").click(timeout=2_400_000)

        # The report shows the gain, and that nothing else got worse.
        await expect(page.get_by_text("道上线门槛全部通过")).to_be_visible()
        learnt = page.locator(".fresh tr", has_text=ODD)
        await expect(learnt).to_contain_text("物流问题")
        await page.screenshot(path=SHOTS / "training-report.png", full_page=True)
        await page.get_by_role("button", name="上线…").click()
        await page.get_by_label("为什么上线").fill("「环游世界」听懂了，别的没有变差")
        await page.get_by_role("slider").press("End")
        await page.get_by_role("button", name="确认上线").click()
        await page.get_by_role("tab", name="模型").click()
        await expect(page.get_by_text("全量在用").first).to_be_visible(timeout=300_000)
        await page.screenshot(path=SHOTS / "training-models.png")

    # The same sentence is understood, and the others never noticed.
    again = await (await open_talk(http)).ask(ODD)
    assert "没完全明白" not in again["text"]
    async with workbench.services.db.read() as tx:
        taken = await tx.one(select(turns).where(turns.c.text == ODD).order_by(turns.c.id.desc()).limit(1))
    assert taken is not None and (taken["decision"], taken["issue_type"]) == ("act", "logistics")
    said, answered, _ = await crowd.answered()
    assert said == answered and await crowd.replies() == crowd.said


async def teach(page: Page) -> None:
    """Labels every group of the odd sentences as a parcel that does not move, at the keyboard."""
    while await page.locator(".inbox aside li", has_text="环游世界").count():
        await page.locator(".inbox aside li", has_text="环游世界").first.click()
        before = await page.locator(".inbox aside li").count()
        await page.keyboard.press("6")
        await page.keyboard.press("Enter")
        await expect(page.locator(".inbox aside li")).to_have_count(before - 1)
