import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import StoreError
from bot.store import keys
from bot.store.audit import RedisAudit
from bot.store.connection import Client
from tests.store.examples import TEAM


@pytest.fixture
def audit(redis: Client) -> RedisAudit:
    return RedisAudit(redis, capacity=100)


async def test_events_come_back_newest_first(audit: RedisAudit) -> None:
    ids = [await audit.append(TEAM, {"what": name, "by": "U1"}) for name in ("added", "removed")]
    entries = await audit.read(TEAM)
    assert [it.event for it in entries] == [{"what": "removed", "by": "U1"}, {"what": "added", "by": "U1"}]
    assert [it.id for it in entries] == ids[::-1]
    assert abs(datetime.now(UTC) - entries[0].at) < timedelta(hours=1)


async def test_no_more_is_read_than_asked_for(audit: RedisAudit) -> None:
    for number in range(5):
        await audit.append(TEAM, {"n": str(number)})
    assert [it.event["n"] for it in await audit.read(TEAM, 2)] == ["4", "3"]


async def test_a_workspace_reads_its_own_only(audit: RedisAudit) -> None:
    await audit.append(TEAM, {"what": "added"})
    assert await audit.read("T0OTHER") == []


async def test_the_oldest_fall_off(audit: RedisAudit, redis: Client) -> None:
    for number in range(400):
        await audit.append(TEAM, {"n": str(number)})
    assert 100 <= await redis.xlen(keys.audit(TEAM)) < 300
    assert (await audit.read(TEAM, 1))[0].event == {"n": "399"}


async def test_an_event_whose_reply_was_lost_is_there_once(audit: RedisAudit, redis: Client) -> None:
    names = (keys.audit(TEAM), keys.once(TEAM, "audit:mine"))
    ids = {await audit._append(redis, names, 100, 60_000, 2, "what", "added") for _ in range(3)}
    assert len(ids) == await redis.xlen(keys.audit(TEAM)) == 1


async def test_what_happens_at_the_same_time_is_written_together_in_its_order(
    audit: RedisAudit, redis: Client
) -> None:
    before = await count_scripts(redis)
    events = [{"n": str(number), "by": "U1"} for number in range(250)]
    ids = await asyncio.gather(
        *(audit.append(TEAM, it) for it in events), audit.append("T0OTHER", {"n": "x"})
    )
    assert await count_scripts(redis) - before <= 6
    kept = [it.id for it in await audit.read(TEAM, 400)][::-1]
    assert len(kept) >= 100
    assert kept == list(ids[:250])[-len(kept) :]
    assert [it.event["n"] for it in await audit.read(TEAM, 3)] == ["249", "248", "247"]
    assert [it.id for it in await audit.read("T0OTHER")] == [ids[-1]]


async def test_whoever_gives_up_takes_nobody_along(audit: RedisAudit) -> None:
    tasks = [asyncio.create_task(audit.append(TEAM, {"n": str(number)})) for number in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    first, second, third = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(second, asyncio.CancelledError)
    assert [it.id for it in await audit.read(TEAM) if it.event["n"] != "1"] == [third, first]


async def test_where_the_first_gives_up_the_others_are_told(redis: Client) -> None:
    audit = RedisAudit(redis, gather_seconds=3600)
    tasks = [asyncio.create_task(audit.append(TEAM, {"n": str(number)})) for number in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    first, *others = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(first, asyncio.CancelledError)
    assert all(isinstance(it, StoreError) for it in others)
    assert audit._open == {}


async def test_a_refusal_of_redis_is_told_to_each(audit: RedisAudit, redis: Client) -> None:
    await redis.set(keys.audit(TEAM), "no stream")
    told = await asyncio.gather(
        *(audit.append(TEAM, {"n": str(it)}) for it in range(3)), return_exceptions=True
    )
    assert all(isinstance(it, StoreError) for it in told)
    await redis.delete(keys.audit(TEAM))
    assert await audit.append(TEAM, {"n": "again"})


async def count_scripts(redis: Client) -> int:
    """How many scripts this server has run."""
    stats = await redis.info("commandstats")
    return sum(stats.get(f"cmdstat_{it}", {}).get("calls", 0) for it in ("eval", "evalsha"))
