"""ConnectWise slow, down, throttling or not itself: each has its own sentence, and nothing that was handed in is lost."""

import pytest

from bot.sandbox.bench import Sandbox
from tests.journeys.steps import (
    CHANNEL,
    card,
    key_fields,
    open_setup,
    press_on_card,
    reach_keys,
    see_in_thread,
    see_whole_thread,
    site_fields,
    submit,
    title,
)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ("down", "503"),
        ("throttled", "30"),
        ("portal", "page"),
        ("firewall", "firewall"),
        ("bad_gateway", "502"),
    ],
)
async def test_a_site_that_does_not_answer_as_connectwise_is_named_on_the_host_and_recovers(
    sandbox: Sandbox, answers: str, says: str
) -> None:
    ben = sandbox.slack.person("ben")
    sandbox.connectwise.set(answers=answers)
    await open_setup(ben)
    refused = await submit(ben, site_fields(sandbox))
    if not refused.errors_by_label:  # it was retried for longer than the ack may take
        await ben.wait_for(lambda: title(ben) == "Connect ConnectWise", 40)
        assert ben.modal is not None
        said = ben.modal.text
    else:
        assert list(refused.errors_by_label) == ["Hostname"]
        said = refused.errors_by_label["Hostname"]
    assert says.casefold() in said.casefold()
    sandbox.connectwise.reset()
    assert (await ben.submit()).ok
    assert title(ben) == "Enter API keys"


async def test_a_slow_site_shows_checking_and_goes_on_by_itself(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    sandbox.connectwise.set(latency=2.5)
    await open_setup(ben)
    assert (await submit(ben, site_fields(sandbox))).ok
    assert title(ben) == "Checking…"
    await ben.wait_for(lambda: title(ben) == "Enter API keys", 30)
    await see_whole_thread(ben)


async def test_a_slow_site_that_does_not_know_the_company_brings_the_form_back_with_everything_typed(
    sandbox: Sandbox,
) -> None:
    ben = sandbox.slack.person("ben")
    sandbox.connectwise.set(latency=2.5)
    await open_setup(ben)
    await submit(ben, site_fields(sandbox, **{"Company ID": "elsewhere"}))
    assert title(ben) == "Checking…"
    await ben.wait_for(lambda: title(ben) == "Connect ConnectWise", 30)
    assert ben.modal is not None
    assert "elsewhere" in ben.modal.text
    assert ben.modal.values["Company ID"] == "elsewhere"
    assert ben.modal.values["Instance name"] == "Production"
    assert card(ben) is None
    sandbox.connectwise.reset()
    assert (await submit(ben, {"Company ID": "brightwater"})).ok
    assert title(ben) == "Enter API keys"


async def test_slow_keys_show_checking_and_then_the_verdict_in_modal_and_thread(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await reach_keys(sandbox, ben)
    sandbox.connectwise.set(latency=1.5)
    assert (await submit(ben, key_fields(sandbox))).ok
    assert title(ben) == "Checking…"
    await ben.wait_for(lambda: title(ben) == "Connected", 30)
    await see_in_thread(cleo, "5 of 8")


async def test_slow_wrong_keys_bring_the_form_back_without_showing_a_key(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await reach_keys(sandbox, ben)
    sandbox.connectwise.set(latency=1.5)
    await submit(ben, key_fields(sandbox, **{"Private key": "A1b2C3d4E5f6G7h8"}))
    assert title(ben) == "Checking…"
    await ben.wait_for(lambda: title(ben) == "Enter API keys", 30)
    assert ben.modal is not None
    assert "does not accept these keys" in ben.modal.text
    assert ben.modal.values["API member ID"] == "Rewst"
    assert not ben.modal.values["Private key"]
    sandbox.connectwise.reset()
    assert (await submit(ben, key_fields(sandbox))).ok
    await see_in_thread(ben, "5 of 8")


async def test_a_closed_window_loses_nothing_the_thread_tells(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await reach_keys(sandbox, ben)
    sandbox.connectwise.set(latency=1.5)
    await submit(ben, key_fields(sandbox))
    await ben.close_modal()
    await see_in_thread(ben, "5 of 8")


async def test_keys_handed_in_while_connectwise_is_down_are_kept_and_tried_again(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await reach_keys(sandbox, ben)
    sandbox.connectwise.set(answers="down")
    await submit(ben, key_fields(sandbox))
    await ben.wait_for(lambda: title(ben) == "Saved for now", 40)
    await see_in_thread(ben, "Cannot tell yet")
    sandbox.connectwise.reset()
    await see_whole_thread(ben)
    await press_on_card(ben, "Check now")
    await see_in_thread(ben, "5 of 8")


async def test_a_role_gap_keeps_the_keys_sealed_until_the_role_is_mended(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await reach_keys(sandbox, ben)
    sandbox.connectwise.set(rights_missing=["System/Member Maintenance/inquire"])
    assert (await submit(ben, key_fields(sandbox))).ok
    assert title(ben) == "Almost there"
    await see_in_thread(cleo, "Missing in the role")
    await see_in_thread(cleo, "Needs you")
    sandbox.connectwise.reset()
    await see_whole_thread(cleo)
    await press_on_card(cleo, "Check now")
    await see_in_thread(cleo, "5 of 8")


async def test_a_filter_that_cannot_be_read_is_blamed_on_its_field_before_anything_is_sent(
    sandbox: Sandbox,
) -> None:
    ben = sandbox.slack.person("ben")
    await reach_keys(sandbox, ben)
    asked = len(sandbox.connectwise.requests)
    refused = await submit(ben, key_fields(sandbox, **{"Company query conditions": 'status/name = "Active'}))
    assert list(refused.errors_by_label) == ["Company query conditions"]
    assert len(sandbox.connectwise.requests) == asked
    assert (await submit(ben, {"Company query conditions": 'status/name = "Active"'})).ok


async def test_the_preset_fills_the_filter_in(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await reach_keys(sandbox, ben)
    await ben.click("Use Rewst's default", where="modal")
    await ben.wait_for(lambda: ben.modal is not None and "deletedFlag" in str(ben.modal.values), 10)
    assert (await submit(ben, key_fields(sandbox))).ok
    await see_in_thread(ben, "5 of 8")
    counted = [it for it in sandbox.connectwise.requests if it.path.endswith("/company/companies/count")]
    assert counted


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_slack_throttling_the_thread_is_waited_out(sandbox: Sandbox, method: str) -> None:
    ben = sandbox.slack.person("ben")
    await reach_keys(sandbox, ben)
    sandbox.slack.fail(method, retry_after=1, times=2)
    await submit(ben, key_fields(sandbox))
    await see_in_thread(ben, "5 of 8")
    cards = [it for it in ben.messages(CHANNEL) if "ConnectWise · Production" in ben.read(it)]
    assert len(cards) == 1


async def test_details_tell_every_layer_on_demand(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await reach_keys(sandbox, ben)
    sandbox.connectwise.set(rights_my=["Companies/Company Maintenance/inquire"])
    await submit(ben, key_fields(sandbox))
    await see_in_thread(cleo, "[Details]")
    parent = await see_whole_thread(cleo)
    await cleo.click("Details", message=cleo.thread(CHANNEL, parent.ts)[5])
    assert title(cleo) == "The verdict"
    assert cleo.modal is not None
    assert "Company Maintenance: Inquire My → All" in cleo.modal.text
    assert "Certificate" in cleo.modal.text
