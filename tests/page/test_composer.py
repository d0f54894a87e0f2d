"""Writing: commands by the keyboard alone, plain messages, and what cannot be sent."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.page.conftest import Open
from tests.page.server import FakeSlack
from tests.page.snapshot import LONELY, OLD, SETUP, Json

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_a_command_is_completed_and_sent_by_the_keyboard_alone(page: Page, slack: FakeSlack) -> None:
    box = page.get_by_label("Message #psa-setup")
    await expect(box).to_be_focused()
    await page.keyboard.type("/cw")
    options = page.get_by_role("listbox", name="Commands").get_by_role("option")
    await expect(options).to_have_count(2)
    await expect(options.first).to_contain_text("Connect ConnectWise Manage")
    await page.keyboard.press("ArrowDown")
    await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    await expect(box).to_have_attribute(
        "aria-activedescendant", await options.nth(1).get_attribute("id") or ""
    )
    await page.keyboard.press("Tab")
    await expect(box).to_have_value("/cw-status ")
    await expect(options).to_have_count(0)
    await page.keyboard.type("all")
    await expect(page.locator(".command-hint")).to_contain_text("[name | all]")
    await page.keyboard.press("Enter")
    await expect(box).to_have_value("")
    assert (await slack.see(1)) == [
        {"user": "U1ADA", "type": "command", "channel": SETUP, "text": "/cw-status all"}
    ]


async def test_enter_completes_first_and_sends_what_is_complete(page: Page, slack: FakeSlack) -> None:
    box = page.get_by_label("Message #psa-setup")
    await box.type("/cw-se")
    await page.keyboard.press("Enter")
    await expect(box).to_have_value("/cw-setup ")
    assert slack.posted == []
    await page.keyboard.press("Enter")
    await expect(box).to_have_value("")
    assert (await slack.see(1))[0]["text"] == "/cw-setup"
    await box.type("/cw-setup")
    await page.keyboard.press("Enter")
    await expect(box).to_have_value("")
    assert len(await slack.see(2)) == 2


async def test_who_waits_for_an_answer_may_write_on(page: Page, slack: FakeSlack) -> None:
    answered = asyncio.Event()

    async def keep_waiting(payload: Json) -> Json | None:
        if payload["type"] == "command":
            await answered.wait()
            return {"ok": False, "error": "/cw-setup failed"}
        return None

    slack.react = keep_waiting
    box = page.get_by_label("Message #psa-setup")
    await box.fill("/cw-setup ")
    await page.keyboard.press("Enter")
    await slack.see(1)
    await box.fill("Ben, can you look?")
    await page.keyboard.press("Enter")
    await expect(box).to_have_value("")
    assert [it["text"] for it in await slack.see(2)] == ["/cw-setup", "Ben, can you look?"]
    await box.fill("and then")
    answered.set()
    await expect(page.get_by_text("/cw-setup failed")).to_be_visible()
    await expect(box).to_have_value("and then")


async def test_escape_closes_the_completion(page: Page) -> None:
    await page.get_by_label("Message #psa-setup").type("/")
    await expect(page.get_by_role("option")).to_have_count(3)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("option")).to_have_count(0)


async def test_an_unknown_command_is_not_sent(page: Page, slack: FakeSlack) -> None:
    await page.get_by_label("Message #psa-setup").type("/nonsense now")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("/nonsense is not a valid command")
    assert slack.posted == []


async def test_what_is_typed_goes_to_the_server_as_it_was_typed(page: Page, slack: FakeSlack) -> None:
    box = page.get_by_label("Message #psa-setup")
    await box.fill("a < b & c")
    await box.press("End")
    await box.press("Shift+Enter")
    await box.type("<!channel>")
    await page.get_by_role("button", name="Send now").click()
    await expect(box).to_have_value("")
    assert (await slack.see(1))[0] == {
        "user": "U1ADA",
        "type": "say",
        "channel": SETUP,
        "text": "a < b & c\n<!channel>",
        "thread_ts": None,
    }


async def test_a_refused_message_comes_back_into_the_box(page: Page, slack: FakeSlack) -> None:
    async def refuse(_payload: Json) -> Json:
        return {"ok": False, "error": "You can't post in this channel."}

    slack.react = refuse
    box = page.get_by_label("Message #psa-setup")
    await box.fill("hello")
    await box.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("You can't post in this channel.")
    await expect(box).to_have_value("hello")


async def test_the_app_is_invited_by_command_and_by_button(visit: Open, slack: FakeSlack) -> None:
    page = await visit(f"?channel={LONELY}")
    box = page.get_by_label("Message #helpdesk")
    await box.fill("/invite @CW Bot")
    await box.press("Enter")
    await expect(box).to_have_value("")
    await page.get_by_role("button", name="Invite CW Bot").click()
    await slack.change(channels=[{**it, "bot_is_member": True} for it in slack.state["channels"]])
    await expect(page.get_by_role("button", name="Invite CW Bot")).to_have_count(0)
    assert (await slack.see(2)) == [{"user": "U1ADA", "type": "invite", "channel": LONELY}] * 2


async def test_nothing_is_written_into_an_archived_channel(visit: Open, slack: FakeSlack) -> None:
    page = await visit(f"?channel={OLD}")
    await expect(page.get_by_label("Message #old-migration")).to_be_hidden()
    await page.get_by_role("button", name="Unarchive").click()
    await slack.change(channels=[{**it, "is_archived": False} for it in slack.state["channels"]])
    await expect(page.get_by_label("Message #old-migration")).to_be_visible()
    assert (await slack.see(1)) == [{"user": "U1ADA", "type": "unarchive", "channel": OLD}]
