"""A team on the page: four people, at the same time, while things happen to the bot, the channel and the messages."""

import asyncio
import contextlib

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import expect

from bot.sandbox.bench import OWN_HOST, Sandbox
from tests.browser.conftest import Visit
from tests.browser.screen import Screen
from tests.journeys.steps import open_setup, site_fields, submit
from tests.journeys.threads import NO_KEYS, begin

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def choose_variables(person: Screen) -> None:
    """The last step, in its modal with ConnectWise's own lists."""
    await person.press_in(person.reply(8), "Choose variables")
    await person.see_modal("Organization variables")
    await fill_variables(person)
    await expect(person.modal.get_by_label("Board for tickets")).to_have_value("Help Desk")
    await person.press("Check & save")
    await expect(person.modal.get_by_text("ConnectWise has all of it")).to_be_visible()
    await person.close_modals()


async def fill_variables(person: Screen) -> None:
    """What the form needs at least."""
    await person.choose("Board for tickets", "Help Desk")
    await expect(person.modal.get_by_label("Status while working")).to_be_visible()
    for label, option in (
        ("Status while working", "In Progress"),
        ("Status while waiting for input", "Waiting on Customer"),
        ("Status when complete", "Closed"),
        ("Priority", "Priority 3"),
    ):
        await person.choose(label, option)
    await person.modal.get_by_label("Notes only").check()


async def test_four_people_get_from_nothing_to_done_over_a_restart(sandbox: Sandbox, visit: Visit) -> None:
    crib = sandbox.connectwise.crib()
    ben, ada, cleo = await visit("ben"), await visit("ada"), await visit("cleo")
    for person in (ben, ada, cleo):
        await person.open_channel()
    await ben.type_command("/cw-setup")
    await ben.see_modal("Connect ConnectWise")
    await ben.fill({"Instance name": "Production", "Hostname": OWN_HOST, "Company ID": crib["Company ID"]})
    await ben.press("Check & continue")
    await ben.see_modal("Your thread is open")
    await ben.close_modals()

    # Ben hands the role to Ada, who alone is asked.
    await ben.open_thread()
    await ben.choose("Hand over to…", "Ada Berg", within=ben.reply(1))
    await expect(ada.card()).to_contain_text("@Ada Berg is on it, asked by @Ben Okafor")
    await ada.open_thread()
    await expect(ada.thread.get_by_text("could you take step 1")).to_be_visible()
    await ada.press_in(ada.reply(1), "Done")
    await ada.press_in(ada.reply(2), "I'm on it")
    await expect(cleo.card()).to_contain_text("1 of 8")

    await sandbox.restart_bot()
    await ada.press_in(ada.reply(2), "Done")
    await ada.press_in(ada.reply(3), "Done")
    await expect(ben.card()).to_contain_text("3 of 8")
    await ben.press_in(ben.card(), "Enter API keys")
    await ben.see_modal("Enter API keys")
    await ben.fill({label: crib[label] for label in ("API member ID", "Public key", "Private key")})
    await ben.press("Verify")
    await ben.see_modal("Connected")
    await ben.close_modals()

    await expect(cleo.card()).to_contain_text("5 of 8")
    await cleo.open_thread()
    await expect(cleo.reply(1)).to_contain_text("@Ada Berg")
    await expect(cleo.reply(1)).to_contain_text("verified by the API")
    await cleo.press_in(cleo.reply(6), "Done")
    await cleo.press_in(cleo.reply(7), "Done")
    await choose_variables(ben)

    # Dan comes late, and reads the card alone.
    dan = await visit("dan")
    await dan.open_channel()
    await expect(dan.card()).to_contain_text("8 of 8")
    await expect(dan.card()).to_contain_text("All done")
    for name in ("@Ada Berg", "@Ben Okafor", "@Cleo Marsh"):
        await expect(dan.card()).to_contain_text(name)
    posted = [it for it in sandbox.slack.calls.of("chat.postMessage") if it.ok]
    assert len(posted) <= 12


async def test_two_who_click_at_once_make_one_mark_and_the_slower_is_told(
    sandbox: Sandbox, visit: Visit
) -> None:
    await begin(sandbox, sandbox.slack.person("ben"))
    ben, cleo = await visit("ben"), await visit("cleo")
    for person in (ben, cleo):
        await person.open_channel()
        await person.open_thread()
        await expect(person.reply(1)).to_be_visible()
    for number in (1, 2, 3):
        await asyncio.gather(*(_click_done(person, number) for person in (ben, cleo)))
        await expect(ben.card()).to_contain_text(f"{number} of 8")
        await expect(cleo.card()).to_contain_text(f"{number} of 8")
        if told := await _whoever_is_told(ben, cleo):
            break
    assert len(told) == 1


