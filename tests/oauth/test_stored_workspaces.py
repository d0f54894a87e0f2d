"""Installations as the bot finds them: remembered, renewed, dropped."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot.domain.errors import StoreUnavailableError
from bot.domain.sealing import Sealer
from bot.sandbox.slack import SlackServer
from bot.slack.errors import RevokedError
from bot.slack.installation import Installation
from bot.slack.oauth import OAuthClient
from bot.slack.stored_workspaces import REMEMBERED_SECONDS, StoredWorkspaces
from bot.slack.workspaces import OneWorkspace, Workspace
from bot.store.connection import Client
from bot.store.installations import RedisInstallations
from bot.store.once import RedisOnce

TEAM, OTHER, GRID = "T0NORTHWND", "T0CONTOSO1", "E0HOLDING1"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class World:
    """Time, tasks, and the parts that replicas share."""

    redis: Client
    installations: RedisInstallations
    oauth: OAuthClient
    slack: SlackServer
    now: datetime = NOW
    seconds: float = 0.0
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    def spawn(self, work: Coroutine[Any, Any, Any], /, *, name: str) -> asyncio.Task[Any]:
        """Start a task that the test ends."""
        task = asyncio.create_task(work, name=name)
        self.tasks.append(task)
        return task

    def replica(self, besides: OneWorkspace | None = None) -> StoredWorkspaces:
        """One bot's view."""
        return StoredWorkspaces(
            self.installations,
            oauth=self.oauth,
            once=RedisOnce(self.redis),
            spawn=self.spawn,
            besides=besides,
            clock=lambda: self.now,
            monotonic=lambda: self.seconds,
        )

    def tick(self, seconds: float = REMEMBERED_SECONDS + 1) -> None:
        """Let time pass."""
        self.seconds += seconds
        self.now += timedelta(seconds=seconds)


@pytest.fixture
async def world(redis: Client, sealer: Sealer) -> AsyncIterator[World]:
    async with SlackServer() as slack, aiohttp.ClientSession() as session:
        slack.workspace.rotates_tokens = True
        app = slack.workspace.app
        oauth = OAuthClient(session, app.client_id, SecretStr(app.client_secret), slack.api_url)
        it = World(redis, RedisInstallations(redis, sealer), oauth, slack)
        yield it
        await asyncio.gather(*it.tasks)


def _installed(place: str = TEAM, token: str = "xoxb-1", **changes: Any) -> Installation:
    return Installation(
        id=place, bot_id="B1", bot_user_id="U1", bot_token=SecretStr(token), confirmed_at=NOW, **changes
    )


async def _rotating(world: World) -> Installation:
    """An installation whose token lives for twelve hours, as Slack gave it."""
    grant = await world.oauth.exchange(world.slack.issue_oauth_code(TEAM), redirect_uri="https://b.example")
    return _installed(
        token=grant.access_token.get_secret_value(),
        refresh_token=grant.refresh_token,
        expires_at=NOW + timedelta(seconds=grant.expires_in or 0),
    )


async def test_an_installation_is_found_by_every_replica(world: World) -> None:
    here, there = world.replica(), world.replica()
    assert await here.find(TEAM) is None
    await here.add(_installed())
    found = await there.get(TEAM)
    assert (found.team_id, found.bot_id, found.bot_user_id) == (TEAM, "B1", "U1")
    assert await there.token(TEAM) == "xoxb-1"
    assert "xoxb-1" not in repr(found)
    assert "xoxb-1" not in repr(_installed())


async def test_a_workspace_that_is_not_installed_is_revoked_and_asked_for_anew_each_time(
    world: World,
) -> None:
    here, there = world.replica(), world.replica()
    with pytest.raises(RevokedError):
        await here.get(TEAM)
    await there.add(_installed())
    assert await here.token(TEAM) == "xoxb-1"


@pytest.mark.parametrize("bad", ["", "t1", "T1}:x", "*", "T" * 33, "cwbot:{T1}"])
async def test_an_id_that_is_none_is_not_looked_for(world: World, bad: str) -> None:
    assert await world.replica().find(bad) is None
    assert await world.replica().find(TEAM, bad or "e") is None
    await world.replica().forget(bad)


async def test_what_is_known_is_not_read_again_for_a_while_and_a_new_token_is_noticed_after_it(
    world: World,
) -> None:
    here, there = world.replica(), world.replica()
    await here.add(_installed())
    await there.add(_installed(token="xoxb-2"))
    assert await here.token(TEAM) == "xoxb-1"
    world.tick()
    assert await here.token(TEAM) == "xoxb-2"


async def test_a_revoked_workspace_is_dropped_at_once_here_and_soon_everywhere(world: World) -> None:
    here, there = world.replica(), world.replica()
    await here.add(_installed())
    assert await there.token(TEAM) == "xoxb-1"
    await here.forget(TEAM)
    await here.forget(TEAM)
    assert await here.find(TEAM) is None
    assert await world.installations.get(TEAM) is None
    world.tick()
    assert await there.find(TEAM) is None


async def test_while_the_store_is_away_people_of_known_workspaces_can_still_be_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world.replica()
    await here.add(_installed())

    async def away(_: str) -> None:
        raise StoreUnavailableError

    monkeypatch.setattr(world.installations, "get", away)
    world.tick()
    assert await here.token(TEAM) == "xoxb-1"
    with pytest.raises(StoreUnavailableError):
        await here.find(OTHER)


async def test_a_record_that_does_not_open_serves_nobody(world: World) -> None:
    here = world.replica()
    await here.add(_installed())
    await world.installations.put(OTHER, {"unknown": "shape"})
    assert await here.find(OTHER) is None
    await world.redis.hset(f"cwbot:{{{TEAM}}}:installation", "sealed", b"junk")
    assert await world.replica().find(TEAM) is None


