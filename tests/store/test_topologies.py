from pathlib import Path

import pytest
from redis.asyncio.cluster import RedisCluster

from bot.domain.sealing import Sealer
from bot.store.audit import RedisAudit
from bot.store.connection import Client, close, connect
from bot.store.health import inspect
from bot.store.installations import RedisInstallations
from bot.store.instances import RedisInstances
from bot.store.key_checks import RedisKeyChecks
from bot.store.onboardings import RedisOnboardings
from bot.store.once import RedisOnce
from bot.store.purge import RedisPurge
from bot.store.reseal import RedisReseal
from bot.store.retries import retrying
from bot.store.schedule import RedisSchedule
from bot.store.submissions import RedisSubmissions
from bot.vault import EnvelopeSealer
from tests.store.examples import TEAM, make_instance, make_job, make_submission
from tests.store.test_onboardings import Story
from tests.store.topology import Node, running, wait_until


async def use_everything(client: Client, sealer: EnvelopeSealer) -> None:
    """Every aggregate once, and the answers that show that it worked."""
    with retrying(deadline_seconds=20):
        await use_each(client, sealer)


async def use_each(client: Client, sealer: EnvelopeSealer) -> None:
    instances, schedule = RedisInstances(client, sealer), RedisSchedule(client)
    added = await instances.save(await instances.add(make_instance()))
    other = await instances.add(make_instance("Other"))
    assert await instances.make_default(TEAM, other.id)
    assert [it.id for it in await instances.list(TEAM)] == [added.id, other.id]
    assert await instances.remove(TEAM, added.id)
    await RedisSubmissions(client, sealer).put(make_submission(), 60)
    assert await RedisSubmissions(client, sealer).drop(TEAM, "sub1")
    stories = RedisOnboardings(client, Story)
    assert (await stories.save(await stories.add(Story(id="s1")))).revision == 2
    assert len(await stories.list(TEAM)) == 1
    assert await RedisOnce(client).first(TEAM, "click", "a", 60)
    await RedisAudit(client).append(TEAM, {"what": "added"})
    assert len(await RedisAudit(client).read(TEAM)) == 1
    for team in (TEAM, "T0OTHER", "T0THIRD"):
        await RedisInstallations(client, sealer).put(team, {})
    assert len(await RedisInstallations(client, sealer).list_ids()) == 3
    await RedisKeyChecks(client).remember({"a": "1"})
    await schedule.add(make_job())
    await schedule.add(make_job("job2"))
    first, second = await schedule.claim(10, 60)
    assert await schedule.extend(first)
    assert await schedule.postpone(first, 60)
    assert await schedule.finish(second)
    assert (await RedisReseal(client, sealer).run()).current == 4
    assert await RedisPurge(client).purge_team(TEAM) > 0
    assert await instances.list(TEAM) == []
    assert await schedule.size() == 0


async def test_everything_works_on_one_server(redis: Client, sealer: EnvelopeSealer) -> None:
    await use_everything(redis, sealer)


async def test_everything_works_on_a_cluster(tmp_path: Path, sealer: EnvelopeSealer) -> None:
    nodes = [Node(tmp_path / name, "--cluster-enabled", "yes", "--appendonly", "yes") for name in ("a", "b")]
    async with running(*nodes):
        for node, slots in zip(nodes, (range(8192), range(8192, 16384)), strict=True):
            await node.command("CLUSTER", "ADDSLOTS", *slots)
        await nodes[0].command("CLUSTER", "MEET", "127.0.0.1", nodes[1].port)

        async def is_up() -> bool:
            states = [str(await it.command("CLUSTER", "INFO")) for it in nodes]
            return all("cluster_state:ok" in it and "cluster_size:2" in it for it in states)

        await wait_until(is_up)
        client = connect(f"redis+cluster://127.0.0.1:{nodes[0].port}")
        assert isinstance(client, RedisCluster)
        await use_everything(client, sealer)
        health = await inspect(client)
        assert health.problems == ()
        assert {bool(await it.client.dbsize()) for it in nodes} == {True}
        await close(client)


@pytest.fixture
def sentinels_view(tmp_path: Path) -> tuple[Node, Node, Node]:
    """A master, its replica, and a Sentinel that watches them."""
    master = Node(tmp_path / "master", "--repl-diskless-sync-delay", "0")
    replica = Node(tmp_path / "replica", "--replicaof", f"127.0.0.1 {master.port}")
    watch = (
        f"sentinel monitor main 127.0.0.1 {master.port} 1\n"
        "sentinel down-after-milliseconds main 300\n"
        "sentinel failover-timeout main 3000\n"
    )
    return master, replica, Node(tmp_path / "sentinel", "--sentinel", config=watch)


async def test_writes_go_on_after_the_master_died(
    sentinels_view: tuple[Node, Node, Node], sealer: Sealer
) -> None:
    master, replica, sentinel = sentinels_view
    async with running(master, replica):
        await wait_until(lambda: is_in_step(master))
        async with running(sentinel):
            await wait_until(lambda: sentinel.command("SENTINEL", "REPLICAS", "main"))
            await lose_the_master(master, sentinel, sealer)
        assert (await replica.client.info("replication"))["role"] == "master"


async def is_in_step(master: Node) -> bool:
    """Whether the replica has all that was written up to now."""
    await master.client.set("any", "write")
    return bool(await master.client.wait(1, 100))


async def lose_the_master(master: Node, sentinel: Node, sealer: Sealer) -> None:
    client = connect(f"redis+sentinel://127.0.0.1:{sentinel.port}/main/0")
    instances = RedisInstances(client, sealer, replicas=1)
    try:
        added = await instances.add(make_instance())
        assert (await inspect(client)).replicas == 1
        # A write waits a moment for the replica and no longer: on a busy machine it may have been behind.
        await wait_until(lambda: is_in_step(master))
        await master.kill()
        with retrying(deadline_seconds=20):
            saved = await instances.save(added)
            assert saved.revision == 2
            assert await instances.list(TEAM) == [saved]
    finally:
        await close(client)
