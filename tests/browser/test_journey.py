"""`/cw-setup` on the page: wrong first, then right; the thread, the status, and a second person."""

import pytest
from playwright.async_api import expect

from bot.sandbox.bench import OWN_HOST, Sandbox
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


async def test_the_journey_on_the_page(sandbox: Sandbox, visit: Visit) -> None:
    crib = sandbox.connectwise.crib()
    ben = await visit("ben")
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
    await ben.page.keyboard.press("Escape")
    await expect(ben.page.get_by_role("dialog")).to_have_count(0)

    cleo = await visit("cleo")
    await expect(cleo.page.get_by_text("ConnectWise · Production").first).to_be_visible()
    await expect(cleo.page.get_by_text("5 of 8").first).to_be_visible(timeout=30_000)
    await cleo.open_thread()
    await expect(cleo.thread.get_by_text("Security role").first).to_be_visible()
    await expect(cleo.thread.get_by_text("verified by the API").first).to_be_visible()

    await cleo.type_command("/cw-status")
    await expect(cleo.page.get_by_text("Only visible to you").last).to_be_visible()
    await expect(cleo.page.get_by_text("Verified", exact=True).last).to_be_visible()
    await expect(ben.page.get_by_text("Only visible to you")).to_have_count(0)
