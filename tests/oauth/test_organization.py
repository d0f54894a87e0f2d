"""An Enterprise Grid organization installs the app once, for all of its workspaces."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.sandbox.bench import Sandbox
from bot.sandbox.slack.delivery import Ack
from bot.store import keys
from handlers.payload import read_organization
from tests.journeys.steps import CHANNEL, PATIENCE, connect, see_in_thread, see_status
from tests.oauth.steps import Browser

GRID = "E0HOLDING1"


@pytest.fixture
def grid(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    """From now on Slack answers and tells as it does for an organization-wide installation."""
    perform = sandbox.slack._dispatcher._perform
    deliver = sandbox.slack.delivery._over_http

    def answer(name: str, args: dict[str, Any], token: str) -> Any:
        found = perform(name, args, token)
        assert isinstance(found.body, dict)
        enterprise = {"id": GRID, "name": "Holding"}
        if name == "oauth.v2.access":
            return replace(
                found,
                body={**found.body, "team": None, "enterprise": enterprise, "is_enterprise_install": True},
            )
        if name == "auth.test":
            return replace(found, body={**found.body, "team_id": GRID, "is_enterprise_install": True})
        return found

    async def tell(
        body: Mapping[str, Any], *, as_json: bool = False, headers: Mapping[str, str] | None = None
    ) -> Ack:
        changed = dict(body)
        if "payload" in changed:
            inner = json.loads(changed["payload"])
            changed["payload"] = json.dumps(
                {**inner, "enterprise": {"id": GRID, "name": "Holding"}, "is_enterprise_install": True}
            )
        elif as_json:
            changed["enterprise_id"] = GRID
            changed["authorizations"] = [
                {**it, "enterprise_id": GRID, "is_enterprise_install": True}
                for it in changed["authorizations"]
            ]
        else:
            changed |= {"enterprise_id": GRID, "enterprise_name": "Holding", "is_enterprise_install": "true"}
        return await deliver(changed, as_json=as_json, headers=headers)

    monkeypatch.setattr(sandbox.slack._dispatcher, "_perform", answer)
    monkeypatch.setattr(sandbox.slack.delivery, "_over_http", tell)
    return GRID


async def test_one_installation_of_the_organization_serves_a_workspace_of_it(
    sandbox: Sandbox, browser: Browser, grid: str
) -> None:
    ben = sandbox.slack.person("ben")
    page = await browser.install(ben.user.team_id)
    assert page.title == "Installed in Holding"
    await connect(sandbox, ben)
    await see_in_thread(ben, "5 of 8")
    await ben.open_home()
    await ben.wait_for(lambda: ben.home is not None, 10)
    # After a restart the durable work knows the workspace alone, and finds the organization's token by itself.
    await sandbox.restart_bot()
    await ben.command("/cw-status", CHANNEL)
    await see_status(ben, "Verified")


@pytest.mark.parametrize("tokens_first", [True, False])
async def test_when_the_organization_leaves_the_data_of_all_its_workspaces_goes(
    sandbox: Sandbox, browser: Browser, grid: str, swept_soon: None, tokens_first: bool
) -> None:
    ben = sandbox.slack.person("ben")
    await browser.install(ben.user.team_id)
    await connect(sandbox, ben)
    sandbox.slack.uninstall(tokens_first=tokens_first)
    await sandbox.slack.settle()
    assert sandbox.bot is not None
    assert sandbox.bot._redis is not None
    left = [b""]
    async with asyncio.timeout(PATIENCE):
        while left:
            await asyncio.sleep(0.1)
            left = [it async for it in sandbox.bot._redis.scan_iter("cwbot:{[TE]*") if b":once:" not in it]
    assert (await ben.command("/cw-status", CHANNEL)).error is not None


async def test_without_slacks_word_for_it_a_workspace_is_of_no_organization(
    sandbox: Sandbox, browser: Browser, grid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = sandbox.slack.person("ben")
    await browser.install(ben.user.team_id)
    monkeypatch.undo()
    assert (await ben.command("/cw-status", CHANNEL)).error is not None
    assert sandbox.bot is not None
    assert sandbox.bot._redis is not None
    assert not await sandbox.bot._redis.exists(keys.installation(ben.user.team_id))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, ""),
        ({"enterprise_id": GRID, "is_enterprise_install": "false"}, ""),
        ({"enterprise_id": GRID, "is_enterprise_install": "true"}, GRID),
        ({"enterprise": {"id": GRID}, "is_enterprise_install": True}, GRID),
        ({"enterprise": None, "is_enterprise_install": False}, ""),
        (
            {
                "enterprise_id": GRID,
                "authorizations": [{"is_enterprise_install": True, "enterprise_id": GRID}],
            },
            GRID,
        ),
        ({"enterprise_id": GRID, "authorizations": [{"is_enterprise_install": False}]}, ""),
        ({"enterprise_id": GRID, "authorizations": "junk"}, ""),
    ],
)
def test_an_organization_counts_where_the_payload_says_that_it_installed_the_app(
    body: dict[str, Any], says: str
) -> None:
    assert read_organization(body) == says
