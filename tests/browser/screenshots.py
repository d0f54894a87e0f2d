"""Takes the pictures of the README from the sandbox's page: `make screenshots`.

Not a test: what is in the pictures is tested elsewhere; these only show it.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, expect

from bot.runtime.logging import configure_logging
from bot.sandbox.bench import OWN_HOST, Sandbox
from bot.sandbox.slack import Person, greet
from bot.sandbox.slack.model import Message
from tests.browser.screen import Screen
from tests.browser.test_team import fill_variables
from tests.journeys.steps import CHANNEL, connect_second, see_in_thread, see_status, see_whole_thread
from tests.page.chromium import launch_chromium

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "screenshots"
SIZE = {"width": 1280, "height": 820}
GAPS = ["Service Desk/Service Tickets/edit", "Project/Project Headers"]


class Photographer:
    """Plays the journey and takes a picture of each scene."""

    def __init__(self, sandbox: Sandbox, page: Page, theme: str) -> None:
        self._sandbox = sandbox
        self._page = page
        self._theme = theme
        self._screen = Screen(page)
        self._ben, self._ada, self._cleo = (sandbox.slack.person(it) for it in ("ben", "ada", "cleo"))

    async def play(self) -> None:
        """The journey."""
        await self._page.goto(f"{self._sandbox.slack.base_url}/?user={self._ben.id}&theme={self._theme}")
        await self._screen.open_channel()
        await self._prove_site()
        await self._hand_in_keys()
        await self._mend_together()
        await self._ask_status()
        await self._look_at_home()
        await self._choose_variables()

    async def _shoot(self, name: str) -> None:
        await self._page.mouse.move(2, 2)
        await self._page.wait_for_timeout(500)  # what fades in has faded in
        path = FOLDER / f"{name}{'' if self._theme == 'light' else '-dark'}.png"
        await self._page.screenshot(path=path)
        sys.stdout.write(f"· {path.name} {path.stat().st_size // 1024} KB\n")

    async def _prove_site(self) -> None:
        screen = self._screen
        await screen.type_command("/cw-setup")
        await screen.see_modal("Connect ConnectWise")
        await screen.choose("Site", "Own hostname")
        await screen.fill(
            {"Instance name": "Production", "Hostname": OWN_HOST, "Company ID": "brightwater-msp"}
        )
        await screen.modal.get_by_label("Yes, I have them here").check()
        await screen.press("Check & continue")
        error = screen.modal.get_by_text("does not know a company")
        await expect(error).to_be_visible()
        await error.scroll_into_view_if_needed()
        await self._shoot("modal")
        await screen.fill({"Company ID": self._sandbox.connectwise.crib()["Company ID"]})
        await screen.press("Check & continue")

    async def _hand_in_keys(self) -> None:
        screen, crib = self._screen, self._sandbox.connectwise.crib()
        await screen.see_modal("Enter API keys")
        self._sandbox.connectwise.set(rights_missing=GAPS)
        await screen.fill({label: crib[label] for label in ("API member ID", "Public key", "Private key")})
        await screen.press("Verify")
        await screen.see_modal("Almost there")
        await expect(screen.card()).to_contain_text("3 of 8")
        await self._shoot("verdict")
        await screen.close_modals()

    async def _mend_together(self) -> None:
        screen, ada = self._screen, self._ada
        parent = await see_whole_thread(ada)
        self._sandbox.connectwise.reset()
        await ada.click("Done", message=_reply(ada, parent, 1))
        await see_in_thread(ada, "5 of 8")
        await ada.select("Hand over", "cleo", message=_reply(ada, parent, 6))
        await expect(screen.card()).to_contain_text("@Cleo Marsh is on it")
        await screen.open_thread()
        await expect(screen.reply(5)).to_contain_text("verified by the API")
        await self._page.set_viewport_size({"width": 1400, "height": 900})
        await screen.reply(6).evaluate("node => node.scrollIntoView({ block: 'end' })")
        await self._shoot("thread")
        await self._page.set_viewport_size({"width": SIZE["width"], "height": SIZE["height"]})
        await self._cleo.click("Done", message=_reply(self._cleo, parent, 6))
        await expect(screen.card()).to_contain_text("6 of 8")
        await self._page.keyboard.press("Escape")

    async def _ask_status(self) -> None:
        self._sandbox.connectwise.set(rights_missing=GAPS)
        await self._screen.type_command("/cw-status Production")
        await see_status(self._ben, "Needs you")
        await self._screen.see_alone("Missing in the role")
        await self._shoot("status")

    async def _look_at_home(self) -> None:
        self._sandbox.connectwise.reset()
        await connect_second(self._sandbox, self._ada, "Sandbox EU")
        await see_in_thread(self._ben, "5 of 8", "Sandbox EU")
        await self._screen.open_home()
        await expect(self._screen.home).to_contain_text("Sandbox EU")
        await self._shoot("home")

    async def _choose_variables(self) -> None:
        screen = self._screen
        await screen.home.get_by_role("button", name="Variables").last.click()
        await screen.see_modal("Organization variables")
        await fill_variables(screen)
        await screen.modal.get_by_label("Board for tickets").scroll_into_view_if_needed()
        await self._shoot("variables")


def _reply(person: Person, parent: Message, number: int) -> Message:
    found = [it for it in person.thread(CHANNEL, parent.ts) if f"  {number}.  " in person.read(it)]
    return found[-1]


async def _take(theme: str) -> None:
    with tempfile.TemporaryDirectory(prefix="cw-shots-") as folder:
        sandbox = Sandbox(data_dir=Path(folder))
        configure_logging(level="ERROR", style="console", redactor=sandbox.redactor)
        greet(sandbox.slack.workspace)
        async with sandbox, launch_chromium() as browser:
            context = await browser.new_context(viewport=SIZE, reduced_motion="reduce")  # type: ignore[arg-type]
            await Photographer(sandbox, await context.new_page(), theme).play()
            await context.close()


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for chosen in ("light", "dark"):
        asyncio.run(_take(chosen))
