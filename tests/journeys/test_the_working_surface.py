# ruff: noqa: F811 -- fixtures that come from another module
"""The desk's page as agents use it all day: forty conversations, by keys, through a dying service and a lost network."""

import asyncio

import pytest
from playwright.async_api import Browser, CDPSession, Page, expect

from handoff import notes
from kernel.clock import utcnow
from tests.journeys.busy import say
from tests.journeys.house import PATIENCE, House, api, at_the_desk, browser, house, open_mine, principal  # noqa: F401
from tests.journeys.test_in_the_browser import CHROMIUM, SHOTS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no browser found: apt-get install chromium fonts-noto-cjk"),
]


async def test_forty_conversations_stay_smooth_and_the_lists_hold_only_what_is_seen(
    house: House, browser: Browser
) -> None:
    async with at_the_desk(house, browser, "platform1") as (page, _):
        await expect(page.get_by_text("我的 40")).to_be_visible()
        assert await page.locator(".row").count() < 35  # the list is virtual
        await open_mine(page)
        await page.screenshot(path=SHOTS / "desk-forty.png")
        names: set[str] = set()
        cost = await Cost.of(page)
        for _ in range(39):
            await page.keyboard.press("Alt+ArrowDown")
            names.add(await page.locator(".thread > header strong").inner_text())
        await expect(page.get_by_label("回复", exact=True)).to_be_visible()
        switching = await cost.spent() / 39
        assert len(names) > 20
        box = page.get_by_label("回复", exact=True)
        await page.wait_for_timeout(1500)
        await cost.spent()
        words = "您好，我先核对一下发货记录，十分钟内告诉您结果，请您稍等片刻，前面的照片我都看到了" * 2
        await box.press_sequentially(words, delay=30)
        typing = await cost.spent() / len(words)
        print(
            f"the page's own work: {switching:.0f} ms to the next conversation, {typing:.1f} ms a key stroke"
        )
        assert switching < 250
        assert typing < 25
        await box.fill("")


class Cost:
    """What the page's main thread has really worked, in milliseconds of its own time: a busy machine counts not."""

    def __init__(self, session: CDPSession) -> None:
        self.session, self.before = session, 0.0

    @classmethod
    async def of(cls, page: Page) -> "Cost":
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable", {"timeDomain": "threadTicks"})
        made = cls(session)
        await made.spent()
        return made

    async def spent(self) -> float:
        """Since it was asked last."""
        found = await self.session.send("Performance.getMetrics")
        total = next(one["value"] for one in found["metrics"] if one["name"] == "TaskDuration") * 1000
        spent, self.before = total - self.before, total
        return float(spent)


async def test_nothing_is_lost_or_doubled_while_the_service_is_killed_and_the_network_goes(
    house: House, browser: Browser
) -> None:
    async with at_the_desk(house, browser, "platform1") as (page, context):
        await open_mine(page, 3)
        shown = page.get_by_label("会话", exact=True)
        name = await shown.locator("header strong").first.inner_text()
        async with api(house, "platform1") as desk:
            mine = (await desk.get("conversations?filter=mine&limit=200"))["conversations"]
        conversation = next(one["id"] for one in mine if one["consumer"]["name"] == name)
        await page.evaluate("window.sameLife = true")
        box = page.get_by_label("回复", exact=True)

        async def write(first: int, last: int) -> None:
            for number in range(first, last):
                await box.press_sequentially(f"连续第{number:02d}句", delay=10)
                await box.press("Enter")
                await asyncio.sleep(0.15)

        await write(1, 6)
        await asyncio.gather(write(6, 10), house.kill())
        await write(10, 13)
        await expect(page.get_by_text("连接断开，正在重连")).to_be_visible()
        await page.screenshot(path=SHOTS / "desk-service-away.png")
        restarting = asyncio.create_task(house.restart())
        await write(13, 17)
        await restarting
        await say(house.services, conversation, "我在断线的时候说了一句", utcnow())
        await expect(page.get_by_text("连接断开，正在重连")).to_have_count(0)
        await context.set_offline(True)
        await write(17, 20)
        await box.press_sequentially("还没打完的半句", delay=10)
        await context.set_offline(False)

        await expect(page.get_by_text("发送中", exact=False)).to_have_count(0)
        await expect(shown.get_by_text("我在断线的时候说了一句")).to_have_count(1)
        await expect(shown.get_by_text("连续第19句")).to_be_visible()
        assert await box.input_value() == "还没打完的半句"
        assert await page.evaluate("window.sameLife") is True  # the page was never loaded again
        async with api(house, "platform1") as desk:
            events = (await desk.get(f"conversations/{conversation}/events?limit=200"))["events"]
        texts = [e["message"]["text"] for e in events if e["type"] == "message"]
        assert [text for text in texts if text.startswith("连续")] == [
            f"连续第{n:02d}句" for n in range(1, 20)
        ]
        await page.reload()
        await open_draft(page, name)
        await expect(page.get_by_label("回复", exact=True)).to_have_value("还没打完的半句")


