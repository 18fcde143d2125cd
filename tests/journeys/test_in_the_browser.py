"""The first story again, as people do it: a consumer in the shop's widget, an agent in the console."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from service.settings import ROOT
from tests.journeys.conftest import Product, photo

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SHOTS = Path(os.environ.get("ANXIN_TEST_SHOTS", ROOT / "var" / "screenshots"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no browser found: apt-get install chromium fonts-noto-cjk"),
]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(autouse=True, scope="module")
def shots() -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)


async def log_in(page: Page, product: Product, person: dict[str, str]) -> None:
    await page.goto(f"{product.url}/console/")
    await page.get_by_label("用户名").fill(person["username"])
    await page.get_by_label("密码", exact=True).fill(person["password"])
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_label("会话列表")).to_be_visible()


async def test_a_complaint_in_the_widget_is_finished_in_the_console(
    product: Product, browser: Browser, tmp_path: Path
) -> None:
    expect.set_options(timeout=15_000)
    consumer = product.consumer(0)
    order = next(line for line in consumer["orders"] if line["category"] == "鞋靴")
    phone = await browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    shop = await phone.new_page()
    await shop.goto(f"{product.url}/shop/")
    await expect(shop.get_by_text(order["title"])).to_be_visible()
    await shop.screenshot(path=SHOTS / "shop-phone.png")
    await shop.locator("li", has_text=order["order_no"]).get_by_role("button", name="申请售后").click()
    widget = shop.frame_locator("iframe.anxin-frame")
    await expect(widget.get_by_text("智能助手").first).to_be_visible()

    # The complaint: one request, with this order on it.
    box = widget.get_by_label("输入消息")
    await box.fill("鞋子收到就是破的，鞋面裂了一道口子")
    await box.press("Enter")
    await expect(widget.get_by_text("需要这些凭证", exact=False)).to_be_visible()
    await shop.screenshot(path=SHOTS / "widget-evidence-phone.png")
    pictures = []
    for name in ("裂口", "整体"):
        path = tmp_path / f"{name}.jpg"
        path.write_bytes(photo(name))
        pictures.append(path)
    await widget.get_by_test_id("files").set_input_files(pictures)
    await expect(widget.get_by_text("工单 AX").first).to_be_visible()
    await shop.screenshot(path=SHOTS / "widget-ticket-phone.png")

    await widget.get_by_role("button", name="转人工").click()
    await expect(widget.get_by_text("正在为您接入人工客服", exact=False)).to_be_visible()

    # The agent of that merchant takes over, answers, and is read.
    desktop = await browser.new_context(viewport={"width": 1440, "height": 900})
    console = await desktop.new_page()
    crashes: list[str] = []
    console.on("pageerror", lambda error: crashes.append(str(error)))
    await log_in(console, product, product.staff("merchant_agent", order["merchant_id"]))
    await console.get_by_role("button", name="接入").first.click()
    await expect(
        console.get_by_label("会话", exact=True).get_by_text("鞋面裂了一道口子", exact=False)
    ).to_be_visible()
    case = console.get_by_label("订单和工单")
    await expect(case.get_by_text("鞋面裂了一道口子", exact=False).first).to_be_visible()  # the brief
    await case.get_by_role("tab", name="工单").click()
    case = case.get_by_role("tabpanel", name="工单")
    await expect(case.get_by_text("破损近照").first).to_be_visible()
    reply = console.get_by_label("回复", exact=True)
    await reply.fill("您好，照片看到了，给您办退货退款，运费我们承担。")
    await reply.press("Enter")
    await expect(widget.get_by_text("给您办退货退款", exact=False)).to_be_visible()
    await console.screenshot(path=SHOTS / "console-desktop.png")

    # The ticket: accepted, agreed to, done.
    await case.get_by_role("button", name="受理").first.click()
    await console.get_by_role("dialog").get_by_role("button", name="确认").click()
    await case.get_by_role("button", name="同意消费者的诉求").click()
    dialog = console.get_by_role("dialog")
    await dialog.get_by_label("说明").fill("照片清楚，确为到货破损")
    await console.screenshot(path=SHOTS / "console-step.png")
    await dialog.get_by_role("button", name="确认").click()

    # The consumer sends it back and says by which waybill; the merchant has it, and the money goes by itself.
    await expect(widget.get_by_text("您的诉求已同意", exact=False).first).to_be_visible()
    await widget.get_by_role("button", name="我的工单").click()
    drawer = widget.get_by_role("dialog", name="我的工单")
    await drawer.get_by_role("button", name="填写寄回运单号").click()
    await shop.screenshot(path=SHOTS / "widget-send-back-phone.png")
    await drawer.get_by_label("快递公司").fill("顺丰速运")
    await drawer.get_by_label("运单号", exact=True).fill("SF1029384756")
    await drawer.get_by_role("button", name="提交", exact=True).click()
    await expect(drawer.get_by_text("待收货", exact=True).first).to_be_visible()
    await drawer.get_by_role("button", name="关闭").click()
    await case.get_by_role("button", name="已收到退回的商品").click()
    await console.get_by_role("dialog").get_by_role("button", name="确认").click()
    await expect(case.get_by_text("完结", exact=True).first).to_be_visible()
    await expect(widget.get_by_text("工单完结", exact=False).first).to_be_visible()
    await console.screenshot(path=SHOTS / "console-closed.png")

    assert crashes == []

    # The consumer sees it in his list and rates it.
    await widget.get_by_role("button", name="我的工单").click()
    drawer = widget.get_by_role("dialog", name="我的工单")
    await expect(drawer.get_by_text("完结", exact=True).first).to_be_visible()
    await drawer.get_by_role("button", name="5 星").first.click()
    await expect(drawer.get_by_text("★★★★★").first).to_be_visible()
    await shop.screenshot(path=SHOTS / "widget-tickets-phone.png")


async def test_what_is_typed_offline_is_sent_once_when_the_network_is_back(
    product: Product, browser: Browser
) -> None:
    expect.set_options(timeout=15_000)
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await page.goto(f"{product.url}/widget/")
    box = page.get_by_label("输入消息")
    await expect(page.get_by_text("智能助手").first).to_be_visible()
    await box.fill("你好")
    await box.press("Enter")
    await expect(page.get_by_text("你好", exact=True)).to_have_count(1)
    await expect(page.get_by_text("发送中", exact=False)).to_have_count(0)
    await context.set_offline(True)
    await box.fill("断网时打的一句话，帮我查下进度")
    await box.press("Enter")
    await expect(page.get_by_role("button", name="重发")).to_be_visible()
    await context.set_offline(False)
    await expect(page.get_by_role("button", name="重发")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_text("断网时打的一句话", exact=False)).to_have_count(1)
    await page.screenshot(path=SHOTS / "widget-desktop.png")


async def test_the_pages_load_nothing_from_elsewhere_and_run_no_inline_script(
    product: Product, browser: Browser
) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    asked, problems = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    for path in ("/shop/", "/widget/", "/console/", "/docs/"):
        await page.goto(product.url + path)
        await page.wait_for_load_state("networkidle")
        await page.screenshot(path=SHOTS / f"page-{path.strip('/')}.png")
    assert [url for url in asked if not url.startswith((product.url, "data:", "blob:"))] == []
    assert [text for text in problems if "Content Security Policy" in text] == []
