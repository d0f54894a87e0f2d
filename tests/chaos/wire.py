"""A wire between the bot and somebody else that can be bad in every way a network can."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Weather:
    """How bad it is now. Shares are of chunks, each direction by itself.

    `loses_answers` hangs up when the answer is on its way (the other side has done what was asked), `resets` aborts at
    once, `half_closes` ends one direction only, `bytes_per_second` throttles (0: not), `is_cut` lets nobody connect,
    `holds_answers` keeps answers back until there is other weather.
    """

    delay_seconds: float = 0.0
    loses_answers: float = 0.0
    resets: float = 0.0
    half_closes: float = 0.0
    bytes_per_second: float = 0.0
    is_cut: bool = False
    holds_answers: bool = False


@dataclass
class Wire:
    """Forwards between a port of 127.0.0.1 and what `dial` connects to. `lost` counts the answers that were lost."""

    dial: Callable[[], Awaitable[Streams]]
    chance: random.Random
    weather: Weather = field(default_factory=Weather)
    port: int = 0
    lost: int = 0
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Wire"]:
        """Listen for as long as the block lasts."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await self.cut()

    async def cut(self) -> None:
        """Hang up on everybody."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # uvloop raises RuntimeError for a connection that was closed a moment ago.
        with contextlib.suppress(OSError, RuntimeError, asyncio.CancelledError):
            if not self.weather.is_cut:
                far_reader, far = await self.dial()
                try:
                    await self._join(reader, writer, far_reader, far)
                finally:
                    far.transport.abort()
        writer.transport.abort()

    async def _join(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far: asyncio.StreamWriter,
    ) -> None:
        there = asyncio.ensure_future(self._pump(reader, far, is_answer=False))
        back = asyncio.ensure_future(self._pump(far_reader, writer, is_answer=True))
        try:
            # What is half closed still answers; once the answers end, all is over.
            await back
        finally:
            there.cancel()
            back.cancel()
            await asyncio.gather(there, back, return_exceptions=True)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        while data := await reader.read(65_536):
            weather = self.weather
            await self._slow_down(len(data), is_answer=is_answer)
            if is_answer and self._happens(weather.loses_answers):
                self.lost += 1
                return
            if self._happens(weather.resets):
                self.lost += is_answer
                raise ConnectionResetError
            writer.write(data)
            await writer.drain()
            if not is_answer and self._happens(weather.half_closes):
                break
        if writer.can_write_eof():
            writer.write_eof()

    async def _slow_down(self, length: int, *, is_answer: bool) -> None:
        weather = self.weather
        if weather.delay_seconds:
            await asyncio.sleep(self.chance.uniform(0, weather.delay_seconds))
        if weather.bytes_per_second:
            await asyncio.sleep(length / weather.bytes_per_second)
        while is_answer and self.weather.holds_answers:  # noqa: ASYNC110 - weather changes by assignment
            await asyncio.sleep(0.01)

    def _happens(self, share: float) -> bool:
        return share > 0 and self.chance.random() < share
