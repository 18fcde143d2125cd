"""A trainer edits what the bot says at the real page, and sees it in the widget itself before anybody else does."""

from playwright.async_api import Page, expect

from tests.curation.test_keyboard import database_url, page, pytestmark, services

__all__ = ["database_url", "page", "pytestmark", "services"]


async def test_a_reply_is_seen_in_the_widget_while_it_is_written(page: Page) -> None:
    await page.get_by_role("tab", name="话术").click()
    await page.locator(".wording-list button").filter(has_text="种说法").first.click()
    box = page.get_by_label("说法 1", exact=True)
    widget = page.frame_locator("iframe[title=预览]").first
    await box.fill("您好，照片收到了，这就给您登记。")
    await expect(widget.locator(".Bubble")).to_have_text("您好，照片收到了，这就给您登记。")
    await box.fill("照片收到了，谢谢您。")
    await expect(widget.locator(".Bubble")).to_have_text("照片收到了，谢谢您。")
    await expect(widget.get_by_label("输入消息")).to_be_hidden()  # nobody is talked to here
