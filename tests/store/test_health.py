from bot.store.connection import Client
from bot.store.health import StoreHealth, inspect

GOOD = StoreHealth(
    server="valkey",
    version="9.1.2",
    role="master",
    replicas=0,
    maxmemory_policy="noeviction",
    has_append_only_file=True,
    saves_fail=False,
    latency_ms=0.2,
)


async def test_the_embedded_server_is_healthy(redis: Client) -> None:
    found = await inspect(redis)
    assert found.problems == ()
    assert (found.role, found.replicas, found.maxmemory_policy) == ("master", 0, "noeviction")
    assert found.has_append_only_file
    assert found.version
    assert found.latency_ms > 0


async def test_a_server_that_may_throw_records_away_is_found_out(redis: Client) -> None:
    await redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        found = await inspect(redis)
    finally:
        await redis.config_set("maxmemory-policy", "noeviction")
    assert found.may_evict
    assert found.problems[0] == "evicts"


async def test_a_server_that_keeps_nothing_is_found_out(redis: Client) -> None:
    await redis.config_set("appendonly", "no")
    try:
        found = await inspect(redis)
    finally:
        await redis.config_set("appendonly", "yes")
    assert "no_append_only_file" in found.problems


def test_a_replica_and_an_old_server_are_problems() -> None:
    changes = {"role": "slave", "server": "redis", "version": "6.0.16", "saves_fail": True}
    values = {name: getattr(GOOD, name) for name in StoreHealth.__slots__} | changes
    assert StoreHealth(**values).problems == ("not_master", "saves_fail", "too_old")


def test_versions_are_compared_as_numbers() -> None:
    values = {name: getattr(GOOD, name) for name in StoreHealth.__slots__} | {"server": "redis"}
    assert [
        bool(StoreHealth(**values | {"version": it}).problems) for it in ("6.2.0", "10.0.1", "6.1", "?")
    ] == [
        False,
        False,
        True,
        True,
    ]
