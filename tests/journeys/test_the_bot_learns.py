"""The trainers' story with the whole product: the bot misses a sentence, is taught it, and nobody notices the change of models."""

import asyncio
import os
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
from sqlalchemy import select

from curation.run_store import promotions, serving
from curation.store import turns
from handoff.store import messages
from kernel.db import Row
from service import setup
from service.settings import ROOT
from tests.journeys.conftest import open_talk
from tests.journeys.small import Small, installed, started
from tests.journeys.test_in_the_browser import CHROMIUM, SHOTS, browser, shots

__all__ = ["browser", "shots"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no browser found: apt-get install chromium fonts-noto-cjk"),
    pytest.mark.skipif(shutil.which("git") is None, reason="no git"),
]

# What a consumer said and the bot did not understand, nor its tuned language models, and how others say the same.
WORD = "飞升"
ODD = "我买的东西飞升了吧"
LIKE = (
    "买的东西飞升了吧",
    "我买的东西飞升了",
    "我买的东西飞升了呀",
    "买的东西飞升了",
    "买的东西都飞升了吧",
    "我买的那东西飞升了吧",
    "买的东西飞升了呀",
)
SMALL_TALK = ("谢谢", "你好", "谢谢你", "你好呀")  # each has exactly one reply


@pytest.fixture
async def small() -> AsyncIterator[Small]:
    if not setup.BRAIN_PYTHON.is_file():
        pytest.fail("the brain is not set up; run `make test`, or `anxin prepare` first")
    var = Path(tempfile.mkdtemp(prefix="anxin-"))
    logs = Path(os.environ.get("ANXIN_TEST_LOGS", ROOT / "var" / "test-logs")) / "the-bot-learns"
    shutil.rmtree(logs, ignore_errors=True)
    try:
        async with started(await installed(var), logs) as product:
            yield product
    finally:
        shutil.rmtree(var, ignore_errors=True)


@dataclass
class Crowd:
    """Consumers who keep talking, each waiting for the answer to what he said before he goes on."""

    url: str
    pause: float = 3.0
    said: dict[str, int] = field(default_factory=dict)  # messages by conversation
    waits: list[tuple[float, float]] = field(
        default_factory=list
    )  # when it was said, and how long the answer took
    stopping: bool = False

    async def talk(self) -> None:
        async with httpx.AsyncClient(base_url=self.url, timeout=120) as client:
            await asyncio.gather(*(self._visit(client) for _ in range(4)))

    async def _visit(self, client: httpx.AsyncClient) -> None:
        """One conversation after another, so that there are always new ones too."""
        while not self.stopping:
            talk = await open_talk(client)
            for words in SMALL_TALK:
                began = time.monotonic()
                self.said[talk.id] = self.said.get(talk.id, 0) + 1
                await talk.bot_reply(await talk.say(words), 90)
                self.waits.append((began, time.monotonic() - began))
                await asyncio.sleep(self.pause)
                if self.stopping:
                    return

    def slowest(self, start: float, end: float) -> float:
        """The longest wait for an answer to what was said between two moments."""
        return max((took for began, took in self.waits if start <= began <= end), default=0.0)


async def answers(product: Small, crowd: Crowd) -> tuple[dict[str, int], dict[str, int], set[str]]:
    """How many messages the bot wrote in each of the crowd's conversations beside its greeting, how many turns were
    understood there, and by which models."""
    async with product.services.db.read() as tx:
        written = await tx.all(
            select(messages.c.conversation_id).where(messages.c.sender == "bot", messages.c.seq > 1)
        )
        taken = await tx.all(select(turns.c.conversation_id, turns.c.model))

    def counted(rows: Any) -> dict[str, int]:
        found = dict.fromkeys(crowd.said, 0)
        for row in rows:
            if row["conversation_id"] in found:
                found[row["conversation_id"]] += 1
        return found

    return counted(written), counted(taken), {r["model"] for r in taken if r["conversation_id"] in crowd.said}


async def last_turn(product: Small, text: str) -> Row:
    async with product.services.db.read() as tx:
        row = await tx.one(select(turns).where(turns.c.text == text).order_by(turns.c.id.desc()).limit(1))
    assert row is not None
    return row


