"""A wire to Redis that can be cut: before a command arrives, or after it was done and before its reply."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal

Cut = Literal["request", "reply"]


class Wire:
    """Forwards bytes between a socket of its own and the server's; cuts the next exchanges that hold a word."""

    def __init__(self, server: Path, path: Path) -> None:
        self.url = f"unix://{path}"
        self.connections = 0
        self._server = server
        self._path = path
        self._cuts: list[tuple[Cut, bytes]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self, *cuts: Cut, at: bytes = b"EVAL") -> None:
        """Cut the next exchanges whose command holds these bytes, one each."""
        self._cuts += [(it, at) for it in cuts]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with suppress(ConnectionError, asyncio.CancelledError):
            upstream_reader, upstream = await asyncio.open_unix_connection(str(self._server))
            try:
                await self._forward(reader, writer, upstream_reader, upstream)
            finally:
                upstream.close()
                writer.close()

    async def _forward(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        upstream_reader: asyncio.StreamReader,
        upstream: asyncio.StreamWriter,
    ) -> None:
        while request := await reader.read(65536):
            cut = next((it for it in self._cuts if it[1] in request), None)
            if cut:
                self._cuts.remove(cut)
            if cut and cut[0] == "request":
                return
            upstream.write(request)
            reply = await upstream_reader.read(65536)
            if cut:
                return
            writer.write(reply)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Wire"]:
        """Listen for as long as the block lasts."""
        server = await asyncio.start_unix_server(self._serve, path=str(self._path))
        try:
            yield self
        finally:
            server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
