"""A redis-server with the settings and the users that `deploy/redis` ships, on a free port."""

import asyncio
import hashlib
import secrets
import shutil
import socket
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path
from typing import Self

import pytest
from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.deploy.places import DEPLOY

_PATIENCE = 20.0


def find_redis() -> str:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if not found:
        pytest.skip("there is no redis-server on PATH: apt-get install redis-server")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fill_in_users(bot_password: str, operator_password: str) -> str:
    """`users.acl.example` with passwords."""
    text = (DEPLOY / "redis" / "users.acl.example").read_text()
    for name, password in (("BOT", bot_password), ("OPERATOR", operator_password)):
        text = text.replace(f"{name}_PASSWORD_SHA256", hashlib.sha256(password.encode()).hexdigest())
    return text


class ProductionRedis:
    """An async context manager. `url` is the bot's, `operator()` a client that may do everything."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self.operator_password = secrets.token_hex(16)
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"redis://cw-bot:{self.password}@127.0.0.1:{self.port}/0"

    def client(self, user: str, password: str) -> "Redis":
        return Redis(host="127.0.0.1", port=self.port, username=user, password=password)

    def operator(self) -> "Redis":
        return self.client("operator", self.operator_password)

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        users = self._folder / "users.acl"
        users.write_text(fill_in_users(self.password, self.operator_password))
        # As compose.yaml does it: the shipped file, and what differs behind it.
        self._process = await asyncio.create_subprocess_exec(
            find_redis(),
            str(DEPLOY / "redis" / "redis.conf"),
            *("--port", str(self.port), "--dir", str(self._folder), "--aclfile", str(users)),
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
        try:
            await self._wait(self._process)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _wait(self, process: Process) -> None:
        async with asyncio.timeout(_PATIENCE), self.client("health", "any") as client:
            while process.returncode is None:
                try:
                    await client.ping()
                except (RedisConnectionError, BusyLoadingError):
                    await asyncio.sleep(0.02)
                else:
                    return
        raise AssertionError("redis-server does not take the shipped settings")

    async def __aexit__(self, *_: object) -> None:
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()
