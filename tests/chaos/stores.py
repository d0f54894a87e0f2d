"""Redis as it is in production, to be killed, stopped and failed over: one server, Sentinel, a cluster."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster

from tests.chaos.wire import Wire
from tests.store.topology import Node, running, wait_until

Reader = Redis | RedisCluster

# What a server that was killed has acknowledged must be there when it is back.
_DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


class Store(ABC):
    """What the bots keep things in. `wire` is there where it can have bad weather."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.chance = chance
        self.url = ""
        self.wire: Wire | None = None
        self.failovers: list[float] = []
        self._folder = folder

    @asynccontextmanager
    @abstractmethod
    def open(self) -> AsyncIterator["Store"]:
        """Run it for as long as the block lasts."""

    @abstractmethod
    async def trouble(self) -> str:
        """Do something bad to it, and what is needed that it comes back; what it was."""

    async def fail(self) -> str:
        """Kill a master, wait until another one has taken over, and bring it back as a replica."""
        raise NotImplementedError

    @abstractmethod
    def reader(self) -> Reader:
        """A client that goes there directly."""

    def node(self, name: str, *options: str, config: str = "") -> Node:
        """A server with a folder of its own."""
        return Node(self._folder / name, *options, config=config)

    async def pause(self, node: Node) -> None:
        """Let a server stand still for a moment."""
        node.signal(SIGSTOP)
        try:
            await asyncio.sleep(self.chance.uniform(0.1, 1.5))
        finally:
            node.signal(SIGCONT)

    async def fail_over(self, took_over: Callable[[], Awaitable[object]]) -> None:
        """Wait until somebody has taken over; note how long it took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        await wait_until(took_over)
        self.failovers.append(loop.time() - began)


class OneServer(Store):
    """A single server behind a wire."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Store"]:
        node = self._node = self.node("one", *_DURABLE)
        async with running(node):
            wire = Wire(lambda: asyncio.open_connection("127.0.0.1", node.port), self.chance)
            async with wire.open():
                self.wire = wire
                self.url = f"redis://127.0.0.1:{wire.port}/0"
                yield self

    async def trouble(self) -> str:
        if self.chance.random() < 0.5:
            await self.pause(self._node)
            return "Redis stood still"
        await self._node.kill()
        await asyncio.sleep(self.chance.uniform(0, 0.7))
        await self._node.start()
        return "Redis was killed and came back"

    def reader(self) -> Reader:
        return Redis(port=self._node.port)


