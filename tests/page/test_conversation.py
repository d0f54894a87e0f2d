"""Messages, threads, people, App Home: what is shown to whom, and what a click sends."""

import pytest
from playwright.async_api import Page, expect

from tests.page.conftest import Open
from tests.page.server import FakeSlack
from tests.page.snapshot import ADA, BEN, BOT, PRIVATE, ROOT, SETUP, SHARED, button, message, section

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_a_message_shows_who_when_and_that_it_was_edited(page: Page) -> None:
    card = page.locator(f'.message[data-ts="{ROOT}"]')
    await expect(card.locator(".author")).to_have_text("CW Bot")
    await expect(card.locator(".badge-app")).to_have_text("APP")
    await expect(card.locator("time.when")).to_have_text("1:48 PM")
    await expect(card.locator(".edited")).to_have_text("(edited)")
    await expect(card.get_by_role("heading")).to_have_text("🔌 Connecting ConnectWise: Northwind")
    await expect(card.locator(".mention-me")).to_have_text("@Ada Berg")
    await expect(card.get_by_role("link", name="open the guide")).to_have_attribute(
        "rel", "noopener noreferrer"
    )


async def test_an_ephemeral_message_says_who_sees_it_and_can_be_dismissed(
    page: Page, slack: FakeSlack
) -> None:
    note = page.locator(".message-ephemeral")
    await expect(note).to_contain_text("Only visible to you")
    await note.get_by_role("button", name="Dismiss message").click()
    await expect(note).to_have_count(0)
    assert (await slack.see_acts("delete_message"))[0]["channel"] == SETUP


async def test_a_thread_opens_beside_the_channel_is_answered_and_closes(page: Page, slack: FakeSlack) -> None:
    summary = page.get_by_role("button", name="4 replies")
    await expect(summary).to_contain_text("Last reply 6 minutes ago")
    await summary.click()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread.locator(".message")).to_have_count(5)
    await expect(thread.get_by_role("separator")).to_have_text("4 replies")
    await expect(page.get_by_role("log", name="Messages in psa-setup").locator(".message")).to_have_count(6)
    box = thread.get_by_label("Reply…")
    await expect(box).to_be_focused()
    await box.fill("On it.")
    await box.press("Enter")
    await expect(box).to_have_value("")
    assert slack.posted == [
        {"user": ADA, "type": "say", "channel": SETUP, "text": "On it.", "thread_ts": ROOT}
    ]
    reply = message(ADA, "On it.", 0, thread_ts=ROOT)
    await slack.change(messages={SETUP: [*slack.state["messages"][SETUP], reply]})
    await expect(thread.locator(".message")).to_have_count(6)
    assert f"thread={ROOT}" in page.url
    await page.keyboard.press("Escape")
    await expect(thread).to_be_hidden()
    await expect(summary).to_be_focused()


async def test_a_command_is_refused_in_a_thread_as_slack_refuses_it(visit: Open, slack: FakeSlack) -> None:
    page = await visit(f"?channel={SETUP}&thread={ROOT}")
    await page.get_by_label("Reply…").fill("/cw-status all")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("/cw-status is not supported in threads")
    assert slack.posted == []


async def test_a_button_sends_its_click_and_waits_visibly(page: Page, slack: FakeSlack) -> None:
    await page.get_by_role("button", name="Check again").click()
    await expect(page.get_by_role("button", name="Check again")).not_to_have_attribute("aria-busy", "true")
    (act,) = await slack.see_acts("click")
    assert act["container"] == {"channel": SETUP, "ts": ROOT}
    assert (act["block_id"], act["action_id"], act["value"]) == ("acts", "check", {"value": "i1"})


async def test_a_dangerous_button_asks_first(page: Page, slack: FakeSlack) -> None:
    remove = page.get_by_role("button", name="Remove", exact=True)
    await remove.click()
    question = page.get_by_role("alertdialog", name="Remove Northwind?")
    await expect(question).to_contain_text("The keys are destroyed. This cannot be undone.")
    await page.keyboard.press("Escape")
    await expect(remove).to_be_focused()
    await remove.click()
    await page.get_by_role("button", name="Keep it").click()
    assert slack.posted == []
    await remove.click()
    await expect(page.get_by_role("button", name="Remove it")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(question).to_have_count(0)
    await expect(remove).not_to_have_attribute("aria-busy", "true")
    assert [act["action_id"] for act in (await slack.see_acts("click"))] == ["remove"]


async def test_an_overflow_menu_is_driven_by_the_keyboard(page: Page, slack: FakeSlack) -> None:
    more = page.get_by_role("button", name="More options")
    await more.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menu")).to_have_count(0)
    await expect(more).to_be_focused()
    assert (await slack.see_acts("click"))[0]["value"]["selected_option"]["value"] == "default"


async def test_a_changed_message_keeps_the_focus_on_its_button(page: Page, slack: FakeSlack) -> None:
    check = page.get_by_role("button", name="Check again")
    await check.focus()
    messages = slack.state["messages"][SETUP]
    card = next(it for it in messages if it["ts"] == ROOT)
    card["blocks"] = [section("*6 of 8*", block_id="s"), *card["blocks"][2:]]
    await slack.change(messages={SETUP: messages})
    await expect(page.get_by_text("6 of 8")).to_be_visible()
    await expect(check).to_be_focused()


async def test_a_new_message_scrolls_into_sight(page: Page, slack: FakeSlack) -> None:
    tall = [
        message(BEN, "word\n" * 30, 2),
        message(BOT, "", 1, blocks=[section("The verdict.", block_id="v")]),
    ]
    await slack.change(messages={SETUP: [*slack.state["messages"][SETUP], *tall]})
    await expect(page.get_by_text("The verdict.")).to_be_in_viewport()


async def test_each_person_sees_what_is_theirs(page: Page, slack: FakeSlack) -> None:
    mine = message(BOT, "For Ben alone.", 1, ephemeral=True)
    slack.states[BEN] = {"messages": {SETUP: [mine]}, "channels": slack.state["channels"][:1]}
    await page.get_by_role("button", name="Switch person").click()
    await expect(page.get_by_role("menuitemradio", name="Ada Berg")).to_have_attribute("aria-checked", "true")
    await page.get_by_role("menuitemradio", name="Ben Okafor").click()
    await expect(page.get_by_text("For Ben alone.")).to_be_visible()
    await expect(page.get_by_role("button", name="ops-room")).to_have_count(0)
    assert f"user={BEN}" in page.url
    await page.get_by_label("Message #psa-setup").fill("It is me.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Message #psa-setup")).to_have_value("")
    assert (await slack.see(1))[-1]["user"] == BEN
    await page.reload()
    await expect(page.get_by_role("button", name="Signed in as Ben Okafor")).to_be_visible()


