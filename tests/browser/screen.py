"""What a person does on the page, by what is visible there."""

import re
from collections.abc import Mapping

from playwright.async_api import Locator, Page, expect

CHANNEL = "psa-setup"


class Screen:
    """The page of one person."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def modal(self) -> Locator:
        """The modal on top."""
        return self.page.get_by_role("dialog").last

    @property
    def thread(self) -> Locator:
        """The thread pane."""
        return self.page.get_by_role("complementary", name=re.compile("thread", re.IGNORECASE))

    async def type_command(self, text: str) -> None:
        """Into the channel's composer, by the keyboard."""
        box = self.page.get_by_label(f"Message #{CHANNEL}")
        await box.click()
        await box.press_sequentially(text)
        await self.page.keyboard.press("Escape")  # the completion, if it is open
        await self.page.keyboard.press("Enter")

    async def fill(self, fields: Mapping[str, str]) -> None:
        """Text fields of the modal, by a part of their labels."""
        for label, text in fields.items():
            await self.modal.get_by_label(re.compile(label)).fill(text)

    async def press(self, button: str) -> None:
        """A button of the modal."""
        await self.modal.get_by_role("button", name=button, exact=True).click()

    async def see_modal(self, title: str) -> None:
        """Wait for the modal of that title."""
        await expect(self.page.get_by_role("dialog", name=title).last).to_be_visible(timeout=30_000)

    async def open_thread(self) -> None:
        """By the card's "replies" link."""
        await self.page.get_by_role("button", name=re.compile(r"\d+ repl")).last.click()
        await expect(self.thread).to_be_visible()
