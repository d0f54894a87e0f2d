"""Whatever is done with the product, no secret is found anywhere but in the reveal modal of somebody who may see it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.bench import DEAD_HOST
from bot.sandbox.slack import Person
from tests.journeys.steps import (
    CHANNEL,
    PATIENCE,
    card,
    open_setup,
    reach_keys,
    see_in_thread,
    site_fields,
    status_of,
    submit,
    title,
)
from tests.journeys.test_instances import open_menu
from tests.journeys.test_variables import choices, choose_board, press
from tests.oauth.steps import Browser, oauth_settings
from tests.security.canaries.search import find
from tests.security.canaries.stage import (
    CLIENT_ID,
    OTHER_KEY,
    WRONG_CLIENT_ID,
    WRONG_KEY,
    Stage,
    modal_text,
    raise_stage,
    second_pair,
    typed_keys,
)


async def refuse(ben: Person, fields: Mapping[str, Any]) -> None:
    """Hand in what will not be taken: at once, or on a busy machine behind the ack, the same form is there again."""
    form = title(ben)
    refused = await submit(ben, fields)
    if refused.ok:
        assert title(ben) == "Checking…", title(ben)
        await ben.wait_for(lambda: title(ben) == form, PATIENCE)


async def finish(stage: Stage, ben: Person) -> None:
    """From the modal with the keys to a verified instance."""
    result = await submit(ben, typed_keys(stage.sandbox))
    assert result.ok, result.errors_by_label
    await ben.wait_for(lambda: title(ben) == "Connected", PATIENCE)
    await ben.close_modal()


async def test_setting_up_with_wrong_keys_of_every_kind(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    sandbox = stage.sandbox
    site, ben = sandbox.connectwise, sandbox.slack.person("ben")
    await open_setup(ben)
    login = f"{site.company}+{site.public_key}:{site.private_key}"
    for company in (login, f"{site.company}+{site.public_key}"):
        assert (await submit(ben, site_fields(sandbox, **{"Company ID": company}))).errors_by_label
    assert (await submit(ben, site_fields(sandbox))).ok
    for wrong in (
        {"Private key": WRONG_KEY},
        {"Public key": OTHER_KEY, "Private key": WRONG_KEY},
        {"Public key": site.private_key, "Private key": site.public_key},
        {"Private key": site.private_key * 2},
        {"Private key": f"private key: {site.private_key}"},
        {"Public key": login},
        {"Private key": site.private_key[:9]},
        {"Client ID": WRONG_CLIENT_ID},
        {"Client ID": CLIENT_ID, "Private key": CLIENT_ID},
    ):
        await refuse(ben, typed_keys(sandbox, **wrong))
    site.set(client_id="rejected")
    await refuse(ben, typed_keys(sandbox))
    site.reset()
    await finish(stage, ben)
    await see_in_thread(ben, "5 of 8")
    await status_of(ben)
    assert await _nothing(stage, capfd)


async def test_slow_and_failing_checks_with_a_shutdown_in_the_middle(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    sandbox = stage.sandbox
    site, ben = sandbox.connectwise, sandbox.slack.person("ben")
    await reach_keys(sandbox, ben)
    site.set(latency=1.5)
    await submit(ben, typed_keys(sandbox, **{"Private key": OTHER_KEY}))
    assert title(ben) == "Checking…"
    await ben.wait_for(lambda: title(ben) == "Enter API keys", PATIENCE)
    await submit(ben, typed_keys(sandbox, **{"Private key": WRONG_KEY}))
    await sandbox.restart_bot()
    await ben.wait_for(lambda: title(ben) == "Enter API keys", PATIENCE)
    site.set(latency=0, answers="down")
    await submit(ben, typed_keys(sandbox))
    await ben.wait_for(lambda: title(ben) not in ("Checking…", "Enter API keys"), PATIENCE)
    await ben.close_modal()
    await sandbox.restart_bot()
    site.reset()
    parent = card(ben)
    assert parent is not None
    await ben.click("Enter API keys", message=parent)
    assert ben.modal is not None
    assert not ben.modal.values["Client ID"]
    result = await submit(ben, {})
    assert result.ok, result.errors_by_label
    await ben.wait_for(lambda: title(ben) == "Connected", PATIENCE)
    await see_in_thread(ben, "5 of 8")
    assert await _nothing(stage, capfd)


async def test_everything_that_is_done_with_an_instance_up_to_its_removal(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    sandbox = stage.sandbox
    site, ben, cleo = sandbox.connectwise, sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await reach_keys(sandbox, ben)
    await finish(stage, ben)
    await _choose_variables(ben)
    await _edit(stage, ben)
    await _rotate(stage, ben)
    await _reveal(stage, ben, cleo)
    await ben.open_home()
    await ben.command("/cw-status audit", CHANNEL)
    site.set(keys="revoked")
    await status_of(ben, says="Needs you")
    await _lose_the_role_before_a_reveal(ben)
    ada = sandbox.slack.person("ada")
    await open_menu(ada, "Remove…", says="Needs you")
    assert (await submit(ada, {"Type its name": "Production"})).ok
    assert title(ada) == "Removed"
    assert await _nothing(stage, capfd)
    assert [it for it, _ in stage.revealed] == [ben.id, ben.id]
    seen, denied = (answer for _, answer in stage.revealed)
    assert site.second_private_key.encode() in seen
    assert find(stage.secrets(), {"the refusal": denied}) == []


async def _edit(stage: Stage, ben: Person) -> None:
    await open_menu(ben, "Edit…")
    await refuse(ben, {"Hostname": DEAD_HOST})
    stage.sandbox.connectwise.set(keys="revoked")
    await refuse(ben, {"Hostname": "eu.myconnectwise.net"})
    stage.sandbox.connectwise.reset()
    assert (await submit(ben, {"Hostname": "eu.myconnectwise.net"})).ok
    await ben.wait_for(lambda: title(ben) == "Saved", PATIENCE)
    await ben.close_modal()
    await open_menu(ben, "Edit filter…")
    await ben.click("Use Rewst's default", where="modal")
    await ben.wait_for(lambda: "For example" in modal_text(ben), PATIENCE)
    stage.sandbox.connectwise.set(answers="down")
    await ben.click("Preview", where="modal")
    await ben.wait_for(lambda: "not available" in modal_text(ben), PATIENCE)
    stage.sandbox.connectwise.reset()
    await ben.close_modal()


async def _rotate(stage: Stage, ben: Person) -> None:
    site = stage.sandbox.connectwise
    await open_menu(ben, "Rotate keys…")
    for wrong in (
        {"Public key": site.public_key, "Private key": site.private_key},
        {"Public key": OTHER_KEY, "Private key": site.public_key},
        {"Private key": WRONG_KEY},
    ):
        await refuse(ben, second_pair(stage.sandbox, **wrong))
    site.set(latency=1.5)
    await submit(ben, second_pair(stage.sandbox))
    assert title(ben) == "Checking…"
    await ben.wait_for(lambda: title(ben) == "Keys rotated", PATIENCE)
    site.reset()
    await ben.close_modal()


async def _reveal(stage: Stage, ben: Person, cleo: Person) -> None:
    await cleo.click("Reveal keys…", message=await status_of(cleo))
    assert cleo.modal is None
    await open_menu(ben, "Reveal keys…")
    assert (await ben.submit()).ok
    assert stage.sandbox.connectwise.second_private_key in modal_text(ben)
    await see_in_thread(cleo, "looked at the API keys")
    await ben.close_modal()


async def _lose_the_role_before_a_reveal(ben: Person) -> None:
    await open_menu(ben, "Reveal keys…", says="Needs you")
    ben.user.role = "member"
    await ben.submit()
    assert "admins" in modal_text(ben)
    await ben.close_modal()


async def _choose_variables(ben: Person) -> None:
    await press(ben, "Choose variables")
    await choose_board(ben, "Help Desk")
    assert (await submit(ben, choices())).ok
    await ben.wait_for(lambda: "Saved." in modal_text(ben), PATIENCE)
    await ben.close_modal()


async def test_a_wrong_signature_and_a_replay(
    stage: Stage, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, ben = stage.sandbox, stage.sandbox.slack.person("ben")
    await reach_keys(sandbox, ben)
    await ben.fill(typed_keys(sandbox, **{"Private key": WRONG_KEY}))
    monkeypatch.setattr(sandbox.slack.workspace.app, "signing_secret", "0" * 32)
    assert (await ben.submit()).status == 401
    monkeypatch.undo()
    assert b"request_refused" in stage.log.getvalue().encode()
    await ben.submit_twice()
    assert await _nothing(stage, capfd)


@pytest.mark.parametrize("tokens_first", [True, False])
async def test_a_workspace_that_installs_by_itself_and_leaves(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], tokens_first: bool
) -> None:
    async with raise_stage(tmp_path / "data") as stage:
        sandbox = stage.sandbox
        sandbox.override(**oauth_settings(sandbox))
        await sandbox.restart_bot()
        ben = sandbox.slack.person("ben")
        async with Browser(sandbox) as browser:
            state = (await browser.begin())["state"]
            code = sandbox.slack.issue_oauth_code(ben.user.team_id)
            stage.more_secrets |= {"state": state, "code": code}
            sandbox.slack.fail("oauth.v2.access", drops="after")
            pages = [
                await browser.return_with(state=state, code=code),
                await browser.install(ben.user.team_id),
            ]
        stage.extra["pages"] = "".join(f"{it.text}{it.headers}" for it in pages).encode()
        await reach_keys(sandbox, ben)
        await finish(stage, ben)
        sandbox.slack.uninstall(tokens_first=tokens_first)
        await sandbox.slack.settle()
        assert await _nothing(stage, capfd)


async def test_over_a_socket(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with raise_stage(tmp_path / "data", uses_socket_mode=True) as stage:
        sandbox, ben = stage.sandbox, stage.sandbox.slack.person("ben")
        await reach_keys(sandbox, ben)
        await refuse(ben, typed_keys(sandbox, **{"Private key": WRONG_KEY}))
        await sandbox.slack.sockets.disconnect()
        await finish_over_socket(stage, ben)
        await open_menu(ben, "Reveal keys…")
        assert (await ben.submit()).ok
        assert await _nothing(stage, capfd)
        assert sandbox.connectwise.private_key.encode() in dict(stage.revealed)[ben.id]


async def finish_over_socket(stage: Stage, ben: Person) -> None:
    """As `finish`, once the bot has opened another socket."""
    async with asyncio.timeout(PATIENCE):
        while not stage.sandbox.slack.sockets.is_open:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
    await finish(stage, ben)


async def _nothing(stage: Stage, capfd: pytest.CaptureFixture[str]) -> bool:
    stage.extra["stdout"], stage.extra["stderr"] = (it.encode() for it in capfd.readouterr())
    hits = await stage.hits()
    assert hits == []
    return True
