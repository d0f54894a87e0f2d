"""From `/cw-setup` to a verified instance."""

import pytest

from bot.sandbox.bench import DEAD_HOST, OWN_HOST, Sandbox
from tests.journeys.steps import (
    CHANNEL,
    card,
    connect,
    key_fields,
    open_setup,
    reach_keys,
    see_in_thread,
    see_status,
    see_whole_thread,
    site_fields,
    submit,
    thread_text,
    title,
)


async def test_a_wrong_company_and_wrong_keys_are_mended_in_the_same_flow(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await open_setup(ben)

    refused = await submit(ben, site_fields(sandbox, **{"Company ID": "Brightwater Managed"}))
    assert list(refused.errors_by_label) == ["Company ID"]
    assert ben.modal is not None
    assert ben.modal.values["Hostname"] == OWN_HOST
    assert card(cleo) is None

    assert (await submit(ben, {"Company ID": "brightwater"})).ok
    assert title(ben) == "Enter API keys"
    refused = await submit(ben, key_fields(sandbox, **{"Private key": "A1b2C3d4E5f6G7h8"}))
    assert list(refused.errors_by_label) == ["Private key"]
    assert "API Keys" in refused.errors_by_label["Private key"]

    assert (await submit(ben, {"Private key": sandbox.connectwise.private_key})).ok
    await ben.wait_for(lambda: title(ben) == "Connected", 30)
    await see_in_thread(cleo, "5 of 8")
    await see_whole_thread(cleo)
    await cleo.command("/cw-status", CHANNEL)
    said = await see_status(cleo, "Verified")
    assert "brightwater" in said


async def test_a_team_without_keys_gets_the_thread_first_and_the_keys_later(sandbox: Sandbox) -> None:
    ben, ada = sandbox.slack.person("ben"), sandbox.slack.person("ada")
    await open_setup(ben)
    assert (await submit(ben, site_fields(sandbox, **{"API keys already": "Not yet"}))).ok
    assert title(ben) == "Your thread is open"
    parent = await see_whole_thread(ada)
    await ada.click("Enter API keys", message=parent)
    assert title(ada) == "Enter API keys"
    assert (await submit(ada, key_fields(sandbox))).ok
    await see_in_thread(ben, "5 of 8")


async def test_a_cloud_region_needs_no_hostname(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await reach_keys(sandbox, ben, Site="Europe", Hostname=None)
    assert ben.modal is not None
    assert "api-eu.myconnectwise.net" in ben.modal.text


async def test_a_pasted_address_is_cleaned_and_the_change_is_shown(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await reach_keys(sandbox, ben, Hostname="https://NA.myconnectwise.net/v4_6_release/services ")
    assert ben.modal is not None
    assert "api-na.myconnectwise.net" in ben.modal.text
    assert "API host" in ben.modal.text or "https" in ben.modal.text


@pytest.mark.parametrize(
    ("host", "says"),
    [
        (DEAD_HOST, "refuse"),
        ("nowhere.brightwater.example", "nowhere.brightwater.example"),
        ("10.0.0.7", "CW_BOT_ALLOWED_NETWORKS"),
        ("psa brightwater.example", "host"),
    ],
)
async def test_a_host_that_cannot_be_reached_is_blamed_on_its_field(
    sandbox: Sandbox, host: str, says: str
) -> None:
    ben = sandbox.slack.person("ben")
    await open_setup(ben)
    refused = await submit(ben, site_fields(sandbox, Hostname=host))
    assert [label.removesuffix(" (optional)") for label in refused.errors_by_label] == ["Hostname"]
    assert says in next(iter(refused.errors_by_label.values()))
    assert (await submit(ben, {"Hostname": OWN_HOST})).ok


@pytest.mark.parametrize("channel", ["project-heron", "helpdesk"])
async def test_a_channel_without_the_bot_is_blamed_on_the_channel_and_can_be_mended(
    sandbox: Sandbox, channel: str
) -> None:
    ada = sandbox.slack.person("ada")
    await open_setup(ada)
    refused = await submit(ada, site_fields(sandbox, **{"Channel for the thread": channel}))
    assert list(refused.errors_by_label) == ["Channel for the thread"]
    assert "/invite" in refused.errors_by_label["Channel for the thread"]
    assert ada.invite_bot(channel).ok
    assert (await ada.submit()).ok
    await see_whole_thread(ada, channel=channel)


async def test_a_name_is_taken_only_once_whatever_its_capitals(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await ben.close_modal()
    await open_setup(ben)
    refused = await submit(ben, site_fields(sandbox, **{"Instance name": "  production "}))
    assert list(refused.errors_by_label) == ["Instance name"]
    assert (await submit(ben, {"Instance name": "Sandbox"})).ok


async def test_a_double_click_on_submit_makes_one_instance_and_one_thread(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await open_setup(ben)
    await ben.fill(site_fields(sandbox, **{"API keys already": "Not yet"}))
    await ben.submit_twice()
    await see_whole_thread(ben)
    cards = [it for it in ben.messages(CHANNEL) if "ConnectWise · Production" in ben.read(it)]
    assert len(cards) == 1


async def test_help_and_unknown_words_show_the_usage_of_both_commands(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    for command in ("/cw-setup", "/cw-status"):
        helped = await ben.command(f"{command} help", CHANNEL)
        assert command in helped.text
    unknown = await ben.command("/cw-setup <!channel> *now*", CHANNEL)
    assert "/cw-setup help" in unknown.text
    assert ben.modal is None
    assert not any(message.notified for message in ben.messages(CHANNEL))


async def test_status_without_an_instance_says_how_to_start(sandbox: Sandbox) -> None:
    dan = sandbox.slack.person("dan")
    assert "/cw-setup" in (await dan.command("/cw-status", CHANNEL)).text


async def test_status_of_an_unknown_name_offers_the_nearest(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    assert "Production" in (await ben.command("/cw-status Producton", CHANNEL)).text


async def test_markup_in_a_name_comes_out_as_plain_text_and_notifies_nobody(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    name = "<!channel> *all* `x` <https://evil.example|click>"
    await reach_keys(sandbox, ben, **{"Instance name": name})
    await see_whole_thread(ben, "<!channel>")
    parent = card(ben, "<!channel>")
    assert parent is not None
    notified = {user for message in ben.thread(CHANNEL, parent.ts) for user in message.notified}
    assert notified <= {ben.id}
    assert "evil.example" in thread_text(ben, "<!channel>")


async def test_members_may_look_but_not_set_up_and_guests_and_strangers_may_neither(sandbox: Sandbox) -> None:
    for name, command in (("cleo", "/cw-setup"), ("gus", "/cw-setup"), ("gus", "/cw-status")):
        person = sandbox.slack.person(name)
        result = await person.command(command, CHANNEL)
        assert person.modal is None
        assert result.text
        assert "Connect" not in title(person)
    eve = sandbox.slack.person("eve")
    result = await eve.command("/cw-status", "ext-contoso")
    assert "Production" not in result.text
