# ruff: noqa: F811 -- fixtures that come from another module
"""What supervisors open: the live board, reports to take away, working hours; and what calls an agent who looks elsewhere."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from handoff import inbox, ownership
from kernel.clock import utcnow
from tests.journeys.busy import say
from tests.journeys.conftest import open_talk
from tests.journeys.house import House, api, at_the_desk, browser, house, open_mine  # noqa: F401
from tests.journeys.test_in_the_browser import CHROMIUM, SHOTS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no browser found: apt-get install chromium fonts-noto-cjk"),
]
# A page behind other windows, on a system that shows its notifications and plays its sounds where the test sees them.
BEHIND_OTHERS = """
Object.defineProperty(document, "hidden", { get: () => true });
window.shown = []; window.tones = 0;
window.Notification = class {
  static permission = "default";
  static async requestPermission() { Notification.permission = "granted"; return "granted"; }
  constructor(title, options) { window.shown.push({ title, ...options }); }
  close() {}
};
const tone = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.tones += 1; return tone.call(this); };
"""


def lead_of(house: House) -> str:
    found = next(one for one in house.demo["staff"] if one["role"] == "supervisor")
    return str(found["username"])


async def until(page: Page, condition: str) -> None:
    """Asks again and again: the page's own security policy forbids waiting for it inside the page."""
    for _ in range(80):
        if await page.evaluate(condition):
            return
        await page.wait_for_timeout(250)
    raise AssertionError(f"never: {condition}")


async def test_a_new_message_calls_an_agent_who_looks_elsewhere(house: House, browser: Browser) -> None:
    async with at_the_desk(house, browser, "platform1") as (page, _):
        await page.add_init_script(BEHIND_OTHERS)
        await page.reload()
        await expect(page.locator(".row").first).to_be_visible()
        await page.get_by_label("提醒方式").click()
        await page.get_by_text("桌面提醒（页面不在眼前时）").click()
        await page.keyboard.press("Escape")
        before = await page.evaluate("window.tones")
        await say(house.services, house.mine[4], "您还在吗，退款到哪一步了", utcnow())
        await until(page, "window.shown.some((one) => one.body.includes('退款到哪一步了'))")
        told = (await page.evaluate("window.shown")).pop()
        assert told["title"] == "消费者有新消息"
        assert told["tag"] == house.mine[4]
        await until(page, f"window.tones > {before}")


async def test_a_photo_of_the_thread_is_enlarged_and_put_away_by_a_key(
    house: House, browser: Browser
) -> None:
    async with at_the_desk(house, browser, "platform1") as (page, _):
        await open_mine(page)
        picture = page.locator(".thread .ant-image").first
        for _ in range(10):
            if await picture.count():
                break
            await page.keyboard.press("Alt+ArrowDown")
            await page.wait_for_timeout(400)
        small = await picture.locator("img").bounding_box()
        await picture.click()
        large = page.locator(".ant-image-preview-img, .ant-image-preview img").first
        await expect(large).to_be_visible()
        await page.wait_for_timeout(600)  # it grows
        box = await large.bounding_box()
        assert small and box and box["width"] > 2 * small["width"]
        assert await large.evaluate("(img) => img.complete && img.naturalWidth > 0")
        await page.screenshot(path=SHOTS / "desk-photo.png")
        await page.keyboard.press("Escape")
        await expect(large).to_be_hidden()


async def test_a_report_is_taken_away_as_csv(house: House, browser: Browser, tmp_path: Path) -> None:
    async with at_the_desk(house, browser, lead_of(house), accept_downloads=True) as (page, _):
        await page.get_by_role("tab", name="报表").click()
        async with page.expect_download() as coming:
            await page.get_by_role("link", name="下载 CSV").click()
        download = await coming.value
        assert download.suggested_filename.endswith(".csv")
        await download.save_as(tmp_path / "report.csv")
        raw = (tmp_path / "report.csv").read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf")  # so that a spreadsheet reads it as UTF-8
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
        assert len(rows) > 5
        assert any("首次响应" in cell for row in rows for cell in row)


async def test_the_board_follows_its_own_frames(house: House, browser: Browser) -> None:
    async with at_the_desk(house, browser, lead_of(house)) as (page, _):
        await page.route("**/api/v1/desk/board", lambda route: route.abort())  # it cannot be asked for
        await page.get_by_role("tab", name="实时看板").click()
        waiting = page.locator(".figures > *").filter(has_text="正在排队")
        await expect(waiting).to_contain_text("6")
        row = await inbox.open_conversation(
            house.services.db, None, consumer_id="late", consumer_name="晚到的", order_nos=None, channel="app",
            now=utcnow(),
        )  # fmt: skip
        await ownership.request_human(house.services.db, row["id"], "button", utcnow() - timedelta(minutes=1))
        await expect(waiting).to_contain_text("7")
        await page.screenshot(path=SHOTS / "board-live.png")
        await ownership.leave_queue(house.services.db, None, row["id"], utcnow())
        await expect(waiting).to_contain_text("6")


async def test_a_supervisor_sets_the_hours_and_consumers_are_told_them(
    house: House, browser: Browser
) -> None:
    local = utcnow() + timedelta(hours=8)
    later = "23:30" if local.hour < 23 else "00:00"
    async with at_the_desk(house, browser, lead_of(house)) as (page, _):
        await page.get_by_role("tab", name="工作时间").click()
        await expect(page.get_by_text("现在在工作时间")).to_be_visible()
        await page.screenshot(path=SHOTS / "hours-desktop.png")
        save = page.get_by_role("button", name="保存")
        await expect(save).to_be_disabled()
        for name in ("工作日", "休息日"):
            for place, value in (("开始", later), ("结束", "24:00" if later == "23:30" else "00:30")):
                await page.get_by_label(f"{name}第 1 段{place}").fill(value)
                await page.keyboard.press("Enter")
        await save.click()
        await expect(page.get_by_text("现在不在工作时间")).to_be_visible()
        await page.reload()
        await page.get_by_role("tab", name="工作时间").click()
        await expect(page.get_by_text("现在不在工作时间")).to_be_visible()
        await page.set_viewport_size({"width": 390, "height": 844})
        await page.get_by_role("button", name="加一个时段").first.click()
        await page.screenshot(path=SHOTS / "hours-phone.png")
        wide = await page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wide, "the page scrolls sideways on a phone"
    async with httpx.AsyncClient(base_url=house.settings.public_url, timeout=30) as http:
        talk = await open_talk(http, None)
        await talk.say("我要转人工")
        told = await talk.wait_for(lambda e: e["type"] == "owner_changed" and e["owner"] == "queued")
        assert later in told["text"]
    async with api(house, lead_of(house)) as lead:
        trail = (await lead.get("audit?kind=hours.changed"))["entries"]
        assert len(trail) == 1 and trail[0]["data"]["after"]["workdays"][0].startswith(later)
        wrong = await lead.http.put(
            "/api/v1/desk/hours", json={"workdays": ["18:00-09:00"], "days_off": []}, headers=lead.headers
        )
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "bad_hours")
