import pytest

from bot.domain.errors import SealError
from bot.domain.sealing import Sealer
from bot.store import keys
from bot.store.connection import Client
from bot.store.installations import RedisInstallations
from tests.store.examples import TEAM
from tests.store.server import copy_fields

DOCUMENT = {"bot_token": "xoxb-canary", "scopes": ["commands", "chat:write"], "enterprise": None}


@pytest.fixture
def installations(redis: Client, sealer: Sealer) -> RedisInstallations:
    return RedisInstallations(redis, sealer)


async def test_an_installation_comes_back_and_is_sealed(
    installations: RedisInstallations, redis: Client
) -> None:
    await installations.put(TEAM, DOCUMENT)
    assert await installations.get(TEAM) == DOCUMENT
    assert "canary" not in repr(await redis.hgetall(keys.installation(TEAM)))


async def test_a_later_installation_replaces_the_earlier(installations: RedisInstallations) -> None:
    await installations.put(TEAM, DOCUMENT)
    await installations.put(TEAM, {"bot_token": "xoxb-2"})
    assert await installations.get(TEAM) == {"bot_token": "xoxb-2"}


async def test_a_removed_installation_is_gone(installations: RedisInstallations) -> None:
    await installations.put(TEAM, DOCUMENT)
    assert await installations.remove(TEAM)
    assert not await installations.remove(TEAM)
    assert await installations.get(TEAM) is None


async def test_workspaces_with_an_installation_are_listed(installations: RedisInstallations) -> None:
    assert await installations.list_ids() == []
    teams = [f"T{number:04}" for number in range(1200)]
    for team in teams:
        await installations.put(team, {})
    assert await installations.list_ids() == teams


async def test_an_installation_moved_to_another_workspace_does_not_open(
    installations: RedisInstallations, redis: Client
) -> None:
    await installations.put(TEAM, DOCUMENT)
    await copy_fields(redis, keys.installation(TEAM), keys.installation("T0OTHER"))
    with pytest.raises(SealError):
        await installations.get("T0OTHER")
