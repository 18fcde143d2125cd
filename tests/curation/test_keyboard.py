"""A trainer at the real page in a real browser: every act by its key, and the data change under his hands."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from handoff import staff
from kernel.clock import utcnow
from kernel.db import metadata
from kernel.principal import PLATFORM
from service.app import create_app
from service.settings import ROOT
from service.wiring import Services, build
from tests.aftersales.serving import served
from tests.conftest import make_settings, until
from tests.curation.conftest import QUALITY, capture, said
from tests.handoff.conftest import open_one

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no browser found: apt-get install chromium fonts-noto-cjk"),
    pytest.mark.skipif(not (ROOT / "web" / "dist").is_dir(), reason="the pages are not built: anxin prepare"),
]

SAID = {  # sentence: how sure the bot was; the least sure comes first
    "这件卫衣洗一回就像抹布": 0.1,
    "袜口勒出一圈红印子": 0.2,
    "你好呀随便看看": 0.3,
    "衣服起球了还有鞋子挤脚得不行": 0.4,
}


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
async def services(tmp_path: Path, redis_url: str, database_url: str, project: Path) -> Services:
    made = build(make_settings(tmp_path, redis_url, database_url, double_labels=0.0))
    made.curation.folder.project = project
    await made.db.run_sync(metadata.create_all)
    await staff.add_agent(
        made.db,
        username="qian",
        password="a good password",
        name="钱老师",
        role="trainer",
        party=PLATFORM,
        party_name="平台",
    )
    for place, (text, sure) in enumerate(SAID.items()):
        conversation = await open_one(made.db, None, f"u_{place}")
        await capture(made.db, said(conversation, text, confidence=sure, decision="act", at=utcnow()))
    return made


@pytest.fixture
async def page(services: Services) -> AsyncIterator[Page]:
    async with served(create_app(services.settings, services)) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        made = await browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        expect.set_options(timeout=30_000)
        await made.goto(f"{url}/console/")
        await made.get_by_label("用户名").fill("qian")
        await made.get_by_label("密码", exact=True).fill("a good password")
        await made.get_by_role("button", name="登录").click()
        yield made
        await browser.close()


async def test_every_act_has_a_key(page: Page, services: Services) -> None:
    sentence, first = page.locator(".sentence"), page.locator(".inbox aside li").first
    quality = services.curation.folder.nlu / "quality.yml"

    async def press(*keys: str) -> None:
        for key in keys:
            await page.keyboard.press(key)

    await expect(sentence).to_have_text("这件卫衣洗一回就像抹布")  # what teaches most is open already
    # facts: to the third sign, one more, it is goods
    await press("f", "ArrowRight", "ArrowRight", "Shift+ArrowRight", "d", "Escape")
    await expect(page.locator(".fact.first")).to_have_attribute("data-name", "商品")
    await press("1", "ArrowRight", "ArrowRight", "Enter")
    await expect(sentence).to_have_text("袜口勒出一圈红印子")  # the next is there at once
    await expect(page.get_by_text("已写入训练数据 1 句")).to_be_visible()
    assert "    - 这件[卫衣](product)洗一回就像抹布\n" in quality.read_text(encoding="utf8")

    await press("u")
    await expect(sentence).to_have_text("这件卫衣洗一回就像抹布")
    await expect(page.get_by_text("已撤回")).to_be_visible()
    assert quality.read_text(encoding="utf8") == QUALITY

    await press("j")
    await expect(sentence).to_have_text("袜口勒出一圈红印子")
    await press("3", "Enter")
    await expect(page.get_by_text("袜口勒出一圈红印子")).to_have_count(0)
    size = services.curation.folder.nlu / "size.yml"  # written while the next sentence is read already
    line = "    - 鞋子挤脚\n    - 袜口勒出一圈红印子\n"
    await until(lambda: line in size.read_text(encoding="utf8"), 30)

    await expect(sentence).to_have_text("你好呀随便看看")
    await press("s")
    await expect(sentence).to_have_text("衣服起球了还有鞋子挤脚得不行")
    await press("b", *["ArrowRight"] * 5, " ", "Enter")
    await expect(sentence).to_have_text("衣服起球了")
    await expect(first).to_contain_text("拆分而来")
    await press("d")
    await expect(sentence).to_have_text("还有鞋子挤脚得不行")

    await press("g")
    await expect(page.get_by_role("dialog").get_by_text("毛病比愿望重")).to_be_visible()
    await press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await press("?")
    await expect(page.get_by_role("dialog").get_by_text("拆成两句")).to_be_visible()
