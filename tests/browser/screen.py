"""What a person does on the page, by what is visible there."""

import contextlib
import re
from collections.abc import Mapping

from playwright.async_api import Locator, Page, expect

CHANNEL = "psa-setup"
PATIENCE_MS = 30_000

expect.set_options(timeout=PATIENCE_MS)


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

    @property
    def messages(self) -> Locator:
        """The messages of the channel on show, without the thread pane."""
        return self.page.get_by_role("log", name=re.compile("^Messages in")).get_by_role("article")

    @property
    def home(self) -> Locator:
        """The app's Home tab."""
        return self.page.get_by_role("tabpanel", name="Home")

    # --- going somewhere ---------------------------------------------------------------------------------------------

    async def open_channel(self, name: str = CHANNEL) -> None:
        """By the sidebar."""
        await self.page.get_by_role("button", name=re.compile(rf"^{re.escape(name)}\b")).first.click()
        await expect(self.page.get_by_label(re.compile(rf"^Message #?{re.escape(name)}"))).to_be_visible()

    async def open_home(self) -> None:
        """By the rail."""
        await self.page.get_by_role("button", name="App", exact=True).click()
        await expect(self.home).to_be_visible()

    async def open_thread(self, name: str = "Production") -> None:
        """By the "replies" link of an instance's card."""
        await self.card(name).get_by_role("button", name=re.compile(r"\d+ repl")).click()
        await expect(self.thread).to_be_visible()

    def card(self, name: str = "Production") -> Locator:
        """The newest card of an instance."""
        heading = self.page.get_by_role("heading", name=f"ConnectWise · {name}", exact=True)
        return self.messages.filter(has=heading).last

    def reply(self, number: int) -> Locator:
        """A step's message in the thread that is open."""
        title = self.page.locator("strong", has_text=re.compile(rf"^{number}\.\s"))
        return self.thread.get_by_role("article").filter(has=title).last

    # --- doing -------------------------------------------------------------------------------------------------------

    async def type_command(self, text: str, channel: str = CHANNEL) -> None:
        """Into the channel's composer, by the keyboard."""
        box = self.page.get_by_label(f"Message #{channel}")
        await box.click()
        await box.press_sequentially(text)
        await self.page.keyboard.press("Escape")  # the completion, if it is open
        await self.page.keyboard.press("Enter")

    async def fill(self, fields: Mapping[str, str]) -> None:
        """Text fields of the modal, by a part of their labels."""
        for label, text in fields.items():
            await self.modal.get_by_label(re.compile(label)).fill(text)

    async def choose(self, label: str, option: str, *, within: Locator | None = None) -> None:
        """An option of a select, found by typing."""
        box = (within or self.modal).get_by_label(label)
        await box.click()
        await box.fill(option)
        options = self.page.get_by_role("option", name=re.compile(re.escape(option)))
        await options.first.click()
        with contextlib.suppress(AssertionError):
            await expect(options).to_have_count(0, timeout=3000)
            return
        # The list was drawn anew under the click, and is still there.
        await options.first.click()
        await expect(options).to_have_count(0)

    async def press(self, button: str) -> None:
        """A button of the modal."""
        await self.modal.get_by_role("button", name=button, exact=True).click()

    async def press_in(self, place: Locator, button: str) -> None:
        """A button of a message or a place."""
        await place.get_by_role("button", name=button, exact=True).click()

    async def pick(self, place: Locator, entry: str) -> None:
        """An entry of the menu behind a message's or an instance's three dots."""
        await place.get_by_role("button", name="More options").click()
        await self.page.get_by_role("menuitem", name=entry, exact=True).click()

    async def pick_for_channel(self, entry: str) -> None:
        """An entry of the channel's own menu."""
        await self.page.get_by_role("button", name="Channel options").click()
        await self.page.get_by_role("menuitem", name=re.compile(entry)).click()

    async def close_modals(self) -> None:
        """By the keyboard, all of them."""
        while await self.page.get_by_role("dialog").count():
            title = await self.modal.get_attribute("aria-labelledby")
            # A window that still waits for its answer does not go, and shows so.
            await expect(self.page.locator("[role=dialog] [aria-busy]")).to_have_count(0)
            await self.page.keyboard.press("Escape")
            await expect(self.page.locator(f'[role=dialog][aria-labelledby="{title}"]')).to_have_count(0)

    # --- seeing ------------------------------------------------------------------------------------------------------

    async def see_modal(self, title: str) -> None:
        """Wait for the modal of that title."""
        await expect(self.page.get_by_role("dialog", name=title).last).to_be_visible()

    async def see_alone(self, text: str) -> None:
        """Wait for a message that only this person sees."""
        own = self.page.get_by_role("article").filter(has_text="Only visible to you")
        await expect(own.filter(has_text=text).last).to_be_visible()
