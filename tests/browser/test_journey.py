"""`/cw-setup` on the page: wrong first, then right; the thread, the status, and a second person."""

import pytest
from playwright.async_api import expect

from bot.sandbox.bench import OWN_HOST, Sandbox
from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_the_journey_on_the_page(sandbox: Sandbox, visit: Visit) -> None:
    crib = sandbox.connectwise.crib()
    ben = await visit("ben")
    await ben.open_channel()
    await ben.type_command("/cw-setup")
    await ben.see_modal("Connect ConnectWise")
    await ben.fill({"Instance name": "Production", "Hostname": OWN_HOST, "Company ID": "elsewhere"})
    await ben.modal.get_by_label("Yes, I have them here").check()
    await ben.press("Check & continue")

    await expect(ben.modal.get_by_text("does not know a company")).to_be_visible()
    await expect(ben.modal.get_by_label("Instance name")).to_have_value("Production")
    await expect(ben.modal.get_by_label("Company ID")).to_have_value("elsewhere")
    await ben.fill({"Company ID": crib["Company ID"]})
    await ben.press("Check & continue")

    await ben.see_modal("Enter API keys")
    await ben.fill(
        {"API member ID": crib["API member ID"], "Public key": crib["Public key"], "Private key": "x" * 16}
    )
    await ben.press("Verify")
    await expect(ben.modal.get_by_text("does not accept these keys")).to_be_visible()
    await expect(ben.modal.get_by_label("Public key")).to_have_value(crib["Public key"])
    await ben.fill({"Private key": crib["Private key"]})
    await ben.press("Verify")
    await ben.see_modal("Connected")
    await ben.close_modals()

    cleo = await visit("cleo")
    await cleo.open_channel()
    await expect(cleo.card()).to_contain_text("5 of 8")
    await cleo.open_thread()
    await expect(cleo.thread.get_by_text("Security role").first).to_be_visible()
    await expect(cleo.reply(5)).to_contain_text("verified by the API")

    await cleo.type_command("/cw-status")
    await cleo.see_alone("Verified")
    await expect(ben.page.get_by_text("Only visible to you")).to_have_count(0)


async def test_a_slow_site_shows_checking_and_goes_on_by_itself(sandbox: Sandbox, visit: Visit) -> None:
    crib = sandbox.connectwise.crib()
    ben = await visit("ben")
    await ben.open_channel()
    sandbox.connectwise.set(latency=2.5)
    await ben.type_command("/cw-setup")
    await ben.see_modal("Connect ConnectWise")
    await ben.fill({"Instance name": "Production", "Hostname": OWN_HOST, "Company ID": crib["Company ID"]})
    await ben.press("Check & continue")
    await ben.see_modal("Checking…")
    await ben.see_modal("Your thread is open")
    sandbox.connectwise.reset()
    await ben.close_modals()
    await expect(ben.card()).to_contain_text("Next: create the security role")
