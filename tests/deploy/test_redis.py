"""The shipped Redis: the bot may do what it needs and nothing else, and nothing that it keeps is thrown away."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.exceptions import NoPermissionError

from bot.runtime.storage import Storage
from bot.sandbox.bench import Sandbox
from bot.sandbox.script import play
from bot.sandbox.slack.seed import HOME_TEAM
from bot.store.connection import close, connect
from bot.store.health import inspect
from bot.store.key_checks import RedisKeyChecks
from bot.store.purge import RedisPurge
from bot.store.reseal import RedisReseal
from bot.vault import KeyRing, generate_key
from tests.deploy.places import DEPLOY
from tests.deploy.production_redis import ProductionRedis

FORBIDDEN = [
    ("FLUSHALL",),
    ("FLUSHDB",),
    ("CONFIG", "GET", "*"),
    ("KEYS", "*"),
    ("ACL", "LIST"),
    ("SHUTDOWN",),
    ("REPLICAOF", "NO", "ONE"),
    ("SCRIPT", "FLUSH"),
    ("FUNCTION", "FLUSH"),
    ("MONITOR",),
    ("SWAPDB", "0", "1"),
    ("CLIENT", "KILL", "ID", "1"),
    ("GET", "somebody:else"),
    ("SET", "somebody:else", "x"),
    ("SUBSCRIBE", "any"),
]


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[ProductionRedis]:
    async with ProductionRedis(tmp_path / "redis") as started:
        yield started


async def test_a_whole_journey_needs_no_right_that_the_bots_user_lacks(
    redis: ProductionRedis, tmp_path: Path
) -> None:
    said: list[str] = []
    async with Sandbox(data_dir=tmp_path / "data", redis_url=redis.url) as sandbox:
        assert await play(sandbox, said.append), "\n".join(said)
    client = connect(redis.url)
    try:
        ring = KeyRing.parse(generate_key("other"))
        storage = Storage(client, ring)
        # What the command line does beside it: looking at the keys, sealing anew, purging.
        assert await RedisReseal(client, storage.sealer).count_by_key()
        assert (await RedisKeyChecks(client).compare(ring.check_values())).missing
        assert await RedisPurge(client).purge_team(HOME_TEAM.id)
        await client.wait(0, 1)
    finally:
        await close(client)
    async with redis.operator() as operator:
        assert await operator.acl_log() == []


async def test_what_the_bot_does_not_need_it_may_not_do(redis: ProductionRedis) -> None:
    allowed = []
    async with redis.client("cw-bot", redis.password) as client:
        for command in FORBIDDEN:
            try:
                await client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py
            except NoPermissionError:
                continue
            allowed.append(command)
        assert await client.set("cwbot:{T1}:mine", "x")
    assert allowed == []


async def test_who_does_not_log_in_may_do_nothing_and_health_may_ask_only(redis: ProductionRedis) -> None:
    async with redis.client("health", "any") as client:
        assert await client.ping()
        with pytest.raises(NoPermissionError):
            await client.get("cwbot:{T1}:mine")
    async with redis.operator() as client:
        users = {it.split()[1]: it for it in await client.acl_list()}
    assert " off " in users["default"]
    assert set(users) == {"default", "cw-bot", "operator", "health"}


async def test_the_store_is_as_doctor_and_start_want_it(redis: ProductionRedis) -> None:
    client = connect(redis.url)
    health = await inspect(client)
    await close(client)
    assert health.problems == ()
    assert health.maxmemory_policy == "noeviction"
    assert health.has_append_only_file


def test_the_example_names_no_password_and_no_comment_which_redis_would_not_read() -> None:
    lines = (DEPLOY / "redis" / "users.acl.example").read_text().splitlines()
    assert all(line.startswith("user ") for line in lines)
    assert "#BOT_PASSWORD_SHA256" in lines[1]