async def open_draft(page: Page, name: str) -> None:
    await page.get_by_label("查找会话").fill(name)
    await page.get_by_role("group", name=name, exact=True).first.click()
    await expect(page.get_by_label("会话", exact=True)).to_be_visible()


async def test_an_agent_works_by_keys_with_marks_promises_notes_and_canned_replies(
    house: House, browser: Browser
) -> None:
    async with at_the_desk(house, browser, "platform1") as (page, _):
        await open_mine(page, 6)
        thread, case = page.get_by_label("会话", exact=True), page.get_by_label("订单和工单")
        box = page.get_by_label("回复", exact=True)

        # A canned reply by its initials, filled for this consumer.
        name = await thread.locator("header strong").first.inner_text()
        await box.fill("/jdkc")
        await expect(page.get_by_role("option").first).to_contain_text("接待开场")
        await page.screenshot(path=SHOTS / "desk-canned.png")
        await box.press("Enter")
        await expect(box).to_have_value(f"{name}您好，我是周宁，您前面说的和照片我都看到了，不用再说一遍。")
        await box.press("Enter")
        await expect(thread.locator(".message.agent").last).to_contain_text("我是周宁")

        # Stiff words are marked with the better ones; the first Enter stops, the second sends. A promise is entered.
        await box.fill("没办法，明天18点前给您回复")
        await box.press("Enter")
        await expect(page.get_by_text("再按一次 Enter 照原样发送", exact=False)).to_be_visible()
        await expect(page.locator(".mark.shirk")).to_contain_text("目前能做的有A、B")
        await page.screenshot(path=SHOTS / "desk-marks.png")
        await page.get_by_role("button", name="改成「目前能做的有A、B」").click()
        await expect(box).to_have_value("目前能做的有A、B，明天18点前给您回复")
        await box.press("Enter")
        await expect(thread.locator(".message.agent").last).to_contain_text("明天18点前给您回复")
        await case.get_by_role("tab", name="承诺").click()
        await expect(case.get_by_text("待兑现").last).to_be_visible()
        await page.screenshot(path=SHOTS / "desk-promises.png")

        # A note in another colour, among the lines; the consumer's record does not have it.
        await page.keyboard.press("Alt+n")
        note = page.get_by_role("textbox", name="备注")
        await note.fill("仓库说这批货有问题")
        await note.press("Enter")
        await expect(thread.locator(".note p").last).to_have_text("仓库说这批货有问题")
        await page.screenshot(path=SHOTS / "desk-note.png")

        # A call by phone becomes a line of the record.
        await page.keyboard.press("Alt+l")
        await page.get_by_label("说了什么").fill("电话里确认换大一码，今天寄出")
        await page.get_by_role("button", name="记入沟通记录").click()
        await expect(thread.locator(".spoken")).to_contain_text("电话里确认换大一码")
        await page.screenshot(path=SHOTS / "desk-spoken.png")

        await page.locator(".top > strong").click()
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog").get_by_text("转回智能助手")).to_be_visible()
        await page.screenshot(path=SHOTS / "desk-keys.png")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Alt+t")
        await expect(page.get_by_role("dialog").get_by_text("转接给谁？")).to_be_visible()
        await page.keyboard.press("Escape")


