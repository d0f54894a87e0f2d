"""How long a role that was taken away still counts: a minute, a group's five, and not at all before keys are shown.

And that nothing but Slack is ever answered, whatever address a payload names.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest

from bot.domain.errors import NotAllowedError
from bot.domain.people import Actor
from bot.sandbox.slack import SlackServer
from bot.services.access import Access, Action
from bot.slack.errors import SlackError
from bot.slack.gateway import SlackGateway
from bot.slack.people import GROUP_SECONDS, PERSON_SECONDS, SlackDirectory
from tests.security.names import Listener

GROUP = "S0PSATEAM1"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class Office:
    """A Slack, the way into it, and who may do what there."""

    slack: SlackServer
    gateway: SlackGateway
    clock: Clock
    access: Access

    async def may(self, name: str, action: Action) -> bool:
        user = self.slack.workspace.user(name)
        try:
            await self.access.require(Actor(user.id, self.slack.workspace.team.id), action)
        except NotAllowedError:
            return False
        return True


class Tokens:
    def __init__(self, slack: SlackServer) -> None:
        self._slack = slack

    async def token(self, _team_id: str) -> str:
        return self._slack.bot_token


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    slack = SlackServer()
    slack.workspace.app.scopes += ("usergroups:read",)
    slack.workspace.install(slack.workspace.team.id)
    async with slack, aiohttp.ClientSession() as session:
        gateway, clock = SlackGateway(session, Tokens(slack), api_url=slack.api_url), Clock()
        directory = SlackDirectory(gateway, monotonic=clock)
        yield Office(slack, gateway, clock, Access(directory, setup_groups=frozenset({GROUP})))


async def test_a_role_counts_for_a_minute_after_it_was_taken_away_and_not_before_keys_are_shown(
    office: Office,
) -> None:
    assert await office.may("ada", Action.MANAGE)
    office.slack.workspace.user("ada").role = "member"
    office.clock.now = PERSON_SECONDS
    assert await office.may("ada", Action.MANAGE)
    assert not await office.may("ada", Action.REVEAL)
    # Whoever was found out is not believed elsewhere either.
    assert not await office.may("ada", Action.MANAGE)
    assert await office.may("ada", Action.STATUS)


async def test_a_role_is_asked_anew_after_a_minute(office: Office) -> None:
    assert await office.may("ada", Action.SETUP)
    office.slack.workspace.user("ada").role = "guest"
    office.clock.now = PERSON_SECONDS + 1
    assert not await office.may("ada", Action.SETUP)
    assert not await office.may("ada", Action.STATUS)


async def test_whoever_left_a_group_sees_no_key_at_once_and_sets_nothing_up_after_five_minutes(
    office: Office,
) -> None:
    assert await office.may("cleo", Action.REVEAL)
    office.slack.workspace.usergroups[GROUP].remove(office.slack.workspace.user("cleo").id)
    assert await office.may("cleo", Action.MANAGE)
    assert not await office.may("cleo", Action.REVEAL)
    assert not await office.may("cleo", Action.MANAGE)


async def test_a_group_is_asked_anew_after_five_minutes(office: Office) -> None:
    assert await office.may("cleo", Action.MANAGE)
    office.slack.workspace.usergroups[GROUP].clear()
    office.clock.now = GROUP_SECONDS + 1
    assert not await office.may("cleo", Action.MANAGE)


async def test_while_slack_says_nothing_nobody_is_believed(office: Office) -> None:
    office.slack.fail("users.info", error="internal_error")
    with pytest.raises(SlackError):
        await office.may("ada", Action.STATUS)


async def test_whom_slack_does_not_know_here_is_a_stranger(office: Office) -> None:
    with pytest.raises(NotAllowedError, match="not_allowed_outsider"):
        await office.access.require(Actor("U0NOBODY01", office.slack.workspace.team.id), Action.STATUS)
    with pytest.raises(NotAllowedError, match="not_allowed_outsider"):
        await office.access.require(Actor("", office.slack.workspace.team.id), Action.STATUS)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/commands/T1/2/x",
        "http://127.0.0.1:{port}#{base}",
        "http://{host}@127.0.0.1:{port}/",
        "https://hooks.slack.com@127.0.0.1:{port}/",
        "https://hooks.slack.com.127.0.0.1.nip.test/",
        "http://hooks.slack.com/commands/T1/2/x",
        "https://hooks.slack.com:8443/",
        "//127.0.0.1:{port}/",
        "file:///etc/passwd",
        "http://[::1",
        "",
    ],
)
async def test_only_slack_is_answered_whatever_address_a_payload_names(office: Office, address: str) -> None:
    base = office.slack.base_url
    async with Listener.open() as listener:
        named = address.format(port=listener.port, base=base, host=base.partition("//")[2])
        with pytest.raises(SlackError, match="elsewhere"):
            await office.gateway.respond(named, text="x")
    assert listener.came == 0
