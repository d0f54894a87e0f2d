"""Two workspaces that installed the app do not see each other's data, whatever ids somebody sends.

What the people of one workspace send in a whole journey is recorded, and sent once more in the name of the other
workspace's owner, signed by Slack: every command, click and submission with the first workspace's ids in it.
"""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.runtime.logging import configure_logging
from bot.sandbox.bench import Sandbox
from bot.sandbox.slack import Person
from bot.sandbox.slack.delivery import Ack
from bot.store import keys
from tests.journeys.steps import CHANNEL, connect, see_status, see_whole_thread
from tests.oauth.steps import Browser, oauth_settings

NAME, OTHER_NAME = "Aurora", "Borealis"
Sent = list[tuple[dict[str, Any], bool]]


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A bot that two workspaces have installed."""
    it = Sandbox(data_dir=tmp_path / "data")
    it.override(**oauth_settings(it, cw_bot_requests_per_minute=0))
    configure_logging(level="ERROR", style="console", redactor=it.redactor)
    async with it as started:
        contoso = started.slack.add_team("Contoso", "contoso-2", installed=False)
        async with Browser(started) as browser:
            for team_id in (started.slack.workspace.team.id, contoso.id):
                assert (await browser.install(team_id)).status == 200
        yield started


def _record(sandbox: Sandbox) -> Sent:
    """Everything that reaches the bot from now on, as (body, whether it is JSON)."""
    sent: Sent = []
    original = sandbox.slack.delivery._over_http

    async def noted(
        body: Mapping[str, Any], *, as_json: bool = False, headers: Mapping[str, str] | None = None
    ) -> Ack:
        sent.append((dict(body), as_json))
        return await original(body, as_json=as_json, headers=headers)

    sandbox.slack.delivery._over_http = noted  # type: ignore[method-assign]  # listening on the wire
    return sent


async def _everything_of(sandbox: Sandbox, team_id: str) -> dict[str, bytes]:
    """All that is kept under a workspace's tag, but marks that go by themselves."""
    assert sandbox.bot is not None
    redis = sandbox.bot._redis
    assert redis is not None
    found = {}
    async for key in redis.scan_iter(f"{keys.team(team_id)}*"):
        if b":once:" not in key:
            found[key.decode()] = bytes(await redis.dump(key) or b"")
    return found


async def _at_rest(sandbox: Sandbox, team_id: str) -> dict[str, bytes]:
    """The same, once nothing changes any more."""
    assert sandbox.bot is not None
    before = await _everything_of(sandbox, team_id)
    for _ in range(60):
        await sandbox.bot._tracker.drain(0.2)
        after = await _everything_of(sandbox, team_id)
        if after == before:
            return after
        before = after
    raise AssertionError("the bot does not come to rest")


