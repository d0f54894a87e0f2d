import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from bot.store.connection import Client, close, connect
from bot.store.embedded import EmbeddedRedis
from tests.store.proxy import Wire


@pytest.fixture
async def wire(redis: Client, redis_server: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[Wire]:
    """A wire to the emptied server, which counts what comes over it."""
    async with Wire(redis_server.data_dir / "redis.sock", tmp_path / "wire.sock").open() as opened:
        yield opened


@pytest.fixture
async def distant(wire: Wire) -> AsyncIterator[Client]:
    client = connect(wire.url, max_connections=4)
    yield client
    await close(client)


async def test_one_connection_serves_one_command_after_the_other(wire: Wire, distant: Client) -> None:
    for number in range(20):
        await distant.set("key", number)
    assert await distant.get("key") == b"19"
    assert wire.connections == 1


async def test_more_commands_than_connections_are_answered_each_with_its_own(
    wire: Wire, distant: Client
) -> None:
    await asyncio.gather(*(distant.set(f"key{number}", number) for number in range(40)))
    found = await asyncio.gather(*(distant.get(f"key{number}") for number in range(40)))
    assert found == [str(number).encode() for number in range(40)]
    assert wire.connections <= 3


async def test_a_refusal_costs_no_connection(wire: Wire, distant: Client) -> None:
    await distant.set("key", "text")
    with pytest.raises(ResponseError):
        await distant.lpush("key", "entry")
    assert await distant.get("key") == b"text"
    assert wire.connections == 1


async def test_after_a_loss_all_that_lay_ready_open_anew(wire: Wire, distant: Client) -> None:
    await asyncio.gather(*(distant.set(f"key{number}", 1) for number in range(3)))
    opened = wire.connections
    wire.cut("request", at=b"LOST")
    with pytest.raises(RedisConnectionError):
        await distant.get("LOST")
    await asyncio.gather(*(distant.get(f"key{number}") for number in range(3)))
    assert wire.connections == 2 * opened


async def test_a_command_that_was_cancelled_leaves_no_answer_behind_for_the_next(
    wire: Wire, distant: Client
) -> None:
    await distant.set("key", "right")
    asking = asyncio.ensure_future(distant.get("other"))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await distant.get("key") == b"right"


async def test_pipelines_find_connections_while_commands_hold_theirs(distant: Client) -> None:
    await asyncio.gather(*(distant.set(f"key{number}", 1) for number in range(20)))
    async with distant.pipeline(transaction=False) as pipeline:
        pipeline.get("key1")
        assert await pipeline.execute() == [b"1"]
