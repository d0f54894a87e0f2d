from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.sealing import Sealer
from bot.store import keys
from bot.store.audit import RedisAudit
from bot.store.connection import Client
from bot.store.installations import RedisInstallations
from bot.store.instances import RedisInstances
from bot.store.once import RedisOnce
from bot.store.purge import RedisPurge
from bot.store.schedule import RedisSchedule
from bot.store.submissions import RedisSubmissions
from tests.store.examples import TEAM, make_instance, make_job, make_submission

# One whose id begins with the other's, so that a careless pattern shows.
TEAMS = (TEAM, f"{TEAM}X")


async def fill(redis: Client, sealer: Sealer, team: str) -> None:
    await RedisInstances(redis, sealer).add(make_instance(team_id=team))
    await RedisSubmissions(redis, sealer).put(make_submission(team_id=team), 60)
    await RedisInstallations(redis, sealer).put(team, {"token": "x"})
    await RedisAudit(redis).append(team, {"what": "added"})
    await RedisOnce(redis).first(team, "click", "a", 60)
    for number in range(3):
        await RedisSchedule(redis).add(make_job(f"{team}:{number}", team_id=team))


async def all_keys(redis: Client) -> set[bytes]:
    return {key async for key in redis.scan_iter() if b"{schedule}" not in key}


@pytest.fixture
def purge(redis: Client) -> RedisPurge:
    return RedisPurge(redis)


async def test_a_purged_workspace_leaves_its_tombstone_and_nothing_else(
    purge: RedisPurge, redis: Client, sealer: Sealer
) -> None:
    for team in TEAMS:
        await fill(redis, sealer, team)
    assert await purge.purge_team(TEAM) > 8
    left = await all_keys(redis)
    assert not [key for key in left if TEAM.encode() + b"}" in key]
    assert keys.PURGED.encode() in left
    purged_at = await purge.purged_at(TEAM)
    assert purged_at is not None
    assert abs(datetime.now(UTC) - purged_at) < timedelta(hours=1)


async def test_another_workspace_keeps_all_of_its_own(
    purge: RedisPurge, redis: Client, sealer: Sealer
) -> None:
    await fill(redis, sealer, TEAMS[1])
    before = await all_keys(redis)
    await fill(redis, sealer, TEAM)
    await purge.purge_team(TEAM)
    assert await all_keys(redis) == before | {keys.PURGED.encode()}
    assert len(await RedisInstances(redis, sealer).list(TEAMS[1])) == 1
    assert {it.job.team_id for it in await RedisSchedule(redis).claim(10, 60)} == {TEAMS[1]}
    assert await purge.purged_at(TEAMS[1]) is None


async def test_purging_goes_on_where_it_was_interrupted_and_may_be_repeated(
    purge: RedisPurge, redis: Client, sealer: Sealer
) -> None:
    await fill(redis, sealer, TEAM)
    await redis.delete(keys.instances(TEAM), keys.audit(TEAM))
    assert await purge.purge_team(TEAM) > 0
    assert await purge.purge_team(TEAM) == 0
    assert await RedisSchedule(redis).size() == 0


async def test_a_job_that_is_being_worked_on_goes_too(purge: RedisPurge, redis: Client) -> None:
    schedule = RedisSchedule(redis)
    await schedule.add(make_job())
    (claim,) = await schedule.claim(1, 60)
    await purge.purge_team(TEAM)
    assert not await schedule.postpone(claim, 0)
    assert await schedule.size() == 0
