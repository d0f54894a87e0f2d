"""Takes the pictures of the README from the sandbox's page: `make screenshots`.

Not a test: what is in the pictures is tested elsewhere; these only show it.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page

from bot.runtime.logging import configure_logging
from bot.sandbox.bench import OWN_HOST, Sandbox
from bot.sandbox.slack import greet
from tests.browser.screen import CHANNEL, Screen
from tests.page.chromium import launch_chromium

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "screenshots"


class Photographer:
    """Plays the journey and takes a picture of each scene."""

    def __init__(self, sandbox: Sandbox, page: Page, theme: str) -> None:
        self._sandbox = sandbox
        self._page = page
        self._suffix = "" if theme == "light" else f"-{theme}"
        self._theme = theme
        self._screen = Screen(page)

    async def visit(self, name: str) -> None:
        """The page as somebody."""
        user = self._sandbox.slack.person(name).id
        await self._page.goto(f"{self._sandbox.slack.base_url}/?user={user}&theme={self._theme}")
        link = self._page.get_by_role("link", name=CHANNEL).or_(
            self._page.get_by_role("button", name=CHANNEL)
        )
        await link.first.click()

    async def shoot(self, name: str) -> None:
        """A picture."""
        await self._page.wait_for_timeout(400)
        path = FOLDER / f"{name}{self._suffix}.png"
        await self._page.screenshot(path=path)
        sys.stdout.write(f"· {path.name}\n")

    async def play(self) -> None:
        """The journey."""
        screen, crib = self._screen, self._sandbox.connectwise.crib()
        await self.visit("ben")
        await screen.type_command("/cw-setup")
        await screen.see_modal("Connect ConnectWise")
        await screen.fill(
            {"Instance name": "Production", "Hostname": OWN_HOST, "Company ID": "brightwater-msp"}
        )
        await screen.modal.get_by_label("Yes, I have them here").check()
        await screen.press("Check & continue")
        await screen.modal.get_by_text("does not know a company").wait_for()
        await screen.modal.get_by_text("does not know a company").scroll_into_view_if_needed()
        await self.shoot("modal")
        await screen.fill({"Company ID": crib["Company ID"]})
        await screen.press("Check & continue")
        await screen.see_modal("Enter API keys")
        await self.shoot("keys")
        self._sandbox.connectwise.set(
            rights_missing=["Service Desk/Service Tickets/edit", "Project/Project Headers"]
        )
        await screen.fill({label: crib[label] for label in ("API member ID", "Public key", "Private key")})
        await screen.press("Verify")
        await screen.see_modal("Almost there")
        await self.shoot("verdict")
        await self._page.keyboard.press("Escape")
        await self._page.wait_for_timeout(2500)
        await screen.open_thread()
        await self.shoot("thread-role-gap")
        self._sandbox.connectwise.reset()
        await screen.thread.get_by_role("button", name="Check now").first.click()
        await screen.thread.get_by_text("5 of 8").first.wait_for()
        await self._page.wait_for_timeout(2500)
        await self.shoot("thread")
        await screen.type_command("/cw-status Production")
        await self._page.wait_for_timeout(2500)
        await self.shoot("status")


async def _take(theme: str) -> None:
    with tempfile.TemporaryDirectory(prefix="cw-shots-") as folder:
        sandbox = Sandbox(data_dir=Path(folder))
        configure_logging(level="ERROR", style="console", redactor=sandbox.redactor)
        greet(sandbox.slack.workspace)
        async with sandbox, launch_chromium() as browser:
            context = await browser.new_context(
                viewport={"width": 1360, "height": 900}, reduced_motion="reduce"
            )
            context.set_default_timeout(20_000)
            await Photographer(sandbox, await context.new_page(), theme).play()
            await context.close()


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for chosen in ("light", "dark"):
        asyncio.run(_take(chosen))
