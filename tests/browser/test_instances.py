"""What one does with instances on the page: from the dashboard and from `/cw-status`."""

import pytest
from playwright.async_api import expect

from bot.sandbox.bench import Sandbox
from tests.browser.conftest import Visit
from tests.journeys.steps import connect, connect_second, see_in_thread

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_the_dashboard_rotates_reveals_and_removes_beside_a_second_instance(
    sandbox: Sandbox, visit: Visit
) -> None:
    crib, ben = sandbox.connectwise.crib(), sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await ben.close_modal()
    await connect_second(sandbox, ben)
    await see_in_thread(ben, "5 of 8", "Sandbox")

    ada = await visit("ada")
    await ada.open_home()
    await expect(ada.home).to_contain_text("Production")
    await expect(ada.home).to_contain_text("Sandbox")
    await expect(ada.home).to_contain_text("Next: enter the same details in Rewst")

    await ada.home.get_by_role("button", name="Rotate keys…").first.click()
    await ada.see_modal("Rotate keys")
    await ada.fill({"Public key": crib["Second public key"], "Private key": "y" * 16})
    await ada.press("Verify")
    await expect(ada.modal.get_by_text("does not accept these keys")).to_be_visible()
    await ada.fill({"Private key": crib["Second private key"]})
    await ada.press("Verify")
    await ada.see_modal("Keys rotated")
    await expect(ada.modal.get_by_text("Now delete the old key in ConnectWise")).to_be_visible()
    await ada.close_modals()

    await ada.home.get_by_role("button", name="More options").first.click()
    await ada.page.get_by_role("menuitem", name="Reveal keys…").click()
    await ada.see_modal("Reveal keys")
    await ada.press("Show the keys")
    await expect(ada.modal.get_by_text(crib["Second private key"])).to_be_visible()
    await ada.press("Close and forget")
    await expect(ada.page.get_by_text(crib["Second private key"])).to_have_count(0)

    await ada.home.get_by_role("button", name="More options").first.click()
    await ada.page.get_by_role("menuitem", name="Remove…").click()
    await ada.see_modal("Remove instance")
    await ada.choose("Which one is the default from now on?", "Sandbox")
    await ada.fill({"Type its name to confirm": "Sandbox"})
    await ada.press("Remove")
    await expect(ada.modal.locator(".field-error:visible")).to_have_count(1)
    await ada.fill({"Type its name to confirm": "production"})
    await ada.press("Remove")
    await ada.see_modal("Removed")
    await ada.close_modals()
    await expect(ada.home).not_to_contain_text("Production")
    await expect(ada.home).to_contain_text("default")

    cleo = await visit("cleo")
    await cleo.open_channel()
    await expect(cleo.card("Production")).to_contain_text("Removed by @Ada Berg")
    await cleo.open_thread("Production")
    await expect(cleo.thread.get_by_text("rotated the API keys")).to_be_visible()
    await expect(cleo.thread.get_by_text("looked at the API keys")).to_be_visible()
    await expect(cleo.thread.get_by_role("button", name="Done")).to_have_count(0)
    await expect(cleo.page.get_by_text(crib["Second private key"])).to_have_count(0)


async def test_the_dashboard_begins_a_setup_and_status_finds_near_names(
    sandbox: Sandbox, visit: Visit
) -> None:
    ben = await visit("ben")
    await ben.open_home()
    await ben.press_in(ben.home, "Connect ConnectWise")
    await ben.see_modal("Connect ConnectWise")
    crib = sandbox.connectwise.crib()
    await ben.fill({"Instance name": "Production", "Company ID": crib["Company ID"]})
    await ben.choose("Channel for the thread", "psa-setup")
    await ben.press("Check & continue")
    await ben.see_modal("Your thread is open")
    await ben.close_modals()
    await expect(ben.home).to_contain_text("Next: create the security role")
    await ben.press_in(ben.home, "Enter API keys")
    await ben.see_modal("Enter API keys")
    await ben.fill({label: crib[label] for label in ("API member ID", "Public key", "Private key")})
    await ben.press("Verify")
    await ben.see_modal("Connected")
    await ben.close_modals()
    await ben.open_channel()
    await ben.type_command("/cw-status Produktion")
    await ben.see_alone("Did you mean this one?")
    own = ben.page.get_by_role("article").filter(has_text="Did you mean this one?")
    await own.get_by_role("button", name="Production", exact=True).click()
    await ben.see_alone("ms per answer")
    known = ben.page.get_by_role("article").filter(
        has_text="ms per answer", has_not_text="Asking ConnectWise now"
    )
    await known.get_by_role("button", name="Details", exact=True).click()
    await ben.see_modal("The verdict")
    await ben.close_modals()
