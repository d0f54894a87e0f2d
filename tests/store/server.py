"""Fixtures of a real Redis server, for any test: import `redis` and `redis_server` from here in a conftest.

One server a session (a few tens of milliseconds, once), emptied before each test that asks for `redis`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.store.connection import Client, close, connect
from bot.store.embedded import EmbeddedRedis
from bot.vault import EnvelopeSealer, KeyRing, generate_key


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """A running server; its `url` is for `connect`."""
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    # A loop of its own: each test has another, and the server outlives them all.
    with asyncio.Runner() as runner:
        runner.run(server.start())
        yield server
        runner.run(server.stop())


@pytest.fixture
async def redis(redis_server: EmbeddedRedis) -> AsyncIterator[Client]:
    """A client of an empty server."""
    client = connect(redis_server.url)
    await client.flushall()
    yield client
    await close(client)


@pytest.fixture
def sealer() -> EnvelopeSealer:
    """A sealer with one fresh key, `first`."""
    return EnvelopeSealer(KeyRing.parse(generate_key("first")))


def read_everything(folder: Path) -> bytes:
    """All that lies in files below a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


async def copy_fields(client: Client, source: str, target: str) -> None:
    """Write a hash's fields over those of another key, as somebody with access to Redis could."""
    for field, value in (await client.hgetall(source)).items():
        await client.hset(target, field, value)
