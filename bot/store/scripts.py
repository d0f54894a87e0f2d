"""The Lua files beside this one, run by their digest; each is atomic and may be repeated."""

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

import structlog
from redis.asyncio.cluster import PipelineCommand, RedisCluster
from redis.exceptions import NoScriptError, RedisError

from bot.store.connection import Client, refuse_deposed
from bot.store.retries import persist

_log = structlog.get_logger(__name__)

# Less than the deadline on the acknowledgement's path.
_WAIT_MILLISECONDS: Final = 300


class Script:
    """One Lua file. Calling it retries within the deadline of `bot.store.retries.retrying`."""

    def __init__(self, name: str) -> None:
        self._text = files("bot.store").joinpath(f"{name}.lua").read_text(encoding="utf-8")
        self._digest = hashlib.sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, client: Client, keys: Sequence[str], *args: str | bytes | int) -> Any:
        """Run it. Returns Redis's reply: ints, bytes, None and lists of them."""
        return await persist(lambda: self._attempt(client, keys, args))

    async def confirmed(
        self, client: Client, replicas: int, keys: Sequence[str], *args: str | bytes | int
    ) -> Any:
        """Run it, and wait a moment until so many replicas have it; whoever wants 0 does not wait.

        Too few in time is logged, not raised: the master has the write, and repeating it would not help.
        """
        if replicas < 1:
            return await self(client, keys, *args)
        reply, confirmed = await persist(lambda: self._attempt_and_wait(client, replicas, keys, args))
        if confirmed < replicas:
            _log.warning("replicas_behind", wanted=replicas, confirmed=confirmed)
        return reply

    async def _attempt(self, client: Client, keys: Sequence[str], args: Sequence[str | bytes | int]) -> Any:
        try:
            return await client.evalsha(self._digest, len(keys), *keys, *args)
        except NoScriptError:
            # A server that restarted, failed over or never saw it.
            return await client.eval(self._text, len(keys), *keys, *args)

    async def _attempt_and_wait(
        self, client: Client, replicas: int, keys: Sequence[str], args: Sequence[str | bytes | int]
    ) -> tuple[Any, int]:
        if isinstance(client, RedisCluster):
            return await self._attempt_on_shard(client, replicas, keys, args)
        # WAIT speaks of its own connection's writes: a pipeline keeps both commands on one.
        async with client.pipeline(transaction=False) as pipeline:
            pipeline.eval(self._text, len(keys), *keys, *args)
            pipeline.wait(replicas, _WAIT_MILLISECONDS)
            reply, confirmed = await pipeline.execute()
        if int(confirmed) < replicas:
            await refuse_deposed(client)
        return reply, int(confirmed)

    async def _attempt_on_shard(
        self, client: RedisCluster, replicas: int, keys: Sequence[str], args: Sequence[str | bytes | int]
    ) -> tuple[Any, int]:
        await client.initialize()
        commands = [
            PipelineCommand(0, "EVAL", self._text, len(keys), *keys, *args),
            PipelineCommand(1, "WAIT", replicas, _WAIT_MILLISECONDS),
        ]
        try:
            node = client.get_node_from_key(keys[0])
            if node is not None and not await node.execute_pipeline(commands):
                reply, confirmed = (it.result for it in commands)
                return reply, confirmed if isinstance(confirmed, int) else 0
        except (RedisError, OSError) as error:
            _log.info("shard_not_reached", error=type(error).__name__)
        # The slot has moved, or its node is gone: the client's own way of sending finds out where to.
        return await self._attempt(client, keys, args), 0


def text(value: bytes | str | None) -> str:
    """A reply as text; nothing is the empty text."""
    return value.decode() if isinstance(value, bytes) else value or ""


def raw(value: bytes | str) -> bytes:
    """A reply as bytes."""
    return value if isinstance(value, bytes) else value.encode()