class Sentinels(Store):
    """A master that takes no writes without a replica, two replicas, and a Sentinel that watches them."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Store"]:
        options = (*_DURABLE, "--repl-diskless-sync-delay", "0", "--min-replicas-to-write", "1")
        first = self.node("first", *options)
        replicas = [self.node(name, *options, "--replicaof", f"127.0.0.1 {first.port}") for name in "bc"]
        self._master, self._nodes = first, (first, *replicas)
        watch = (
            f"sentinel monitor main 127.0.0.1 {first.port} 1\n"
            "sentinel down-after-milliseconds main 1000\n"
            "sentinel failover-timeout main 3000\n"
        )
        self._sentinel = self.node("sentinel", "--sentinel", config=watch)
        async with running(*self._nodes):
            await wait_until(lambda: _is_followed(first, 2))
            async with running(self._sentinel):
                await wait_until(self._knows_both)
                self.url = f"redis+sentinel://127.0.0.1:{self._sentinel.port}/main/0"
                yield self

    async def _knows_both(self) -> bool:
        known = await self._sentinel.command("SENTINEL", "REPLICAS", "main")
        return isinstance(known, list) and len(known) == 2

    async def trouble(self) -> str:
        if self.chance.random() < 0.3:
            master = await self._find_master()
            await self.pause(self.chance.choice([it for it in self._nodes if it is not master]))
            return "a replica stood still"
        return await self.fail()

    async def fail(self) -> str:
        master = await self._find_master()
        others = [it for it in self._nodes if it is not master]
        await master.kill()

        async def took_over() -> bool:
            return "master" in [await _role(it) for it in others]

        await self.fail_over(took_over)
        heir = self._master = await self._find_master()
        await master.start("--replicaof", f"127.0.0.1 {heir.port}")
        await _catch_up(heir, 2)
        return "the master was killed, and failed over"

    async def _find_master(self) -> Node:
        for node in self._nodes:
            if node.is_up and await _role(node) == "master":
                return node
        raise LookupError("no master")

    def reader(self) -> Reader:
        return Redis(port=self._master.port)


class ThreeShards(Store):
    """Three masters with a replica each."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Store"]:
        options = (*_DURABLE, "--cluster-enabled", "yes", "--cluster-node-timeout", "1500")
        eager = ("--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0")
        self._nodes = [self.node(f"n{number}", *options, *eager) for number in range(6)]
        async with running(*self._nodes):
            await self._join()
            self.url = "redis+cluster://" + ",".join(f"127.0.0.1:{it.port}" for it in self._nodes)
            yield self

    async def _join(self) -> None:
        masters, replicas = self._nodes[:3], self._nodes[3:]
        shares = (range(5461), range(5461, 10923), range(10923, 16384))
        for node, slots in zip(masters, shares, strict=True):
            await node.command("CLUSTER", "ADDSLOTS", *slots)
        for node in self._nodes[1:]:
            await self._nodes[0].command("CLUSTER", "MEET", "127.0.0.1", node.port)

        async def know_each_other() -> bool:
            states = [str(await it.command("CLUSTER", "INFO")) for it in self._nodes]
            return all("cluster_state:ok" in it and "cluster_known_nodes:6" in it for it in states)

        await wait_until(know_each_other)
        for master, replica in zip(masters, replicas, strict=True):
            await replica.command("CLUSTER", "REPLICATE", _text(await master.command("CLUSTER", "MYID")))
        for node in masters:
            await wait_until(partial(_is_followed, node, 1))

    async def trouble(self) -> str:
        masters = await self._list_masters()
        if self.chance.random() < 0.3:
            await self.pause(self.chance.choice([it for it in self._nodes if it not in masters]))
            return "a replica stood still"
        return await self.fail()

    async def fail(self) -> str:
        node = self.chance.choice(await self._list_masters())
        replica = await self._find_replica(node)
        await node.kill()

        async def took_over() -> bool:
            return await _role(replica) == "master"

        await self.fail_over(took_over)
        await node.start()

        async def follows() -> bool:
            return await _role(node) == "slave"

        await wait_until(follows)
        await _catch_up(replica, 1)
        return "a shard's master was killed, and failed over"

    async def _list_masters(self) -> list[Node]:
        return [it for it in self._nodes if await _role(it) == "master"]

    async def _find_replica(self, master: Node) -> Node:
        for node in self._nodes:
            replication = await node.client.info("replication")
            if replication["role"] == "slave" and int(replication["master_port"]) == master.port:
                return node
        raise LookupError("a master without a replica")

    def reader(self) -> Reader:
        return RedisCluster(startup_nodes=[ClusterNode("127.0.0.1", it.port) for it in self._nodes])


async def _role(node: Node) -> str:
    return str((await node.client.info("replication"))["role"])


async def _catch_up(master: Node, replicas: int) -> None:
    """Until so many replicas have what the master has now: under load they never have all of it."""
    goal = int((await master.client.info("replication"))["master_repl_offset"])
    await wait_until(lambda: _is_followed(master, replicas, goal))


async def _is_followed(master: Node, replicas: int, goal: int | None = None) -> bool:
    """Whether so many replicas have everything, or what the master had when its offset was `goal`."""
    info = await master.client.info("replication")
    wanted = int(info["master_repl_offset"]) if goal is None else goal
    found = [it for name, it in info.items() if name.startswith("slave") and isinstance(it, dict)]
    behind = (it["state"] != "online" or int(it["offset"]) < wanted for it in found)
    return len(found) >= replicas and not any(behind)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


STORES: dict[str, type[Store]] = {"one": OneServer, "sentinel": Sentinels, "cluster": ThreeShards}
