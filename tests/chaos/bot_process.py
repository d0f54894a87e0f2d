"""`cw-bot run` in a process of its own, to be killed, stopped and told to end."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass, field
from signal import SIGCONT, SIGKILL, Signals

START_SECONDS = 30.0


@dataclass
class BotProcess:
    """One replica. `skew_seconds` is how wrong its wall clock is."""

    environment: Mapping[str, str]
    skew_seconds: float = 0.0
    url: str = ""
    said: list[str] = field(default_factory=list)
    _process: Process | None = None
    _reading: "asyncio.Task[None] | None" = None

    @property
    def is_up(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it, until it says that it is ready, or has ended; False in `is_up` then."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.chaos.hurried_bot",
            env={**kept, **self.environment, "CHAOS_SKEW_SECONDS": str(self.skew_seconds)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=PIPE,
        )
        ready = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read(process, ready))
        async with asyncio.timeout(START_SECONDS):
            self.url = await ready

    async def _read(self, process: Process, ready: "asyncio.Future[str]") -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            text = line.decode(errors="replace").rstrip()
            self.said.append(text)
            if " is ready on " in text and not ready.done():
                ready.set_result(text.rpartition(" ")[2])
        if not ready.done():
            ready.set_result("")

    def signal(self, number: Signals) -> None:
        """Send a signal, if there is anybody to get it."""
        if self._process is not None and self.is_up:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def end(self, number: Signals) -> None:
        """Kill it, or have it end in order; wait until it is gone."""
        self.signal(SIGCONT)
        self.signal(number)
        if self._process is not None:
            try:
                async with asyncio.timeout(START_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                self.signal(SIGKILL)
                await self._process.wait()
        if self._reading is not None:
            await self._reading
        self._process, self.url = None, ""
