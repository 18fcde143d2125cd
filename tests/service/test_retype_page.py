"""An agent corrects what a ticket is about at the real page, and the checklist changes under his eyes."""

import shutil
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from handoff import staff
from kernel.clock import utcnow
from kernel.db import metadata
from service.app import create_app
from service.settings import ROOT
from service.wiring import build
from tests.aftersales.conftest import opened
from tests.aftersales.serving import served
from tests.conftest import make_settings
from tests.handoff.conftest import open_one

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no browser found: apt-get install chromium fonts-noto-cjk"),
    pytest.mark.skipif(not (ROOT / "web" / "dist").is_dir(), reason="the pages are not built: anxin prepare"),
]


async def test_a_type_is_changed_with_a_reason_and_the_checklist_follows(
    tmp_path: Path, redis_url: str
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    services = build(make_settings(tmp_path, redis_url, url))
    await services.db.run_sync(metadata.create_all)
    await staff.add_agent(
        services.db,
        username="lin",
        password="a good password",
        name="林晓",
        role="merchant_agent",
        party="m_1",
        party_name="一号店",
    )
    conversation = await open_one(services.db, None)
    ticket = await opened(services.db, now=utcnow(), conversation_id=conversation["id"])
    expect.set_options(timeout=30_000)
    async with served(create_app(services.settings, services)) as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")
        await page.goto(f"{address}/console/")
        await page.get_by_label("用户名").fill("lin")
        await page.get_by_label("密码", exact=True).fill("a good password")
        await page.get_by_role("button", name="登录").click()
        await page.get_by_text("工单", exact=True).first.click()
        await page.get_by_text(ticket["id"]).first.click()
        panel = page.locator(".ticket")
        await expect(panel.locator("header strong")).to_have_text("商品破损")
        await page.get_by_role("button", name="更改类型").click()
        dialog = page.get_by_role("dialog", name="更改问题类型")
        await dialog.get_by_label("实际是什么问题").fill("发错商品")
        await page.keyboard.press("Enter")
        await dialog.get_by_role("button", name="确认更改").click()
        await expect(dialog.get_by_text("请填写为什么改")).to_be_visible()
        await dialog.get_by_label("为什么改").fill("照片里是发错了颜色")
        await dialog.get_by_role("button", name="确认更改").click()
        await expect(panel.locator("header strong")).to_have_text("发错商品")
        await expect(panel.locator(".evidence li.provided")).to_have_count(2)  # what came is kept
        await expect(panel.locator(".evidence li.missing", has_text="实收商品全貌")).to_be_visible()
        await panel.get_by_text("经过", exact=True).click()
        await expect(panel.get_by_text("商品破损 → 发错商品：照片里是发错了颜色")).to_be_visible()
        await browser.close()
