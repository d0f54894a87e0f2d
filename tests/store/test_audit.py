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
    ids = [(await audit.append(TEAM, {"what": name, "by": "U1"}))[0] for name in ("added", "removed")]
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


async def test_many_are_appended_in_their_order_with_few_scripts(audit: RedisAudit, redis: Client) -> None:
    before = await count_scripts(redis)
    ids = await audit.append(TEAM, *({"n": str(number), "by": "U1"} for number in range(250)))
    assert await count_scripts(redis) - before <= 6
    kept = [it.id for it in await audit.read(TEAM, 400)][::-1]
    assert len(kept) >= 100
    assert kept == ids[-len(kept) :]
    assert [it.event["n"] for it in await audit.read(TEAM, 3)] == ["249", "248", "247"]


async def test_a_refusal_of_redis_is_told(audit: RedisAudit, redis: Client) -> None:
    await redis.set(keys.audit(TEAM), "no stream")
    with pytest.raises(StoreError):
        await audit.append(TEAM, {"n": "1"}, {"n": "2"})
    await redis.delete(keys.audit(TEAM))
    assert await audit.append(TEAM, {"n": "again"})


async def count_scripts(redis: Client) -> int:
    """How many scripts this server has run."""
    stats = await redis.info("commandstats")
    return sum(stats.get(f"cmdstat_{it}", {}).get("calls", 0) for it in ("eval", "evalsha"))
