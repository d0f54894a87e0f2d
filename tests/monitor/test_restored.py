"""What a backup put back is looked after as before."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.instance import Instance, Standing
from bot.domain.jobs import JobKind
from bot.domain.monitor import Pace
from bot.services.backup import pack, restore, unpack
from bot.store.connection import Client
from bot.store.instances import RedisInstances
from bot.store.schedule import RedisSchedule
from bot.vault import EnvelopeSealer, KeyRing, generate_key
from tests.store.examples import TEAM, make_instance


@pytest.fixture
def instances(redis: Client) -> RedisInstances:
    return RedisInstances(redis, EnvelopeSealer(KeyRing.parse(generate_key("first"))))


async def back_up(instances: RedisInstances, redis: Client, *kept: Instance) -> list[Instance]:
    """A backup of these, and nothing left in the store."""
    for it in kept:
        await instances.add(it)
    content, _ = await pack(instances, TEAM)
    await redis.flushall()
    return unpack(content)


async def test_each_verified_one_has_its_check_again_and_no_other_has(
    redis: Client, instances: RedisInstances
) -> None:
    verified = make_instance("Verified").evolve(standing=Standing.VERIFIED)
    waiting = make_instance("Waiting").evolve(standing=Standing.UNVERIFIED)
    backup = await back_up(instances, redis, verified, waiting)
    # So long ago that what is due within an interval of it is due now.
    at = datetime.now(UTC) - timedelta(seconds=Pace().interval_seconds)
    schedule = RedisSchedule(redis)
    result = await restore(instances, schedule, backup, at=at)
    assert sorted(result.added) == ["Verified", "Waiting"]
    claims = await schedule.claim(10, 60)
    assert [(it.job.kind, it.job.team_id, it.job.subject) for it in claims] == [
        (JobKind.CHECK_INSTANCE, TEAM, verified.id)
    ]


async def test_in_another_workspace_it_is_looked_after_there(
    redis: Client, instances: RedisInstances
) -> None:
    verified = make_instance("Verified").evolve(standing=Standing.VERIFIED)
    backup = await back_up(instances, redis, verified)
    at = datetime.now(UTC) - timedelta(seconds=Pace().interval_seconds)
    schedule = RedisSchedule(redis)
    await restore(instances, schedule, backup, at=at, team_id="T0OTHER")
    assert [it.job.team_id for it in await schedule.claim(10, 60)] == ["T0OTHER"]


async def test_what_is_there_already_keeps_its_time(redis: Client, instances: RedisInstances) -> None:
    verified = make_instance("Verified").evolve(standing=Standing.VERIFIED)
    backup = await back_up(instances, redis, verified)
    schedule = RedisSchedule(redis)
    await restore(instances, schedule, backup, at=datetime.now(UTC))
    result = await restore(instances, schedule, backup, at=datetime.now(UTC) - timedelta(days=1))
    assert result.present == ["Verified"]
    assert await schedule.claim(10, 60) == []