async def test_the_workspace_of_the_settings_is_served_beside_those_that_installed_it(world: World) -> None:
    one = OneWorkspace(Workspace(OTHER, "B9", "U9", SecretStr("xoxb-settings")))
    both = world.replica(besides=one)
    await both.add(_installed())
    assert await both.token(OTHER) == "xoxb-settings"
    assert await both.token(TEAM) == "xoxb-1"
    await both.forget(OTHER)
    assert await both.find(OTHER) is None


# --- organizations ----------------------------------------------------------------------------------------------------


async def test_an_organizations_installation_serves_each_of_its_workspaces(world: World) -> None:
    here, there = world.replica(), world.replica()
    await here.add(_installed(GRID, "xoxb-grid", is_organization=True))
    found = await here.get(TEAM, GRID)
    assert (found.team_id, found.bot_token.get_secret_value()) == (TEAM, "xoxb-grid")
    assert await there.token(TEAM) == "xoxb-grid", "work behind the scenes knows the workspace alone"
    assert await here.find(OTHER) is None, "nobody has said that it is one of them"


async def test_a_workspaces_own_installation_goes_before_its_organizations(world: World) -> None:
    here = world.replica()
    await here.add(_installed(GRID, "xoxb-grid", is_organization=True))
    await here.add(_installed())
    assert (await here.get(TEAM, GRID)).bot_token.get_secret_value() == "xoxb-1"


async def test_a_workspaces_installation_serves_no_other_in_the_guise_of_an_organization(
    world: World,
) -> None:
    here = world.replica()
    await here.add(_installed(OTHER, "xoxb-other"))
    assert await here.find(TEAM, OTHER) is None


async def test_when_an_organization_leaves_none_of_its_workspaces_is_served(world: World) -> None:
    here, there = world.replica(), world.replica()
    await here.add(_installed(GRID, "xoxb-grid", is_organization=True))
    await here.get(TEAM, GRID)
    await there.get(TEAM, GRID)
    await here.forget(GRID)
    assert await here.find(TEAM) is None
    world.tick()
    assert await there.find(TEAM, GRID) is None


# --- rotation ---------------------------------------------------------------------------------------------------------


async def test_a_token_is_renewed_behind_before_it_ends_and_nobody_waits(world: World) -> None:
    here = world.replica()
    await here.add(await _rotating(world))
    first = await here.token(TEAM)
    world.tick(9 * 3600)
    assert await here.token(TEAM) == first
    assert not world.slack.calls.of("oauth.v2.access")[1:]
    world.tick(1.5 * 3600)
    assert await here.token(TEAM) == first, "the old one is good still"
    await asyncio.gather(*world.tasks)
    renewed = await here.token(TEAM)
    assert renewed == world.slack.bot_token != first
    assert await world.replica().token(TEAM) == renewed
    assert (await here.get(TEAM)).confirmed_at == world.now


async def test_a_token_that_has_ended_is_renewed_before_anything_is_done_with_it(world: World) -> None:
    here = world.replica()
    await here.add(await _rotating(world))
    first = await here.token(TEAM)
    world.tick(13 * 3600)
    assert await here.token(TEAM) == world.slack.bot_token != first


async def test_a_refresh_token_is_used_once_however_many_ask_on_however_many_replicas(world: World) -> None:
    replicas = [world.replica() for _ in range(3)]
    await replicas[0].add(await _rotating(world))
    world.tick(13 * 3600)
    tokens = await asyncio.gather(*(it.token(TEAM) for it in replicas * 4))
    assert set(tokens) == {world.slack.bot_token}
    assert len(world.slack.calls.of("oauth.v2.access")) == 2, "the exchange and one renewal"


@pytest.mark.parametrize("mood", [{"status": 503}, {"drops": "before"}, {"error": "internal_error"}])
async def test_a_renewal_that_fails_is_tried_again_while_the_old_token_is_good(
    world: World, mood: dict[str, Any]
) -> None:
    here = world.replica()
    await here.add(await _rotating(world))
    first = await here.token(TEAM)
    world.tick(11 * 3600)
    world.slack.fail("oauth.v2.access", **mood)
    assert await here.token(TEAM) == first
    await asyncio.gather(*world.tasks)
    assert await here.token(TEAM) == first
    await _let_marks_go(world.redis)
    await asyncio.gather(*world.tasks)
    await here.token(TEAM)
    await asyncio.gather(*world.tasks)
    assert await here.token(TEAM) == world.slack.bot_token != first


async def test_an_installation_that_was_removed_is_not_brought_back_by_its_renewal(world: World) -> None:
    here, there = world.replica(), world.replica()
    await here.add(await _rotating(world))
    await here.token(TEAM)
    await there.forget(TEAM)
    world.seconds -= 1  # here it is still remembered
    world.now += timedelta(hours=11)
    await here.token(TEAM)
    await asyncio.gather(*world.tasks)
    assert await world.installations.get(TEAM) is None
    assert len(world.slack.calls.of("oauth.v2.access")) == 1


async def _let_marks_go(redis: Client) -> None:
    """What the mark's time to live does."""
    async for key in redis.scan_iter("cwbot:*:once:*"):
        await redis.delete(key)


def test_a_document_comes_back_as_it_was() -> None:
    given = _installed(refresh_token=SecretStr("xoxe-1"), expires_at=NOW, scopes=("commands",))
    assert Installation.from_document(given.as_document()) == given
    assert Installation.from_document({}) is None
