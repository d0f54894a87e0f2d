"""Modals: what is typed stays, errors stand under their fields, the focus stays inside and comes back."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.page.server import FakeSlack
from tests.page.snapshot import CLEO, SETUP, Json, mrkdwn, option, plain, section, text_input, view

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


def site(**more: Json) -> Json:
    options = [option("Europe", "eu"), option("North America", "na"), option("Own hostname…", "own")]
    element = {"type": "static_select", "action_id": "site_in", "options": options, **more}
    return {"type": "input", "block_id": "site", "label": plain("Site"), "element": element}


FORM = [
    section("Where is it?", block_id="s"),
    text_input("Instance name", "name", max_length=10),
    site(),
    text_input("Company ID", "company", hint=plain("The short one.")),
    text_input("Client ID", "client", optional=True, multiline=True),
]


async def show(slack: FakeSlack, page: Page, *views: Json) -> None:
    await slack.change(views=list(views))
    await expect(page.get_by_role("dialog")).to_have_count(1 if views else 0)


async def fill(page: Page) -> None:
    await page.get_by_label("Instance name").fill("Northwind")
    await page.get_by_label("Site").click()
    await page.get_by_role("option", name="North America").click()
    await page.get_by_label("Company ID").fill("nw <co> & sons")


async def test_a_submission_has_the_shape_of_slack_and_the_modal_closes(page: Page, slack: FakeSlack) -> None:
    async def close(_payload: Json) -> Json:
        slack.state["views"] = []
        return {"ok": True, "response_action": "close"}

    await show(slack, page, view(FORM))
    await expect(page.get_by_role("dialog", name="Connect ConnectWise")).to_be_visible()
    await fill(page)
    slack.react = close
    await page.get_by_role("button", name="Next").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    (act,) = await slack.see_acts("submit")
    assert act["user"] == "U1ADA"
    assert act["view_id"] == "V1"
    assert act["values"] == {
        "name": {"name_in": {"type": "plain_text_input", "value": "Northwind"}},
        "site": {"site_in": {"type": "static_select", "selected_option": option("North America", "na")}},
        "company": {"company_in": {"type": "plain_text_input", "value": "nw <co> & sons"}},
        "client": {"client_in": {"type": "plain_text_input", "value": None}},
    }


async def test_field_errors_stand_under_their_fields_and_keep_what_was_typed(
    page: Page, slack: FakeSlack
) -> None:
    errors = {"company": "This site does not know that company."}

    async def refuse(_payload: Json) -> Json:
        slack.state["views"] = [view(FORM, errors=errors)]
        return {"ok": False, "error": None, "response_action": "errors", "errors": errors}

    await show(slack, page, view(FORM))
    await fill(page)
    slack.react = refuse
    await page.get_by_role("button", name="Next").click()
    company = page.get_by_label("Company ID")
    await expect(page.locator(".field-error:visible")).to_have_text(errors["company"])
    await expect(company).to_be_focused()
    await expect(company).to_have_attribute("aria-invalid", "true")
    await expect(company).to_have_accessible_description(f"{errors['company']} The short one.")
    await expect(company).to_have_value("nw <co> & sons")
    await expect(page.get_by_label("Site")).to_have_value("North America")
    await expect(page.locator(".banner")).to_be_hidden()
    await company.press("End")
    await company.type("!")
    await expect(page.locator(".field-error:visible")).to_have_count(0)


async def test_slack_itself_refuses_what_is_missing_or_too_long(page: Page, slack: FakeSlack) -> None:
    await show(slack, page, view(FORM))
    await page.get_by_label("Instance name").fill("Northwind Traders")
    await page.get_by_role("button", name="Next").click()
    await expect(page.locator(".field-error:visible")).to_have_text(
        ["Please shorten this text to 10 characters or less.", *["Please complete this required field."] * 2]
    )
    await expect(page.get_by_label("Instance name")).to_be_focused()
    assert slack.acts("submit") == []


async def test_while_the_app_thinks_the_form_is_locked_and_shows_it(page: Page, slack: FakeSlack) -> None:
    answer = asyncio.Event()

    async def think(_payload: Json) -> Json:
        await answer.wait()
        return {"ok": False, "error": "We had some trouble connecting. Try again?"}

    await show(slack, page, view(FORM))
    await fill(page)
    slack.react = think
    await page.get_by_label("Company ID").press("Enter")
    await expect(page.locator(".spinner")).to_be_visible()
    await expect(page.get_by_role("button", name="Next")).to_be_disabled()
    await expect(page.get_by_label("Company ID")).to_be_disabled()
    await page.keyboard.press("Escape")
    answer.set()
    await expect(page.get_by_role("alert").filter(has_text="trouble connecting")).to_be_visible()
    await expect(page.get_by_label("Company ID")).to_be_enabled()
    await expect(page.get_by_label("Company ID")).to_be_focused()
    assert (len(await slack.see_acts("submit")), slack.acts("close")) == (1, [])


async def test_an_update_keeps_what_was_typed_where_ids_are_the_same(page: Page, slack: FakeSlack) -> None:
    await show(slack, page, view(FORM))
    await fill(page)
    renamed = {**FORM[3], "block_id": "company-2"}
    fresh = [section("Checked.", block_id="s"), FORM[1], site(initial_option=option("Europe", "eu")), renamed]
    await slack.change(views=[view(fresh, hash="2.b")])
    await expect(page.get_by_text("Checked.")).to_be_visible()
    await expect(page.get_by_label("Instance name")).to_have_value("Northwind")
    await expect(page.get_by_label("Site")).to_have_value("North America")
    await expect(page.get_by_label("Company ID")).to_have_value("")


async def test_news_of_the_workspace_leave_an_open_modal_and_its_focus_alone(
    page: Page, slack: FakeSlack
) -> None:
    await show(slack, page, view(FORM))
    company = page.get_by_label("Company ID")
    await company.type("north")
    handle = await company.element_handle()
    await slack.change(messages={})
    await expect(page.locator(".message")).to_have_count(0)
    await company.type("wind")
    assert handle is not None
    assert (
        await handle.evaluate("node => node.isConnected && node === document.activeElement && node.value")
        == "northwind"
    )


async def test_tab_stays_inside_the_modal_in_both_directions(page: Page, slack: FakeSlack) -> None:
    await show(slack, page, view(FORM))
    await expect(page.get_by_label("Instance name")).to_be_focused()
    visited = []
    for _ in range(9):
        await page.keyboard.press("Tab")
        visited.append(
            await page.evaluate(
                "!!document.activeElement.closest('.dialog') && document.activeElement.dataset.focus"
            )
        )
    assert all(visited)
    assert len(set(visited)) == 7
    await page.get_by_role("button", name="Close").focus()
    await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_role("button", name="Next")).to_be_focused()
    assert await page.locator("#app").evaluate("node => node.inert")


async def test_escape_closes_the_top_modal_and_the_focus_returns(page: Page, slack: FakeSlack) -> None:
    async def pop(payload: Json) -> None:
        if payload["type"] == "close":
            slack.state["views"] = slack.state["views"][:-1]

    slack.react = pop
    await page.get_by_role("button", name="Check again").focus()
    await show(slack, page, view(FORM))
    await page.get_by_label("Instance name").fill("Northwind")
    await slack.change(views=[view(FORM), view([text_input("Public key", "pub")], id="V2", title="Keys")])
    await expect(page.get_by_label("Public key")).to_be_focused()
    await expect(page.get_by_label("Instance name")).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(page.get_by_label("Instance name")).to_have_value("Northwind")
    await expect(page.get_by_label("Instance name")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Check again")).to_be_focused()
    assert [(act["view_id"], act["clear"]) for act in (await slack.see_acts("close", 2))] == [
        ("V2", False),
        ("V1", False),
    ]


async def test_the_cross_closes_the_whole_stack_and_back_closes_one(page: Page, slack: FakeSlack) -> None:
    await slack.change(
        views=[view(FORM), view([section("Two", block_id="t")], id="V2", submit=None, close="Back")]
    )
    await page.get_by_text("Two").wait_for()
    await expect(page.get_by_role("button", name="Next")).to_have_count(0)
    await page.get_by_role("dialog").get_by_role("button", name="Back").first.click()
    await page.get_by_role("button", name="Close").click()
    await page.wait_for_function("1")
    assert [act["clear"] for act in (await slack.see_acts("close", 2))] == [False, True]


async def test_a_value_from_the_server_survives_reloading_the_page(page: Page, slack: FakeSlack) -> None:
    values = {"company": {"company_in": {"type": "plain_text_input", "value": "northwind"}}}
    slack.state["views"] = [view(FORM, values=values, errors={"company": "Unknown."})]
    await page.reload()
    await expect(page.get_by_label("Company ID")).to_have_value("northwind")
    await expect(page.get_by_text("Unknown.")).to_be_visible()


async def test_a_button_in_a_modal_sends_the_state_of_the_form(page: Page, slack: FakeSlack) -> None:
    actions: Json = {
        "type": "actions",
        "block_id": "acts",
        "elements": [{"type": "button", "action_id": "peek", "text": plain("Preview"), "value": "v"}],
    }
    await show(slack, page, view([text_input("Filter", "f"), actions]))
    await page.get_by_label("Filter").fill("a=1")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_label("Filter")).to_have_value("a=1")
    (act,) = await slack.see_acts("click")
    assert act["container"] == {"view_id": "V1"}
    assert (act["block_id"], act["action_id"], act["value"]) == ("acts", "peek", {"value": "v"})
    assert act["values"] == {"f": {"f_in": {"type": "plain_text_input", "value": "a=1"}}}


async def test_an_input_that_dispatches_tells_the_app_at_once(page: Page, slack: FakeSlack) -> None:
    radios = {
        "type": "radio_buttons",
        "action_id": "keys_in",
        "options": [option("Yes", "y"), option("No", "n")],
    }
    block = {
        "type": "input",
        "block_id": "keys",
        "label": plain("Keys?"),
        "element": radios,
        "dispatch_action": True,
    }
    await show(slack, page, view([block]))
    await page.get_by_label("No").check()
    await expect(page.get_by_label("No")).to_be_checked()
    (act,) = await slack.see_acts("click")
    assert act["value"] == {"selected_option": option("No", "n")}


async def test_choices_keep_their_state_shapes(page: Page, slack: FakeSlack) -> None:
    boxes = {"type": "checkboxes", "action_id": "b", "options": [option("One", "1"), option("Two", "2")]}
    date = {"type": "datepicker", "action_id": "d", "initial_date": "2030-01-02"}
    channel = {"type": "conversations_select", "action_id": "c", "default_to_current_conversation": True}
    people = {"type": "multi_users_select", "action_id": "p", "initial_users": [CLEO]}
    named = {"boxes": boxes, "date": date, "channel": channel, "people": people}
    blocks = [
        {"type": "input", "block_id": name, "label": plain(name), "element": it} for name, it in named.items()
    ]
    await show(slack, page, view(blocks))
    await page.get_by_label("Two").check()
    await page.get_by_role("button", name="Next").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    (act,) = await slack.see_acts("submit")
    assert act["values"] == {
        "boxes": {"b": {"type": "checkboxes", "selected_options": [option("Two", "2")]}},
        "date": {"d": {"type": "datepicker", "selected_date": "2030-01-02"}},
        "channel": {"c": {"type": "conversations_select", "selected_conversation": SETUP}},
        "people": {"p": {"type": "multi_users_select", "selected_users": [CLEO]}},
    }


async def test_an_alert_block_and_focus_on_load(page: Page, slack: FakeSlack) -> None:
    alert = {"type": "alert", "level": "warning", "text": mrkdwn("Keys are *visible*.")}
    await show(slack, page, view([alert, text_input("A", "a"), text_input("B", "b", focus_on_load=True)]))
    await expect(page.get_by_role("note")).to_have_text("Keys are visible.")
    await expect(page.get_by_label("B", exact=True)).to_be_focused()
