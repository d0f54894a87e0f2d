"""The programs that are measured, each in a process of its own, as they are run; and what they cost the machine."""

import asyncio
import contextlib
import os
import re
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SECRET = "0123456789abcdef0123456789abcdef"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Program:
    """A program that runs: where it listens, its process, and the bot's data directory where it is the bot."""

    url: str
    pid: int
    folder: Path = Path()

    @property
    def redis_url(self) -> str:
        """The bot's own Redis."""
        return f"unix://{self.folder / 'redis.sock'}"


@contextlib.asynccontextmanager
async def stand_in(module: str, *arguments: str) -> AsyncIterator[Program]:
    """A program of this package that says its port in one line, and ends when its standard input does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"tests.bench.{module}", *arguments, stdin=PIPE, stdout=PIPE
    )
    if process.stdout is None or process.stdin is None:
        raise RuntimeError("it has no pipes")
    try:
        yield Program(f"http://127.0.0.1:{int(await process.stdout.readline())}", process.pid)
    finally:
        process.stdin.close()
        await process.wait()


@contextlib.asynccontextmanager
async def our_bot(
    api_url: str, *command: str, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Program]:
    """The bot, as `cw-bot run` (or another command) starts it; ready when this yields."""
    with tempfile.TemporaryDirectory(prefix="cw-bench-") as fresh:
        place = Path(fresh)
        process = await _start_bot(command or ("bot", "run"), api_url, place, settings or {})
        try:
            yield Program(await _await_ready(process), process.pid, place)
        finally:
            await _end(process)


async def _start_bot(
    command: Sequence[str], api_url: str, folder: Path, settings: Mapping[str, str]
) -> Process:
    environment = {
        "PATH": os.environ["PATH"],
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": api_url,
        "CW_BOT_DATA_DIR": str(folder),
        "CW_BOT_PORT": "0",
        "CW_BOT_REQUESTS_PER_MINUTE": "0",
        "CW_BOT_LOG_LEVEL": "WARNING",
        "CW_BOT_LOG_FORMAT": "json",
        **settings,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command, env=environment, stdin=DEVNULL, stderr=PIPE
    )


async def _await_ready(process: Process) -> str:
    if process.stderr is None:
        raise RuntimeError("no standard error")
    said = []
    while line := (await process.stderr.readline()).decode():
        if found := re.search(r"ready on (\S+)", line):
            return found[1]
        said.append(line)
    raise RuntimeError(f"the bot did not start: {''.join(said)}")


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    # What it says until it ends has to go somewhere.
    _, said = await process.communicate()
    if lines := said.decode().strip().splitlines():
        print(f"  the bot said {len(lines)} lines, the last: {lines[-1][:200]}", file=sys.stderr)


def cpu_seconds(pid: int) -> float:
    """What a process has had of the processors by now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_megabytes(pid: int) -> float:
    """What a process holds in memory, as the kernel says."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
