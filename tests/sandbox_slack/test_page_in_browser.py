"""The page and the server together, as somebody trying the bot out has them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.slack import SlackServer
from tests.page.chromium import launch_chromium
from tests.sandbox_slack.app import Data, FakeApp, actions, button, modal, option, plain, section, typed

pytestmark = pytest.mark.browser

SITES = {
    "type": "input",
    "block_id": "site",
    "label": plain("Site"),
    "element": {"type": "static_select", "action_id": "x", "options": [option("Europe"), option("Asia")]},
}


@pytest.fixture
async def page(slack: SlackServer) -> AsyncIterator[Page]:
    troubles: list[str] = []
    async with launch_chromium() as browser:
        page = await browser.new_page()
        page.set_default_timeout(5000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await page.goto(slack.base_url)
        yield page
    assert troubles == []


async def test_a_setup_is_played_through_in_the_browser(app: FakeApp, page: Page, slack: SlackServer) -> None:
    answers: list[Data] = [{"response_action": "errors", "errors": {"name": "That name is taken."}}]

    async def opened(form: Data) -> None:
        await app.client.views_open(trigger_id=form["trigger_id"], view=modal(typed("Name", "name"), SITES))

    async def judged(payload: Data) -> Data | None:
        if answers:
            return answers.pop()
        name = payload["view"]["state"]["values"]["name"]["typed"]["value"]
        blocks = [section(f"*{name}* is connected"), actions(button("Check again", "again"))]
        await app.client.chat_postMessage(channel="C0PSASETUP", text=f"{name} is connected", blocks=blocks)
        return None

    app.on |= {"command": opened, "view_submission": judged}
    await page.get_by_label("Message #psa-setup").fill("/cw-setup")
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Main")
    await dialog.get_by_label("Site").click()
    await page.get_by_role("option", name="Asia").click()
    await dialog.get_by_role("button", name="Next").click()
    await expect(dialog.get_by_text("That name is taken.")).to_be_visible()
    await dialog.get_by_role("button", name="Next").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_text("Main is connected")).to_be_visible()
    await page.get_by_role("button", name="Check again").click()
    async with asyncio.timeout(20):
        while "block_actions" not in app.kinds():  # noqa: ASYNC110 - what the app got changes nothing in the workspace
            await asyncio.sleep(0.02)
    assert app.last("view_submission")["view"]["state"]["values"]["site"]["x"]["selected_option"] == option(
        "Asia"
    )
