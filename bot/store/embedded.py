"""A real Redis server of the bot's own, on a Unix socket in the data directory, for whoever runs no other.

What protects the data: the directory is 0700, the socket lies in it, no port is opened, the append-only
file is on. Two locks keep the directory to one bot and one server: the bot holds `bot.lock`; the server
inherits `server.lock`, so that one which outlived its killed bot is found out, asked through its socket to
end, and never joined by a second.
"""

import asyncio
import fcntl
import os
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.domain.errors import StoreError
from bot.store.connection import close, connect
from bot.store.server_binary import find_server

_SOCKET: Final = "redis.sock"
_LOG: Final = "redis.log"
# sockaddr_un holds 108 bytes with the closing zero on Linux and 104 on macOS.
_LONGEST_SOCKET: Final = 100
_START_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.005


class EmbeddedRedisError(StoreError):
    """The embedded server cannot run. `str()` is a sentence for the operator."""

    default_key = "embedded"

    def __init__(self, sentence: str) -> None:
        super().__init__(None, reason=sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


class EmbeddedRedis:
    """Starts and stops the server, or is an async context manager. `connect` takes its `url`."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.absolute()
        self._process: Process | None = None
        self._locks: list[int] = []
        self._shortcut: Path | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Where it listens, as a `unix://` URL. Meaningful once started."""
        return f"unix://{quote(str(self._folder / _SOCKET))}"

    @property
    def pid(self) -> int | None:
        """The server's process, while it was started by this object."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the server; return once it answers. Raises `EmbeddedRedisError`, leaving nothing behind."""
        if self._process:
            return
        try:
            self._prepare()
            server_lock = await self._retire_leftover()
            self._process = await self._launch(server_lock)
            await self._await_answer(self._process)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the server that was started here, its data written, and free the directory. May be repeated."""
        process, self._process = self._process, None
        try:
            if process:
                await _end(process)
        finally:
            while self._locks:
                os.close(self._locks.pop())
            if self._shortcut:
                shutil.rmtree(self._shortcut)
                self._shortcut = None

    @property
    def _folder(self) -> Path:
        return self._shortcut / "data" if self._shortcut else self.data_dir

    def _prepare(self) -> None:
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.data_dir.chmod(0o700)
            if not self._lock("bot.lock"):
                raise EmbeddedRedisError(
                    f"Another bot is running on {self.data_dir}. End it, or set CW_BOT_DATA_DIR to another directory."
                )
            if len(os.fsencode(self.data_dir / _SOCKET)) > _LONGEST_SOCKET:
                self._shortcut = Path(tempfile.mkdtemp(prefix="cwbot-"))
                (self._shortcut / "data").symlink_to(self.data_dir)
        except OSError as error:
            raise EmbeddedRedisError(
                f"CW_BOT_DATA_DIR ({self.data_dir}) cannot be used: {error.strerror}. Set it to a directory of this user."
            ) from None

    def _lock(self, name: str) -> int | None:
        descriptor = os.open(self.data_dir / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        self._locks.append(descriptor)
        return descriptor

    async def _retire_leftover(self) -> int:
        if (lock := self._lock("server.lock")) is not None:
            return lock
        # No bot is alive here (we hold its lock), a server is: it outlived a bot that was killed.
        await self._ask_to_end()
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                while (lock := self._lock("server.lock")) is None:  # noqa: ASYNC110 - flock wakes no loop
                    await asyncio.sleep(_POLL_SECONDS)
        if lock is None:
            raise EmbeddedRedisError(f"A server that does not answer still uses {self.data_dir}.")
        return lock

    async def _ask_to_end(self) -> None:
        client = connect(self.url)
        try:
            if isinstance(client, Redis):
                await client.shutdown(nosave=True)
        except (RedisError, OSError):
            # It ended without a reply, or does not answer: the lock tells which.
            return
        finally:
            await close(client)

    async def _launch(self, server_lock: int) -> Process:
        (self.data_dir / _SOCKET).unlink(missing_ok=True)
        binary = await asyncio.to_thread(find_server, self.data_dir)
        settings = {
            "port": "0",
            "unixsocket": str(self._folder / _SOCKET),
            "unixsocketperm": "700",
            "dir": str(self.data_dir),
            "logfile": str(self.data_dir / _LOG),
            "daemonize": "no",
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
            # Plain commands, which every version reads: the server found next time may be another.
            "aof-use-rdb-preamble": "no",
            "maxmemory-policy": "noeviction",
            "databases": "1",
        }
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return await asyncio.create_subprocess_exec(
            binary,
            *arguments,
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
            cwd=self.data_dir,
            env={"LC_ALL": "C", "PATH": os.defpath},
            pass_fds=(server_lock,),
            # Ctrl-C is for the bot, which still needs its store while it drains.
            start_new_session=True,
        )

    async def _await_answer(self, process: Process) -> None:
        client = connect(self.url)
        try:
            async with asyncio.timeout(_START_SECONDS):
                while process.returncode is None:
                    try:
                        await client.ping()
                    except (RedisError, OSError):
                        # Not listening yet, or still reading its file.
                        await asyncio.sleep(_POLL_SECONDS)
                    else:
                        return
        except TimeoutError:
            raise EmbeddedRedisError(f"The embedded Redis did not answer. {self._last_words()}") from None
        finally:
            await close(client)
        raise EmbeddedRedisError(f"The embedded Redis ended at once. {self._last_words()}")

    def _last_words(self) -> str:
        log = self.data_dir / _LOG
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return f"Its log, {log}, ends: {lines[-1][-200:]}" if lines else f"It wrote nothing to {log}."


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