async def test_a_supervisors_whisper_reaches_the_agent_and_nobody_else(
    house: House, browser: Browser
) -> None:
    async with at_the_desk(house, browser, "platform1") as (page, _):
        await open_mine(page, 2)
        name = await page.locator(".thread > header strong").inner_text()
        async with api(house, "lead") as lead:
            every = (await lead.get("conversations?filter=all&limit=200"))["conversations"]
            conversation = next(one["id"] for one in every if one["consumer"]["name"] == name)
            await notes.write(
                house.services.db, None, conversation, principal(lead.agent), client_msg_id="w", text="先问有没有受伤", kind="whisper", to=None, now=utcnow()
            )  # fmt: skip
            # as its own process did not say it, the page has it after the next look
            await lead.post(
                f"conversations/{conversation}/notes",
                201,
                client_msg_id="w2",
                text="再核对面单",
                kind="whisper",
            )
        await expect(page.locator(".note.whisper p").last).to_have_text("再核对面单")
        await page.screenshot(path=SHOTS / "desk-whisper.png")


async def test_an_offer_counts_down_and_is_taken_by_a_key(house: House, browser: Browser) -> None:
    async with at_the_desk(house, browser, "platform2") as (page, _):
        offer = page.locator(".offers section").first
        await expect(offer).to_be_visible()
        await page.screenshot(path=SHOTS / "desk-offer.png")
        name = await offer.locator("strong").inner_text()
        await page.keyboard.press("Alt+a")
        await expect(page.locator(".thread > header strong")).to_have_text(name)
        await expect(page.get_by_label("回复", exact=True)).to_be_visible()


async def test_a_supervisor_whispers_and_reassigns_from_the_board(house: House, browser: Browser) -> None:
    async with at_the_desk(house, browser, "lead") as (page, _):
        await page.get_by_role("tab", name="实时看板").click()
        more = page.get_by_role("button", name="大橙子：更多").first
        await more.click()
        await page.get_by_role("menuitem", name="悄悄提示").click()
        await page.get_by_label("提示", exact=True).fill("先问换码还是退")
        await page.screenshot(path=SHOTS / "desk-board-whisper.png")
        await page.get_by_role("button", name="发给同事").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await more.click()
        await page.get_by_role("menuitem", name="改派").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("combobox").fill("吴越")
        await page.keyboard.press("Enter")
        await dialog.get_by_label("原因").fill("周宁已经接了四十个")
        await dialog.get_by_role("button", name="改派", exact=True).click()
        await expect(
            page.get_by_text("平台 · 吴越", exact=False).or_(page.get_by_text("· 吴越", exact=False)).first
        ).to_be_visible()
    async with api(house, "lead") as desk:
        every = (await desk.get("conversations?filter=all&limit=200"))["conversations"]
        moved = next(one for one in every if one["consumer"]["name"] == "大橙子")
        assert moved["agent"]["name"] == "吴越"
        kinds = [one["text"] for one in (await desk.get(f"conversations/{moved['id']}/notes"))["notes"]]
        assert "先问换码还是退" in kinds


@pytest.mark.parametrize("width", ["desktop", "phone"])
async def test_every_page_opens_for_a_supervisor(house: House, browser: Browser, width: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    expect.set_options(timeout=PATIENCE)
    context = await browser.new_context(
        **(phone if width == "phone" else {"viewport": {"width": 1440, "height": 900}})
    )  # type: ignore[arg-type]
    page = await context.new_page()
    crashes: list[str] = []
    page.on("pageerror", lambda error: crashes.append(str(error)))
    person = house.person("lead")
    await page.goto(f"{house.settings.public_url}/console/")
    await page.get_by_label("用户名").fill(person["username"])
    await page.get_by_label("密码", exact=True).fill(person["password"])
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_label("会话列表")).to_be_visible()
    for name, sign in (
        ("常用语", "新增常用语"),
        ("实时看板", "在线坐席"),
        ("报表", "下载 CSV"),
        ("审计", "做了什么"),
    ):
        await page.get_by_role("tab", name=name).first.evaluate("tab => tab.click()")
        await expect(page.get_by_text(sign).first).to_be_visible()
        await page.wait_for_timeout(800)
        await page.screenshot(path=SHOTS / f"desk-{name}-{width}.png")
        overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{name} is wider than the screen by {overflow} px"
    assert crashes == []
    await context.close()
