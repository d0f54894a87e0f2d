"""The proxy in front of the bot: Slack's paths pass, whatever is written in place of them does not."""

import asyncio
import os
import socket
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from bot.runtime import oauth
from bot.runtime.manifest import REDIRECT_PATH
from tests.deploy.places import DEPLOY, find_tool
from tests.deploy.production_redis import free_port

CADDYFILE = DEPLOY / "proxy" / "Caddyfile"
_PATIENCE = 20.0


@dataclass
class Behind:
    """What stands in for the bot, and the port of the proxy in front of it."""

    port: int
    upstream: int
    seen: list[tuple[str, str]] = field(default_factory=list)
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen, and note each request that has arrived whole."""
        server = web.Application(client_max_size=10_000_000)
        server.router.add_route("*", "/{tail:.*}", self._see)
        self._runner = web.AppRunner(server)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.upstream).start()

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _see(self, request: web.Request) -> web.Response:
        await request.read()
        self.seen.append((request.method, request.path))
        return web.Response(text="the bot")

    async def ask(self, line: str, body: bytes = b"") -> int:
        """Send one request as it is written, and give the answer's status; 0 where the proxy hung up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = (
            f"{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        try:
            answer = await reader.read()
        except ConnectionResetError:
            return 0
        finally:
            writer.close()
        return int(answer.split(b" ", 2)[1])


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[Behind]:
    caddy = find_tool("caddy", "make deploy-tools")
    it = Behind(free_port(), free_port())
    await it.start()
    process = await asyncio.create_subprocess_exec(
        caddy,
        *("run", "--adapter", "caddyfile", "--config", str(adapt(tmp_path))),
        env={
            "PATH": os.defpath,
            "HOME": str(tmp_path),
            "CW_BOT_DOMAIN": f"http://localhost:{it.port}",
            "CW_BOT_UPSTREAM": f"127.0.0.1:{it.upstream}",
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await listening(it.port)
        yield it
    finally:
        process.terminate()
        await process.wait()
        await it.stop()


def adapt(folder: Path) -> Path:
    """The shipped file without its admin port (two tests would want the same), and patient with slow machines."""
    path = folder / "Caddyfile"
    patient = CADDYFILE.read_text().replace("lb_try_duration 2s", "lb_try_duration 20s")
    assert patient != CADDYFILE.read_text()
    path.write_text("{\n\tadmin off\n}\n" + patient)
    return path


async def listening(port: int) -> None:
    async with asyncio.timeout(_PATIENCE):
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            await asyncio.sleep(0.02)


async def test_what_slack_and_browsers_need_is_let_through(behind: Behind) -> None:
    assert await behind.ask("POST /slack/events", b"token=x") == 200
    assert await behind.ask(f"GET {oauth.INSTALL_PATH}") == 200
    assert await behind.ask(f"GET {REDIRECT_PATH}?code=1&state=2") == 200
    assert behind.seen == [("POST", "/slack/events"), ("GET", oauth.INSTALL_PATH), ("GET", REDIRECT_PATH)]


async def test_nothing_else_reaches_the_bot_however_it_is_written(behind: Behind) -> None:
    lines = [
        "GET /",
        "GET /metrics",
        "GET /livez",
        "GET /readyz",
        "GET /slack/",
        "GET /slack/../metrics",
        "GET /slack/%2e%2e/metrics",
        "GET /slack/events/../../metrics",
        "GET /slack//events/..%2fmetrics",
        "GET //metrics",
        "GET /%6detrics",
        "GET /metrics?/slack/events",
        "GET /slack/events;/../../metrics",
        "PUT /slack/events",
        "DELETE /slack/install",
    ]
    passed = [line for line in lines if await behind.ask(line) == 200]
    assert passed == []
    assert behind.seen == []


async def test_a_body_that_slack_would_never_send_does_not_arrive(behind: Behind) -> None:
    assert await behind.ask("POST /slack/events", b"x" * 2_000_000) in (0, 413)
    assert behind.seen == []


async def test_while_the_bot_is_restarted_a_request_waits(behind: Behind) -> None:
    await behind.stop()
    asked = asyncio.create_task(behind.ask("POST /slack/events", b"1"))
    await asyncio.sleep(0.3)
    assert not asked.done()
    await behind.start()
    assert await asked == 200
    assert behind.seen == [("POST", "/slack/events")]


def test_the_file_is_valid_and_in_the_proxys_own_order(tmp_path: Path) -> None:
    caddy = find_tool("caddy", "make deploy-tools")
    environment = {"PATH": os.defpath, "HOME": str(tmp_path)}
    for command in (("validate", "--config"), ("fmt", "--diff")):
        done = subprocess.run([caddy, *command, CADDYFILE], env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
