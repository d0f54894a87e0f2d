"""What Redis says of itself: whether it may be trusted with secrets, and how quickly it answers."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.store.connection import Client
from bot.store.retries import persist
from bot.store.scan import node_options


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """The state of the server, or of the worst of a cluster's masters.

    `replicas` are those connected now (the fewest of any master); `saves_fail` tells that the last
    write to disk failed; `latency_ms` is one PING.
    """

    server: str
    version: str
    role: str
    replicas: int
    maxmemory_policy: str
    has_append_only_file: bool
    saves_fail: bool
    latency_ms: float

    @property
    def may_evict(self) -> bool:
        """Whether Redis throws records away when its memory is full: the bot must not start on it."""
        return self.maxmemory_policy not in ("", "noeviction")

    @property
    def problems(self) -> tuple[str, ...]:
        """Stable keys of what is wrong, the worst first (see the mapping)."""
        found = {
            "evicts": self.may_evict,
            "not_master": self.role != "master",
            "saves_fail": self.saves_fail,
            "no_append_only_file": not self.has_append_only_file,
            "too_old": self.server == "redis" and _is_older(self.version),
        }
        return tuple(key for key, applies in found.items() if applies)


async def inspect(client: Client) -> StoreHealth:
    """Ask every master. Raises `StoreUnavailableError`, and `StoreError` where INFO is not allowed."""
    started = time.perf_counter()
    await persist(client.ping)
    latency_ms = (time.perf_counter() - started) * 1000
    nodes = [await _info(client, options) for options in await node_options(client)]
    first = nodes[0]
    policies = [str(node.get("maxmemory_policy", "")) for node in nodes]
    return StoreHealth(
        server="valkey" if "valkey_version" in first else "redis",
        version=str(first.get("valkey_version") or first.get("redis_version", "")),
        role=next((role for node in nodes if (role := str(node.get("role"))) != "master"), "master"),
        replicas=min(int(node.get("connected_slaves", 0)) for node in nodes),
        maxmemory_policy=next((it for it in policies if it != "noeviction"), "noeviction"),
        has_append_only_file=all(bool(int(node.get("aof_enabled", 0))) for node in nodes),
        saves_fail=any(_saves_fail(node) for node in nodes),
        latency_ms=latency_ms,
    )


async def _info(client: Client, options: Mapping[str, Any]) -> Mapping[str, Any]:
    reply: Mapping[str, Any] = await persist(lambda: client.info(**options))
    return reply


def _saves_fail(node: Mapping[str, Any]) -> bool:
    return "err" in {node.get("aof_last_write_status"), node.get("rdb_last_bgsave_status")}


def _is_older(version: str) -> bool:
    numbers = version.split(".")
    return not all(it.isdigit() for it in numbers[:2]) or tuple(map(int, numbers[:2])) < (6, 2)
