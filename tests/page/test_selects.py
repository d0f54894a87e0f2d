"""Selects of every kind, by mouse and by keyboard, in modals and messages."""

import pytest
from playwright.async_api import Page, expect

from tests.page.conftest import Open
from tests.page.server import FakeSlack
from tests.page.snapshot import BEN, CLEO, PRIVATE, SHARED, Json, option, plain, view

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


def field(label: str, kind: str, **element: object) -> Json:
    return {
        "type": "input",
        "block_id": "f",
        "label": plain(label),
        "element": {"type": kind, "action_id": "a", **element},
    }


async def submitted(page: Page, slack: FakeSlack) -> Json:
    await page.get_by_role("button", name="Next").click()
    await expect(page.locator("form[aria-busy]")).to_have_count(0)
    state: Json = (await slack.see_acts("submit"))[-1]["values"]["f"]["a"]
    return state


async def test_a_select_is_filtered_and_chosen_by_the_keyboard(page: Page, slack: FakeSlack) -> None:
    groups = [
        {"label": plain("Cloud"), "options": [option("North America", "na"), option("Europe", "eu")]},
        {"label": plain("Other"), "options": [option("Own hostname…", "own")]},
    ]
    await slack.change(views=[view([field("Site", "static_select", option_groups=groups)])])
    box = page.get_by_label("Site")
    await expect(box).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("option")).to_have_count(3)
    await expect(page.get_by_role("group", name="Other")).to_be_visible()
    await page.keyboard.type("own")
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(box).to_have_value("Own hostname…")
    await expect(box).to_have_attribute("aria-expanded", "false")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Escape")
    await expect(box).to_have_value("Own hostname…")
    assert await submitted(page, slack) == {
        "type": "static_select",
        "selected_option": option("Own hostname…", "own"),
    }
    assert slack.acts("close") == []


async def test_text_that_matches_nothing_says_so_and_changes_nothing(page: Page, slack: FakeSlack) -> None:
    await slack.change(views=[view([field("Site", "static_select", options=[option("Europe", "eu")])])])
    await page.get_by_label("Site").fill("mars")
    await expect(page.get_by_text("No matching results")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("Site")).to_have_value("")


async def test_a_person_is_chosen_by_name(page: Page, slack: FakeSlack) -> None:
    await slack.change(views=[view([field("Owner", "users_select")])])
    await page.get_by_label("Owner").fill("cleo")
    await page.get_by_role("option", name="Cleo Marsh").click()
    assert await submitted(page, slack) == {"type": "users_select", "selected_user": CLEO}


async def test_conversations_obey_their_filter(page: Page, slack: FakeSlack) -> None:
    only = {"include": ["private", "public"], "exclude_external_shared_channels": True}
    await slack.change(views=[view([field("Channel", "conversations_select", filter=only)])])
    await page.get_by_label("Channel").click()
    await expect(page.get_by_role("option")).to_have_text(["psa-setup", "ops-room", "helpdesk"])
    await page.get_by_role("option", name="ops-room").click()
    assert await submitted(page, slack) == {"type": "conversations_select", "selected_conversation": PRIVATE}


async def test_several_are_chosen_limited_and_taken_back(page: Page, slack: FakeSlack) -> None:
    options = [option(name, name) for name in ("A1", "B2", "C3")]
    await slack.change(
        views=[view([field("Boards", "multi_static_select", options=options, max_selected_items=2)])]
    )
    box = page.get_by_label("Boards")
    await box.click()
    for name in ("A1", "B2", "C3"):
        await page.get_by_role("option", name=name).click()
    await page.keyboard.press("Escape")
    await expect(page.locator(".chip-text")).to_have_text(["A1", "B2"])
    await page.get_by_role("button", name="Remove A1").click()
    await expect(page.locator(".chip-text")).to_have_text(["B2"])
    assert await submitted(page, slack) == {
        "type": "multi_static_select",
        "selected_options": [option("B2", "B2")],
    }


# Letter by letter without a pause, however busy the machine is.
TYPE = """(box, text) => {
    for (let end = 1; end <= text.length; end++) {
        box.value = text.slice(0, end);
        box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
}"""


async def test_an_external_select_asks_once_the_typing_pauses(page: Page, slack: FakeSlack) -> None:
    async def suggest(payload: Json) -> Json | None:
        if payload["type"] != "suggest":
            return None
        return {"options": [option(f"{payload['text']} {number}", str(number)) for number in (1, 2)]}

    slack.react = suggest
    await slack.change(views=[view([field("Board", "external_select", min_query_length=2)])])
    box = page.get_by_label("Board")
    await box.click()
    await expect(page.get_by_text("Type at least 2 characters to search")).to_be_visible()
    await box.evaluate(TYPE, "help")
    await page.get_by_role("option", name="help 2").click()
    assert await submitted(page, slack) == {
        "type": "external_select",
        "selected_option": option("help 2", "2"),
    }
    (ask,) = await slack.see_acts("suggest")
    assert (ask["container"], ask["block_id"], ask["text"]) == ({"view_id": "V1"}, "f", "help")


async def test_an_optional_choice_can_be_taken_back(page: Page, slack: FakeSlack) -> None:
    block = {**field("Owner", "users_select", initial_user=BEN), "optional": True}
    await slack.change(views=[view([block])])
    await expect(page.get_by_label("Owner")).to_have_value("Ben Okafor")
    await page.get_by_role("button", name="Clear").click()
    assert await submitted(page, slack) == {"type": "users_select", "selected_user": None}


async def test_a_choice_in_a_message_is_told_at_once(visit: Open, slack: FakeSlack) -> None:
    page = await visit(f"?channel={PRIVATE}")
    await page.get_by_role("combobox", name="Choose a person").click()
    await page.get_by_role("option", name="Ben Okafor").click()
    await expect(page.get_by_role("combobox", name="Choose a person")).to_have_value("Ben Okafor")
    (act,) = await slack.see_acts("click")
    assert act["container"] == {"channel": PRIVATE, "ts": slack.state["messages"][PRIVATE][0]["ts"]}
    assert (act["block_id"], act["action_id"], act["value"]) == ("g3", "owner", {"selected_user": BEN})


async def test_shared_channels_can_be_chosen_where_nothing_forbids_it(page: Page, slack: FakeSlack) -> None:
    await slack.change(views=[view([field("Channel", "channels_select", initial_channel=SHARED)])])
    await expect(page.get_by_label("Channel")).to_have_value("ext-contoso")
