"""The control panel: the crib sheet beside a modal, and the switches."""

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.page.conftest import Open
from tests.page.server import FakeSlack
from tests.page.snapshot import text_input, view

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_the_panel_opens_and_closes_from_the_sidebar(page: Page) -> None:
    opener = page.get_by_role("navigation").get_by_role("button", name="ConnectWise control panel")
    await opener.click()
    drawer = page.get_by_role("complementary", name="ConnectWise control panel")
    await expect(drawer.get_by_text("127.0.0.1:41873")).to_be_visible()
    assert "panel=connectwise" in page.url
    await page.keyboard.press("Escape")
    await expect(drawer).to_be_hidden()
    await expect(opener).to_be_focused()


async def test_each_value_of_the_crib_sheet_can_be_copied(browser: Browser, slack: FakeSlack) -> None:
    context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = await context.new_page()
    await page.goto(f"{slack.url}/?panel=connectwise")
    await page.get_by_role("button", name="Copy Private key").click()
    await expect(page.get_by_text("Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == "Zx9Yw8Vu7Ts6Rq5P"
    await context.close()


async def test_other_shapes_of_crib_sheet_are_read_too(visit: Open, slack: FakeSlack) -> None:
    del slack.panel["crib"]
    slack.panel |= {
        "site": "a.test",
        "company": "acme",
        "credentials": {"public_key": "pub", "private_key": "priv"},
    }
    page = await visit("?panel=connectwise")
    await expect(page.locator(".crib dt")).to_have_text(["Site", "Company", "Public key", "Private key"])
    slack.panel["crib"] = [{"label": "Company ID", "value": "acme"}]
    await slack.change()
    await expect(page.locator(".crib-row")).to_have_count(1)


async def test_switches_are_posted_and_drawn_as_they_are_answered(visit: Open, slack: FakeSlack) -> None:
    page = await visit("?panel=connectwise")
    drawer = page.get_by_role("complementary", name="ConnectWise control panel")
    await drawer.get_by_label("Certificate").focus()
    await drawer.get_by_label("Certificate").select_option("expired")
    await expect(drawer.get_by_text("1 changed")).to_be_visible()
    await expect(drawer.get_by_label("Certificate")).to_be_focused()
    await drawer.get_by_role("switch", name="ConnectWise was upgraded").click()
    await expect(drawer.get_by_role("switch")).to_have_attribute("aria-checked", "true")
    await drawer.get_by_label("Latency").fill("2.5")
    await drawer.get_by_label("Latency").press("Tab")
    await expect(drawer.get_by_text("3 changed")).to_be_visible()
    await drawer.get_by_role("button", name="Reset").click()
    await expect(drawer.get_by_label("Certificate")).to_have_value("0")
    await expect(drawer.locator(".changed-note")).to_be_hidden()
    assert slack.acts("panel") == [
        {"type": "panel", "tls": "expired"},
        {"type": "panel", "upgraded": True},
        {"type": "panel", "latency": 2.5},
        {"type": "panel", "reset": True},
    ]


async def test_a_long_list_of_rows_is_filtered_and_ticked(visit: Open, slack: FakeSlack) -> None:
    page = await visit("?panel=connectwise")
    drawer = page.get_by_role("complementary", name="ConnectWise control panel")
    await drawer.get_by_text("Levels taken away").click()
    await expect(drawer.get_by_role("checkbox")).to_have_count(80)
    await drawer.get_by_label("Filter rows").fill("function 7")
    await expect(drawer.locator(".row:visible")).to_have_count(11)
    await drawer.get_by_label("Module 71 › Function 71").check()
    await expect(drawer.get_by_text("1 ticked")).to_be_visible()
    await drawer.get_by_label("Module 7 › Function 7", exact=True).check()
    await expect(drawer.get_by_text("2 ticked")).to_be_visible()
    await expect(drawer.locator(".row:visible")).to_have_count(11)
    await drawer.get_by_role("button", name="Untick all").click()
    await expect(drawer.locator(".rows-count")).to_have_text("none")
    assert [act["rights_missing"] for act in slack.acts("panel")] == [
        ["Module 71/Function 71"],
        ["Module 7/Function 7", "Module 71/Function 71"],
        [],
    ]


async def test_the_panel_works_beside_an_open_modal(page: Page, slack: FakeSlack) -> None:
    await slack.change(views=[view([text_input("Company ID", "c")])])
    await page.get_by_role("dialog").wait_for()
    await page.get_by_role("button", name="Controls").last.click()
    drawer = page.get_by_role("complementary", name="ConnectWise control panel")
    await expect(drawer.get_by_role("button", name="Reset")).to_be_focused()
    await drawer.get_by_label("Certificate").select_option("expired")
    modal, beside = await page.get_by_role("dialog").bounding_box(), await drawer.bounding_box()
    assert modal is not None
    assert beside is not None
    assert modal["x"] + modal["width"] <= beside["x"]
    await page.keyboard.press("F6")
    await page.get_by_role("dialog").get_by_label("Company ID").fill("northwind")
    await page.keyboard.press("F6")
    assert await drawer.evaluate("node => node.contains(document.activeElement)")
    await page.keyboard.press("Escape")
    await expect(drawer).to_be_hidden()
    await expect(page.get_by_role("dialog").get_by_label("Company ID")).to_have_value("northwind")


async def test_a_refused_switch_is_explained(visit: Open, slack: FakeSlack) -> None:
    page = await visit("?panel=connectwise")
    await page.get_by_label("Certificate").wait_for()

    async def refuse(route: Route) -> None:
        await route.fulfill(json={"ok": False, "error": "Latency is a number from 0 to 120."})

    await page.route("**/sandbox/panel/connectwise", refuse)
    await page.get_by_label("Latency").fill("999")
    await page.get_by_label("Latency").press("Tab")
    await expect(page.get_by_role("alert")).to_contain_text("Latency is a number from 0 to 120.")


async def test_the_latest_requests_are_listed(visit: Open) -> None:
    page = await visit("?panel=connectwise")
    await page.get_by_text("Latest requests").click()
    await expect(page.locator(".requests tr").first).to_contain_text("401")
    await expect(page.locator(".requests tr")).to_have_count(2)


async def test_a_panel_that_knows_no_reset_is_set_to_its_defaults(visit: Open, slack: FakeSlack) -> None:
    slack.panel["moods"][0]["value"] = "expired"
    page = await visit("?panel=connectwise")

    async def refuse_resets(route: Route) -> None:
        if route.request.method == "POST" and route.request.post_data_json == {"reset": True}:
            await route.fulfill(json={"ok": False, "error": "no switch called 'reset'"})
        else:
            await route.continue_()

    await page.route("**/sandbox/panel/connectwise", refuse_resets)
    await expect(page.get_by_text("1 changed")).to_be_visible()
    await page.get_by_role("button", name="Reset").click()
    await expect(page.locator(".changed-note")).to_be_hidden()
    defaults = {"tls": "good", "latency": 0, "upgraded": False, "rights_missing": []}
    assert slack.acts("panel") == [{"type": "panel", **defaults}]
