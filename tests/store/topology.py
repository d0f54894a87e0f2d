"""Servers on ports of 127.0.0.1, for what takes more than one: a cluster, Sentinel and its replicas."""

import asyncio
import contextlib
import random
import socket
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from pathlib import Path
from signal import Signals

from redis.asyncio import Connection, Redis
from redis.exceptions import RedisError

from bot.store.server_binary import find_server


def find_port() -> int:
    """A free port below those that outgoing connections take, with room for a cluster's bus 10,000 above it."""
    while True:
        port = random.randrange(11_000, 22_000)
        with (
            contextlib.suppress(OSError),
            socket.create_server(("127.0.0.1", port)),
            socket.create_server(("127.0.0.1", port + 10_000)),
        ):
            return port


class Node:
    """One server process."""

    def __init__(self, folder: Path, *options: str, config: str = "") -> None:
        self.port = find_port()
        self.client = Redis(port=self.port, socket_timeout=5)
        self._folder = folder
        self._options = options
        self._config = config
        self._process: Process | None = None

    async def start(self, *options: str) -> None:
        """Start it, or start it again with what it has on disk; `options` come on top of those of the first start."""
        self._folder.mkdir(exist_ok=True)
        config = self._folder / "server.conf"
        config.write_text(self._config)
        arguments = (
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(self._folder),
            "--save",
            "",
        )
        self._process = await asyncio.create_subprocess_exec(
            find_server(self._folder),
            config,
            *arguments,
            *self._options,
            *options,
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
        await wait_until(self.client.ping)

    async def command(self, *words: str | int) -> object:
        """Send a command that needs no help."""
        connection = Connection(port=self.port)
        await connection.connect()  # type: ignore[no-untyped-call]  # redis-py has no types here
        try:
            await connection.send_command(*words)
            return await connection.read_response()
        finally:
            await connection.disconnect()

    @property
    def is_up(self) -> bool:
        """Whether the process runs, be it stopped."""
        return self._process is not None

    def signal(self, number: Signals) -> None:
        """Stop it and let it go on (SIGSTOP, SIGCONT)."""
        if self._process is not None:
            self._process.send_signal(number)

    async def kill(self) -> None:
        process, self._process = self._process, None
        if process:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        await self.client.aclose()


async def wait_until(condition: object) -> None:
    """Ask until the answer is true, for at most 15 seconds."""
    assert callable(condition)
    async with asyncio.timeout(15):
        while True:
            with contextlib.suppress(RedisError, OSError):
                if await condition():
                    return
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running(*nodes: Node) -> AsyncIterator[None]:
    """Start the nodes one after the other; kill whichever still run at the end."""
    try:
        for node in nodes:
            await node.start()
        yield
    finally:
        for node in nodes:
            await node.kill()
