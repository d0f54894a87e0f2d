"""An onboarding that was left: the command leads back to it, and the thread is reminded of once."""

from datetime import timedelta

import pytest

from bot.sandbox.bench import Sandbox
from bot.services import onboarding as service
from tests.journeys.steps import (
    CHANNEL,
    PATIENCE,
    key_fields,
    see_in_thread,
    site_fields,
    submit,
    thread_text,
    title,
)
from tests.journeys.test_thread import finish
from tests.journeys.threads import NO_KEYS, begin, reply

RESUME = "Go on, or start another"


async def test_the_command_offers_to_go_on_and_the_keys_can_be_entered_straight_away(
    sandbox: Sandbox,
) -> None:
    ben, ada = sandbox.slack.person("ben"), sandbox.slack.person("ada")
    await begin(sandbox, ben)
    await ada.command("/cw-setup", CHANNEL)
    assert title(ada) == RESUME
    assert ada.modal is not None
    assert "Production" in ada.modal.text
    assert "0 of 8" in ada.modal.text
    links = [it["url"] for block in ada.modal.view.blocks for it in block.get("elements", []) if "url" in it]
    assert links
    await ada.click("Enter API keys", where="modal")
    await ada.wait_for(lambda: title(ada) == "Enter API keys", PATIENCE)
    assert (await submit(ada, key_fields(sandbox))).ok
    await see_in_thread(ben, "5 of 8")


async def test_another_one_can_be_started_instead(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await begin(sandbox, ben)
    await ben.command("/cw-setup", CHANNEL)
    await ben.click("Start another", where="modal")
    await ben.wait_for(lambda: title(ben) == "Connect ConnectWise", PATIENCE)
    entered = site_fields(sandbox, **{"Instance name": "Sandbox", **NO_KEYS})
    assert (await submit(ben, entered)).ok
    assert title(ben) == "Your thread is open"


async def test_with_nothing_left_to_do_the_command_starts_anew(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await finish(sandbox, ben, cleo)
    await ben.command("/cw-setup", CHANNEL)
    assert title(ben) == "Connect ConnectWise"


async def test_a_quiet_thread_is_reminded_of_once_and_mentions_whoever_is_on_the_step(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    parent = await begin(sandbox, ben)
    monkeypatch.setattr(service, "IDLE_AFTER", timedelta(seconds=1))
    await cleo.click("I'm on it", message=reply(cleo, parent, 1))
    await see_in_thread(cleo, "has been quiet")
    await see_in_thread(cleo, "@Cleo Marsh, you are on it")
    assert [it.notified for it in cleo.thread(CHANNEL, parent.ts) if it.notified] == [{cleo.id}]
    await sandbox.restart_bot()
    await cleo.click("Undo", message=reply(cleo, parent, 1))
    await sandbox.stop_bot()
    assert thread_text(cleo).count("has been quiet") == 1


async def test_a_step_that_nobody_is_on_is_reminded_of_without_mentioning_anybody(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = sandbox.slack.person("ben")
    monkeypatch.setattr(service, "IDLE_AFTER", timedelta(seconds=1))
    parent = await begin(sandbox, ben)
    await see_in_thread(ben, "nobody is on it yet")
    assert not any(it.notified for it in ben.thread(CHANNEL, parent.ts))
