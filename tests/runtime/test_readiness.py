"""`/livez` and `/readyz`, as an orchestrator asks them."""

import asyncio
from pathlib import Path

import aiohttp

from bot.sandbox.bench import Sandbox
from bot.store.embedded import EmbeddedRedis
from tests.journeys.steps import PATIENCE


async def probe(sandbox: Sandbox, path: str) -> int:
    """The status of a probe."""
    assert sandbox.bot is not None
    async with aiohttp.ClientSession() as session, session.get(sandbox.bot.url + path) as answer:
        return answer.status


async def until(sandbox: Sandbox, path: str, status: int) -> None:
    """Ask as an orchestrator does, until the answer is this."""
    async with asyncio.timeout(PATIENCE):
        while await probe(sandbox, path) != status:  # noqa: ASYNC110 - it is asked over HTTP
            await asyncio.sleep(0.05)


async def test_a_bot_that_runs_is_alive_and_ready_until_it_is_told_to_end(tmp_path: Path) -> None:
    async with Sandbox(data_dir=tmp_path / "data") as sandbox:
        assert (await probe(sandbox, "/livez"), await probe(sandbox, "/readyz")) == (200, 200)
        assert sandbox.bot is not None
        sandbox.bot.drain()
        assert (await probe(sandbox, "/livez"), await probe(sandbox, "/readyz")) == (200, 503)


async def test_while_redis_is_away_it_is_alive_and_not_ready_and_ready_again_behind_it(
    tmp_path: Path,
) -> None:
    server = EmbeddedRedis(tmp_path / "redis")
    async with server, Sandbox(data_dir=tmp_path / "data", redis_url=server.url) as sandbox:
        assert await probe(sandbox, "/readyz") == 200
        await server.stop()
        await until(sandbox, "/readyz", 503)
        assert await probe(sandbox, "/livez") == 200
        await server.start()
        await until(sandbox, "/readyz", 200)


async def test_while_the_socket_is_away_it_is_alive_and_not_ready(tmp_path: Path) -> None:
    async with Sandbox(data_dir=tmp_path / "data", uses_socket_mode=True) as sandbox:
        await until(sandbox, "/readyz", 200)
        sandbox.slack.fail("apps.connections.open", error="internal_error")
        await sandbox.slack.sockets.disconnect()
        await until(sandbox, "/readyz", 503)
        assert await probe(sandbox, "/livez") == 200
        sandbox.slack.heal()
        await until(sandbox, "/readyz", 200)
