"""Redis as it is in production, to be killed, stopped and failed over: one server, Sentinel, a cluster."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
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
    """Two servers, one of them the master, and a Sentinel that watches them."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Store"]:
        first = self.node("first", *_DURABLE, "--repl-diskless-sync-delay", "0")
        second = self.node("second", *_DURABLE, "--repl-diskless-sync-delay", "0")
        watch = (
            f"sentinel monitor main 127.0.0.1 {first.port} 1\n"
            "sentinel down-after-milliseconds main 300\n"
            "sentinel failover-timeout main 2000\n"
        )
        self._sentinel = self.node("sentinel", "--sentinel", config=watch)
        self._nodes = (first, second)
        async with running(first):
            try:
                await second.start("--replicaof", f"127.0.0.1 {first.port}")
                await wait_until(lambda: first.client.wait(1, 100))
                async with running(self._sentinel):
                    await wait_until(lambda: self._sentinel.command("SENTINEL", "REPLICAS", "main"))
                    self.url = f"redis+sentinel://127.0.0.1:{self._sentinel.port}/main/0"
                    yield self
            finally:
                await second.kill()

    async def trouble(self) -> str:
        master = await self._find_master()
        other = next(it for it in self._nodes if it is not master)
        if self.chance.random() < 0.3:
            await self.pause(other)
            return "the replica stood still"
        await master.kill()

        async def took_over() -> bool:
            return await _role(other) == "master"

        await self.fail_over(took_over)
        await master.start("--replicaof", f"127.0.0.1 {other.port}")

        async def is_in_step() -> bool:
            replication = await other.client.info("replication")
            return bool(replication["connected_slaves"]) and bool(await other.client.wait(1, 100))

        await wait_until(is_in_step)
        return "the master was killed, and failed over"

    async def _find_master(self) -> Node:
        for node in self._nodes:
            if await _role(node) == "master":
                return node
        raise LookupError("no master")

    def reader(self) -> Reader:
        from redis.asyncio.sentinel import Sentinel

        sentinel = Sentinel([("127.0.0.1", self._sentinel.port)])  # type: ignore[no-untyped-call]
        master: Redis = sentinel.master_for("main")
        return master


class ThreeShards(Store):
    """Three masters with a replica each."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Store"]:
        options = (*_DURABLE, "--cluster-enabled", "yes", "--cluster-node-timeout", "500")
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
            await wait_until(lambda node=node: node.client.wait(1, 100))

    async def trouble(self) -> str:
        node = self.chance.choice(self._nodes)
        if await _role(node) != "master":
            await self.pause(node)
            return "a replica stood still"
        replica = await self._find_replica(node)
        await node.kill()

        async def took_over() -> bool:
            return await _role(replica) == "master"

        await self.fail_over(took_over)
        await node.start()

        async def is_in_step() -> bool:
            return await _role(node) == "slave" and bool(await replica.client.wait(1, 100))

        await wait_until(is_in_step)
        return "a shard's master was killed, and failed over"

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


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


STORES: dict[str, type[Store]] = {"one": OneServer, "sentinel": Sentinels, "cluster": ThreeShards}