async def test_a_sentence_the_bot_missed_is_taught_and_understood_while_others_go_on_talking(
    small: Small, browser: Any
) -> None:
    expect.set_options(timeout=30_000)
    async with small.services.db.read() as tx:
        first_model = await tx.scalar(select(serving.c.model))
    crowd = Crowd(small.url)
    talking = asyncio.create_task(crowd.talk())
    async with httpx.AsyncClient(base_url=small.url, timeout=120) as http:
        # The bot asks back: it does not know what the consumer means.
        for sentence in (ODD, *LIKE):
            await (await open_talk(http)).ask(sentence)
        missed = await last_turn(small, ODD)
        assert (missed["asked_back"], missed["model"]) == (True, first_model), missed["decision"]

        # The trainer finds it first, and labels it and its likes at the keyboard.
        page: Page = await browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        await enter(page, small)
        await teach(page)

        # The training shows its progress; its report the gain, and that nothing else got worse.
        await page.get_by_role("tab", name="训练").click()
        await page.get_by_role("button", name="开始训练").click()
        await page.get_by_label("为什么训练").fill("补了「飞升」这种物流说法")
        await page.get_by_role("button", name="排队训练").click()
        await expect(page.get_by_text("大约还要")).to_be_visible(timeout=60_000)
        await page.screenshot(path=SHOTS / "training-run.png")
        await page.get_by_role("button", name="看报告").click(timeout=900_000)
        await expect(page.get_by_text("道上线门槛全部通过")).to_be_visible()
        await expect(page.get_by_text("固定评测集")).to_be_visible()
        learnt = page.locator(".fresh tr", has_text=ODD).locator("td")
        await expect(learnt.nth(2)).to_contain_text("先问一句")
        await expect(learnt.nth(3)).to_contain_text("物流问题")
        await expect(learnt.nth(3)).not_to_contain_text("先问一句")
        await page.screenshot(path=SHOTS / "training-report.png", full_page=True)

        # It goes live with a reason, while the others talk without a pause.
        crowd.pause, began = 0.0, time.monotonic()
        await page.get_by_role("button", name="上线…").click()
        await page.get_by_label("为什么上线").fill("「飞升」听懂了，别的没有变差")
        await page.get_by_role("slider").press("End")
        await page.get_by_role("button", name="确认上线").click()
        await page.get_by_role("tab", name="模型").click()
        await expect(page.get_by_text("全量在用").first).to_be_visible(timeout=300_000)
        await page.screenshot(path=SHOTS / "training-models.png")
        await asyncio.sleep(5)  # the old process has last turns to answer
        ended = time.monotonic()

        # The same sentence is understood, by the new model.
        reply = await (await open_talk(http)).ask(ODD)
        await asyncio.sleep(1)
        taught = await last_turn(small, ODD)
        async with small.services.db.read() as tx:
            live = await tx.scalar(select(serving.c.model))
            kept = await tx.one(select(promotions).where(promotions.c.model == live))
        assert (taught["decision"], taught["issue_type"], taught["model"]) == ("act", "logistics", live), (
            reply
        )
        assert kept is not None and (kept["state"], kept["before"], kept["by_name"]) == (
            "live",
            first_model,
            small.staff("trainer")["name"],
        )
        assert kept["reason"] == "「飞升」听懂了，别的没有变差"

        # And nobody else noticed: every message has its answer, none was lost, none came twice.
        crowd.stopping = True
        await talking
        written, understood, models = await answers(small, crowd)
        during = sum(began <= at <= ended for at, _ in crowd.waits)
        slowest = crowd.slowest(began, ended)
        told = (
            f"{sum(crowd.said.values())} messages in {len(crowd.said)} conversations, {during} of them while the "
            f"models changed; the longest answer then took {slowest:.2f} s, ever {crowd.slowest(0, ended):.2f} s"
        )
        print(told)
        assert written == understood == crowd.said, told
        assert during > 20 and models == {first_model, live}, told


async def enter(page: Page, product: Small) -> None:
    person = product.staff("trainer")
    await page.goto(f"{product.url}/console/")
    await page.get_by_label("用户名").fill(person["username"])
    await page.get_by_label("密码", exact=True).fill(person["password"])
    await page.get_by_role("button", name="登录").click()
    first = page.locator(".inbox aside li").first
    for _ in range(12):  # turns are gathered every few seconds
        if WORD in (await first.text_content() or "" if await first.count() else ""):
            break
        await asyncio.sleep(5)
        await page.reload()
        await expect(page.locator(".inbox footer, .inbox aside")).not_to_have_count(0)
        await asyncio.sleep(1)
    await expect(first).to_contain_text(WORD)
    await page.screenshot(path=SHOTS / "training-inbox.png")


async def teach(page: Page) -> None:
    """Labels every group of the odd sentences as a problem of logistics, at the keyboard."""
    of_word = page.locator(".inbox aside li", has_text=WORD)
    while left := await of_word.count():
        await of_word.first.click()
        await expect(page.locator(".sentence")).to_contain_text(WORD)
        await page.keyboard.press("6")
        await page.keyboard.press("Enter")
        await expect(of_word).to_have_count(left - 1)
