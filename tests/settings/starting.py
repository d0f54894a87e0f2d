"""Starting the bot as an operator does, in a process of its own."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.runtime.settings import Settings

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A start that ended by itself: its exit code and all that it printed."""

    code: int
    printed: str


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Every setting and no other: these, and all others empty, which counts as not set."""
    names = [*(name.upper() for name in Settings.model_fields), "CW_BOT_SECRETS_DIR"]
    return dict.fromkeys(names, "") | dict(settings)


async def start_and_end(folder: Path, settings: Mapping[str, str]) -> Ended:
    """`cw-bot run` in this directory, with these settings; it is expected to end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        cwd=folder,
        env=os.environ | environment(settings),
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return Ended(process.returncode or 0, (out + err).decode())


@asynccontextmanager
async def started(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[str]:
    """`cw-bot run`, once it says that it is ready: its URL. Ended by SIGTERM, and it has to end well."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"), cwd=folder, env=os.environ | environment(settings), stderr=PIPE
    )
    assert process.stderr is not None
    seen: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE):
            while "is ready on" not in (line := (await process.stderr.readline()).decode()):
                seen.append(line)
                assert line, "".join(seen)
        yield line.rsplit(" ", 1)[-1].strip()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        _, err = await process.communicate()
    assert process.returncode == 0, err.decode()