async def test_the_sidebar_tells_private_shared_and_unread_channels_apart(page: Page) -> None:
    await expect(page.get_by_role("button", name="ops-room (private)")).to_be_visible()
    shared = page.get_by_role("button", name="ext-contoso (shared with another company, unread)")
    await expect(shared.locator(".pill")).to_have_text("2")
    await shared.click()
    await expect(page.locator(".badge-team", has_text="Contoso Ltd")).to_be_visible()
    await expect(page.locator(".pill")).to_have_count(0)
    assert f"channel={SHARED}" in page.url


async def test_the_keyboard_walks_along_the_sidebar(page: Page) -> None:
    await page.get_by_role("button", name="psa-setup", exact=True).focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="ops-room").first).to_be_visible()
    assert f"channel={PRIVATE}" in page.url


async def test_opening_the_home_is_told_once_a_visit_and_its_buttons_work(
    page: Page, slack: FakeSlack
) -> None:
    await page.get_by_role("button", name="CW Bot", exact=True).click()
    await page.get_by_role("button", name="Connect another").click()
    await expect(page.get_by_role("button", name="Connect another")).not_to_have_attribute(
        "aria-busy", "true"
    )
    home = {
        "hash": "h2",
        "blocks": [section("All is well.", block_id="x", accessory=button("Again", "again"))],
    }
    await slack.change(home=home)
    await expect(page.get_by_text("All is well.")).to_be_visible()
    await page.get_by_role("tab", name="About").click()
    await expect(page.get_by_text("What works and what does not")).to_be_visible()
    await page.get_by_role("button", name="psa-setup", exact=True).click()
    await page.get_by_role("button", name="CW Bot", exact=True).click()
    await expect(page.get_by_text("All is well.")).to_be_visible()
    (click,) = await slack.see_acts("click")
    assert (click["container"], click["value"]) == ({"home": True}, {"value": "new"})
    assert len(await slack.see_acts("home", 2)) == 2


async def test_a_person_deletes_a_message_and_removes_the_app(page: Page, slack: FakeSlack) -> None:
    await page.locator(f'.message[data-ts="{ROOT}"]').hover()
    await page.locator(f'.message[data-ts="{ROOT}"]').get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Delete message…").click()
    await page.get_by_role("button", name="Channel options").click()
    await page.get_by_role("menuitem", name="Remove CW Bot from this channel").click()
    await page.get_by_role("button", name="Channel options").click()
    await page.get_by_role("menuitem", name="Archive channel").click()
    await expect(page.get_by_role("menu")).to_have_count(0)
    sent = [{name: act.get(name) for name in ("type", "channel", "ts")} for act in await slack.see(3)]
    assert sent == [
        {"type": "delete_message", "channel": SETUP, "ts": ROOT},
        {"type": "remove_bot", "channel": SETUP, "ts": None},
        {"type": "archive", "channel": SETUP, "ts": None},
    ]


async def test_every_button_has_a_name_and_every_field_a_label(page: Page) -> None:
    nameless = """() => [...document.querySelectorAll("button, a, input, textarea, select")]
        .filter((node) => !node.textContent.trim() && !node.ariaLabel && !node.labels?.length)
        .filter((node) => !node.getAttribute("aria-labelledby"))
        .map((node) => node.outerHTML)"""
    assert await page.evaluate(nameless) == []


async def test_a_link_to_a_message_stays_in_the_sandbox(page: Page, slack: FakeSlack) -> None:
    address = f"https://northwind-it.slack.com/archives/{SETUP}/p{ROOT.replace('.', '')}"
    blocks = [
        section(
            f"<{address}|Its thread>", block_id="t", accessory=button("Open the thread", "open", url=address)
        )
    ]
    await slack.change(messages={**slack.state["messages"], PRIVATE: [message(BOT, "", 1, blocks=blocks)]})
    thread = page.get_by_role("complementary", name="Thread")
    for opener in ("Its thread", "Open the thread"):
        await page.get_by_role("button", name="ops-room").click()
        await page.get_by_role("link", name=opener).click()
        await expect(thread.locator(".message")).to_have_count(5)
        await page.get_by_role("button", name="Close thread").click()
    assert len(page.context.pages) == 1
    assert [act["action_id"] for act in (await slack.see_acts("click"))] == ["open"]