async def _click_done(person: Screen, number: int) -> None:
    """A click that comes to nothing where the other's mark was drawn between looking and clicking."""
    with contextlib.suppress(PlaywrightError):
        await person.reply(number).get_by_role("button", name="Done", exact=True).click(timeout=5_000)


async def _whoever_is_told(*people: Screen) -> list[Screen]:
    """Those who read that they were the slower one; nobody where both clicks were not under way at once."""
    said = "marked this step done just before you"
    for _ in range(60):
        if told := [it for it in people if await it.page.get_by_text(said).count()]:
            return told
        await asyncio.sleep(0.05)
    return []


async def test_a_deleted_card_comes_back_with_its_thread(sandbox: Sandbox, visit: Visit) -> None:
    await begin(sandbox, sandbox.slack.person("ben"))
    ben = await visit("ben")
    await ben.open_channel()
    await ben.open_thread()
    await expect(ben.reply(8)).to_be_visible()
    await ben.card().hover()
    await ben.card().get_by_role("button", name="More actions").click()
    await ben.page.get_by_role("menuitem", name="Delete message…").click()
    await expect(ben.card()).to_have_count(0)
    await ben.press_in(ben.reply(1), "Done")
    await expect(ben.card()).to_contain_text("1 of 8")
    await ben.open_thread()
    await expect(ben.reply(1)).to_contain_text("Undo")
    await expect(ben.reply(8)).to_be_visible()


async def test_an_archived_channel_and_a_bot_sent_away_lose_nothing(sandbox: Sandbox, visit: Visit) -> None:
    await begin(sandbox, sandbox.slack.person("ben"))
    ben = await visit("ben")
    await ben.open_channel()
    await ben.open_thread()
    await expect(ben.reply(8)).to_be_visible()
    await ben.pick_for_channel("Archive channel")
    await ben.press_in(ben.reply(1), "Done")
    await ben.pick_for_channel("Unarchive channel")
    await expect(ben.card()).to_contain_text("1 of 8")

    await ben.pick_for_channel("Remove .* from this channel")
    await ben.press_in(ben.reply(2), "Done")
    await ben.page.get_by_role("button", name="Invite ConnectWise setup").click()
    await expect(ben.card()).to_contain_text("2 of 8")
    await expect(ben.messages.filter(has_text="goes on further down")).to_have_count(1)
    await expect(ben.messages.filter(has_text="of 8")).to_have_count(1)


async def test_a_private_channel_without_the_bot_is_named_on_its_field_and_mended(
    sandbox: Sandbox, visit: Visit
) -> None:
    crib = sandbox.connectwise.crib()
    ada = await visit("ada")
    await ada.open_channel()
    await ada.type_command("/cw-setup")
    await ada.see_modal("Connect ConnectWise")
    await ada.fill({"Instance name": "Production", "Hostname": OWN_HOST, "Company ID": crib["Company ID"]})
    await ada.choose("Channel for the thread", "project-heron")
    await ada.press("Check & continue")
    await expect(ada.modal.get_by_text("I am not in that channel yet")).to_be_visible()
    await expect(ada.modal.get_by_label("Company ID")).to_have_value(crib["Company ID"])
    assert sandbox.slack.person("ada").invite_bot("project-heron").ok
    await ada.press("Check & continue")
    await ada.see_modal("Your thread is open")
    await ada.close_modals()
    await ada.open_channel("project-heron")
    await expect(ada.card()).to_contain_text("0 of 8")


async def test_somebody_of_another_company_and_a_guest_are_refused_politely(
    sandbox: Sandbox, visit: Visit
) -> None:
    starter = sandbox.slack.person("ada")
    await open_setup(starter, "ext-contoso")
    assert (await submit(starter, site_fields(sandbox, **NO_KEYS))).ok
    await begin(sandbox, sandbox.slack.person("ben"), **{"Instance name": "Second"})
    eve, gus = await visit("eve"), await visit("gus")
    for person, channel, name, said in (
        (eve, "ext-contoso", "Production", "This is for members of this workspace"),
        (gus, "psa-setup", "Second", "not for guests"),
    ):
        await person.open_channel(channel)
        await person.open_thread(name)
        await person.press_in(person.reply(1), "Done")
        await person.see_alone(said)
        await expect(person.card(name)).to_contain_text("0 of 8")