class Forger:
    """Sends what others sent, in the name of somebody of another workspace."""

    def __init__(self, sandbox: Sandbox, forger: Person, victims: list[Person]) -> None:
        self._sandbox = sandbox
        self._forger = forger
        workspace = sandbox.slack.workspace
        mine, theirs = forger.user.team_id, victims[0].user.team_id
        self._changes = {theirs: mine, **{it.id: forger.id for it in victims}}
        self._changes[workspace.installations[theirs].bot_user_id] = workspace.installations[mine].bot_user_id
        self._changes[workspace.installations[theirs].bot_id] = workspace.installations[mine].bot_id
        self._changes[workspace.teams[theirs].domain] = workspace.teams[mine].domain
        # What the forger types is the forger's own; only what the bot adds can give something away.
        self._changes[NAME] = OTHER_NAME

    async def send(self, body: dict[str, Any], *, as_json: bool) -> str:
        """Everything that the bot answers at once."""
        if "payload" in body:
            forged: dict[str, Any] = {"payload": json.dumps(self._forge(json.loads(body["payload"])))}
        else:
            forged = self._forge(body)
        ack = await self._sandbox.slack.delivery._over_http(forged, as_json=as_json)
        assert ack.status == 200, "it is to reach the listeners, not to be turned away at the door"
        return json.dumps(ack.body)

    def _forge(self, body: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(body)
        for theirs, mine in self._changes.items():
            text = text.replace(theirs, mine)
        forged: dict[str, Any] = json.loads(text)
        workspace, user = self._sandbox.slack.workspace, self._forger.user
        if "trigger_id" in forged:
            forged["trigger_id"] = workspace.issue_trigger(user, user.team_id)
        if "response_url" in forged:
            channel = next(iter(workspace.channels_of(user)))
            path = workspace.issue_response_url("commands", user, user.team_id, channel.id)
            forged["response_url"] = f"{self._sandbox.slack.base_url}/{path}"
        return forged


def _seen_by(person: Person) -> str:
    """All that stands on somebody's screen."""
    workspace = person._workspace
    texts = [person.read(it) for channel in workspace.channels_of(person.user) for it in channel.messages]
    texts += [modal.title + modal.text for modal in person.modals]
    texts += [person.home.text] if person.home else []
    return "\n".join(texts)


async def _live(sandbox: Sandbox) -> None:
    """A whole life in the first workspace: setup, every button that is there, status, Home."""
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await connect(sandbox, ben, **{"Instance name": NAME})
    await ben.close_modal()
    parent = await see_whole_thread(ben, NAME)
    for message in [parent, *cleo.thread(CHANNEL, parent.ts)]:
        await _press_everything(ben, message)
    await cleo.command(f"/cw-status {NAME}", CHANNEL)
    await see_status(cleo, NAME)
    await _press_everything(cleo, cleo.ephemerals(CHANNEL)[-1])
    await cleo.command("/cw-status all", CHANNEL)
    await ben.open_home()
    await ben.wait_for(lambda: ben.home is not None, 10)


async def _press_everything(person: Person, message: Any) -> None:
    labels = {
        element["text"]["text"]
        for block in message.blocks
        for element in [*block.get("elements", []), block.get("accessory") or {}]
        if isinstance(element, dict) and element.get("type") == "button"
    }
    for label in sorted(labels):
        try:
            await person.click(label, message=message)
        except LookupError:
            continue  # an earlier click has changed the message
        while person.modal is not None:
            await person.close_modal()


async def test_no_forged_id_shows_or_changes_anything_of_another_workspace(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    olga = sandbox.slack.person("contoso-2-owner")
    theirs = ben.user.team_id
    sent = _record(sandbox)
    await _live(sandbox)
    before = await _at_rest(sandbox, theirs)
    assert len([key for key in before if ":instance:" in key]) == 1
    said_before = [_seen_by(it) for it in (ben, cleo)]
    assert all(NAME in it for it in said_before), "what is looked for is what people see"
    recorded = list(sent)
    kinds = {json.loads(body["payload"])["type"] for body, _ in recorded if "payload" in body}
    assert {"block_actions", "view_submission"} <= kinds
    assert any("command" in body for body, _ in recorded)

    forger = Forger(sandbox, olga, [ben, cleo])
    answers = [await forger.send(body, as_json=as_json) for body, as_json in recorded]
    await _at_rest(sandbox, olga.user.team_id)

    assert await _at_rest(sandbox, theirs) == before
    assert [_seen_by(it) for it in (ben, cleo)] == said_before
    seen = _seen_by(olga) + "\n".join(answers)
    for secret in (
        NAME,
        ben.id,
        cleo.id,
        "Ben Okafor",
        "Cleo Marsh",
        sandbox.slack.workspace.channel(CHANNEL).id,
    ):
        assert secret not in seen, secret


async def test_every_token_speaks_in_its_own_workspace_alone(sandbox: Sandbox) -> None:
    ben, olga = sandbox.slack.person("ben"), sandbox.slack.person("contoso-2-owner")
    olga.invite_bot("contoso-2-setup")
    sandbox.slack.calls.clear()
    await connect(sandbox, ben, **{"Instance name": NAME})
    await _at_rest(sandbox, ben.user.team_id)
    assert {call.team_id for call in sandbox.slack.calls} == {ben.user.team_id}
    sandbox.slack.calls.clear()
    await olga.command("/cw-setup", "contoso-2-setup")
    assert olga.modal is not None
    await olga.close_modal()
    assert {call.team_id for call in sandbox.slack.calls} == {olga.user.team_id}
    # The same name is free in the other workspace: names are not shared either.
    await olga.command(f"/cw-status {NAME}", "contoso-2-setup")
    assert NAME not in _seen_by(olga).replace(f"/cw-status {NAME}", "")


async def test_one_workspace_leaving_leaves_the_other_alone(sandbox: Sandbox) -> None:
    ben, olga = sandbox.slack.person("ben"), sandbox.slack.person("contoso-2-owner")
    await connect(sandbox, ben, **{"Instance name": NAME})
    before = await _at_rest(sandbox, ben.user.team_id)
    sandbox.slack.uninstall(olga.user.team_id)
    await sandbox.slack.settle()
    await _at_rest(sandbox, olga.user.team_id)
    assert await _everything_of(sandbox, olga.user.team_id) == {}
    assert await _everything_of(sandbox, ben.user.team_id) == before
    refused = await olga.command("/cw-status", "contoso-2-setup")
    assert "/cw-setup" not in refused.text
    await ben.command("/cw-status", CHANNEL)
    await see_status(ben, "Verified")
