"""A restart between any two clicks, or in the middle of a check, changes nothing for the person."""

from pathlib import Path

from bot.sandbox.bench import Sandbox
from tests.journeys.steps import (
    CHANNEL,
    key_fields,
    open_setup,
    reach_keys,
    see_in_thread,
    see_status,
    see_whole_thread,
    site_fields,
    submit,
    title,
)


async def test_the_journey_goes_on_over_a_restart_between_any_two_clicks(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await open_setup(ben)
    await sandbox.restart_bot()
    assert (await submit(ben, site_fields(sandbox))).ok
    await sandbox.restart_bot()
    refused = await submit(ben, key_fields(sandbox, **{"Private key": "A1b2C3d4E5f6G7h8"}))
    assert refused.errors_by_label
    await sandbox.restart_bot()
    assert (await submit(ben, key_fields(sandbox))).ok
    await sandbox.restart_bot()
    await see_in_thread(ben, "5 of 8")
    parent = await see_whole_thread(ben)
    step = ben.thread(CHANNEL, parent.ts)[6]
    await ben.click("Done", message=step)
    await sandbox.restart_bot()
    await see_in_thread(ben, "6 of 8")
    await ben.command("/cw-status", CHANNEL)
    await sandbox.restart_bot()
    await ben.command("/cw-status", CHANNEL)
    assert "Production" in await see_status(ben, "Verified")


async def test_a_restart_edits_no_message_that_is_right_already(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await reach_keys(sandbox, ben)
    await see_whole_thread(ben)
    await sandbox.restart_bot()
    sandbox.slack.calls.clear()
    assert (await submit(ben, key_fields(sandbox))).ok
    await see_in_thread(ben, "5 of 8")
    await sandbox.stop_bot()
    assert not sandbox.slack.calls.of("chat.postMessage")
    assert len(sandbox.slack.calls.of("chat.update")) <= 12


async def test_socket_mode_plays_the_same_journey(tmp_path: Path) -> None:
    async with Sandbox(data_dir=tmp_path / "data", uses_socket_mode=True) as sandbox:
        ben = sandbox.slack.person("ben")
        await open_setup(ben)
        refused = await submit(ben, site_fields(sandbox, **{"Company ID": "elsewhere"}))
        assert list(refused.errors_by_label) == ["Company ID"]
        assert (await submit(ben, {"Company ID": "brightwater"})).ok
        refused = await submit(ben, key_fields(sandbox, **{"Private key": "A1b2C3d4E5f6G7h8"}))
        assert list(refused.errors_by_label) == ["Private key"]
        assert (await submit(ben, key_fields(sandbox))).ok
        await ben.wait_for(lambda: title(ben) == "Connected", 30)
        await see_in_thread(ben, "5 of 8")
        await ben.command("/cw-status", CHANNEL)
        assert "Production" in await see_status(ben, "Verified")
