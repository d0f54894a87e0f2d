import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, cast

import pytest

from bot.domain.sealing import Sealer
from bot.services.ports import Spawn
from bot.services.workspaces import Installed, LeavingService, purge_job_id, resume_purges
from bot.store import keys
from bot.store.audit import RedisAudit
from bot.store.connection import Client
from bot.store.installations import RedisInstallations
from bot.store.instances import RedisInstances
from bot.store.once import RedisOnce
from bot.store.purge import RedisPurge
from bot.store.schedule import RedisSchedule
from bot.store.submissions import RedisSubmissions
from tests.store.examples import LONG_AGO, TEAM, make_instance, make_job, make_submission

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


class Interrupted(BaseException):
    """What a killed process does not come back from."""


class Nowhere:
    """No bot holds a token of it."""

    async def confirmed_at(self, _team_id: str, /) -> datetime | None:
        return None

    async def forget(self, team_id: str) -> None:
        pass

    async def members(self, _enterprise_id: str, /) -> list[str]:
        return []


def now() -> datetime:
    return datetime.now(UTC)


def make_service(
    redis: Client, purge: RedisPurge, sweeps: list[Coroutine[Any, Any, None]] | None = None
) -> LeavingService:
    def spawn(work: Coroutine[Any, Any, None], /, *, name: str) -> None:
        assert sweeps is not None
        sweeps.append(work)

    return LeavingService(
        purge=purge,
        installed=cast("Installed", Nowhere()),
        schedule=RedisSchedule(redis),
        clock=now,
        spawn=cast("Spawn", spawn),
    )


async def leave(redis: Client, purge: RedisPurge, *, times: int = 1) -> int:
    """Have the workspace leave, as an event of Slack's has it; returns how many sweeps were cut off."""
    sweeps: list[Coroutine[Any, Any, None]] = []
    for _ in range(times):
        assert await make_service(redis, purge, sweeps).leave(TEAM, happened_at=LONG_AGO)
    ended = await asyncio.gather(*sweeps, return_exceptions=True)
    return sum(isinstance(it, Interrupted) for it in ended)


async def start_again(redis: Client) -> None:
    """What a start does, and then its worker with what is due."""
    purge, schedule = RedisPurge(redis), RedisSchedule(redis)
    await resume_purges(purge, schedule.cancel)
    if await schedule.ids_of(""):
        await make_service(redis, purge).finish(f"{TEAM}:{int(LONG_AGO.timestamp())}")
        await schedule.cancel(purge_job_id(TEAM))


async def test_a_purge_that_is_cut_off_at_any_step_is_ended_by_the_next_start(
    redis: Client, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind: Any = type(redis)
    execute = kind.execute_command
    for step in count():
        await redis.flushall()
        await fill(redis, sealer, TEAM)
        left = step

        async def until_killed(client: Client, *args: Any, **options: Any) -> Any:
            nonlocal left
            if left == 0:
                raise Interrupted
            left -= 1
            return await execute(client, *args, **options)

        class Cut(RedisPurge):
            async def purge_team(self, team_id: str) -> int:
                monkeypatch.setattr(kind, "execute_command", until_killed)
                try:
                    return await super().purge_team(team_id)
                finally:
                    monkeypatch.undo()

        was_cut_off = await leave(redis, Cut(redis)) > 0
        await start_again(redis)
        assert await all_keys(redis) == {keys.PURGED.encode()}, step
        assert await RedisSchedule(redis).size() == 0
        if not was_cut_off:
            break
    assert step > 8


async def test_leaving_any_number_of_times_is_leaving_once(
    purge: RedisPurge, redis: Client, sealer: Sealer
) -> None:
    await fill(redis, sealer, TEAM)
    assert await leave(redis, purge, times=5) == 0
    assert await purge.unfinished() == [TEAM]
    await start_again(redis)
    await start_again(redis)
    assert await all_keys(redis) == {keys.PURGED.encode()}
    assert await redis.hkeys(keys.PURGED) == [TEAM.encode()]
    assert await RedisSchedule(redis).size() == 0
