"""A small server that shows the page a state and remembers what was posted."""

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from bot.sandbox import __file__ as sandbox_file
from tests.page import snapshot
from tests.page.snapshot import Json

PAGE = Path(sandbox_file).parent / "page"
_PATIENCE_SECONDS = 30.0
React = Callable[[Json], Awaitable[Json | None]]


class FakeSlack:
    """Serves the page and its interface. `states` by person go before `state`; `react(payload)` may answer an act."""

    def __init__(self) -> None:
        self.state: Json = snapshot.state()
        self.states: dict[str, Json] = {}
        self.panel: Json = copy.deepcopy(snapshot.PANEL)
        self.posted: list[Json] = []
        self.react: React | None = None
        self.url = ""
        self._streams: set[web.StreamResponse] = set()
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/", self._index)
        app.router.add_get("/sandbox/state", self._state)
        app.router.add_get("/sandbox/events", self._events)
        app.router.add_post("/sandbox/act", self._act)
        app.router.add_get("/sandbox/panel/{name}", self._panel)
        app.router.add_post("/sandbox/panel/{name}", self._panel)
        app.router.add_static("/", PAGE)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def renew(self) -> None:
        """The state of the beginning, nothing posted, nobody reacting."""
        self.state, self.states = snapshot.state(), {}
        self.panel = copy.deepcopy(snapshot.PANEL)
        self.posted, self.react = [], None

    async def change(self, **parts: Any) -> None:
        """Change parts of the state and tell the pages."""
        self.state |= parts
        self.state["rev"] += 1
        for stream in list(self._streams):
            with suppress(ConnectionError):  # a page that has just been closed
                await stream.write(f"data: {json.dumps({'rev': self.state['rev']})}\n\n".encode())

    async def see(self, count: int) -> list[Json]:
        """Wait until so many acts were posted; all of them."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while len(self.posted) < count:  # noqa: ASYNC110 - the page posts behind its own back
                await asyncio.sleep(0.01)
        return self.posted

    async def see_acts(self, kind: str, count: int = 1) -> list[Json]:
        """Wait until so many of a kind were posted; all of that kind."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while len(self.acts(kind)) < count:  # noqa: ASYNC110 - likewise
                await asyncio.sleep(0.01)
        return self.acts(kind)

    def acts(self, kind: str) -> list[Json]:
        """What was posted of a kind."""
        return [act for act in self.posted if act["type"] == kind]

    async def _index(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / "index.html")

    async def _state(self, request: web.Request) -> web.Response:
        user = request.query.get("user") or self.state["me"]
        return web.json_response({**self.state, "me": user, **self.states.get(user, {})})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b": hello\n\n")
        self._streams.add(response)
        try:
            await self._closing.wait()
        finally:
            self._streams.discard(response)
        return response

    async def _act(self, request: web.Request) -> web.Response:
        payload: Json = await request.json()
        self.posted.append(payload)
        answer = await self.react(payload) if self.react is not None else None
        return web.json_response(answer or {"ok": True})

    async def _panel(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            changes: Json = await request.json()
            self.posted.append({"type": "panel", **changes})
            for mood in self.panel["moods"]:
                mood["value"] = (
                    mood["default"] if changes.get("reset") else changes.get(mood["id"], mood["value"])
                )
        return web.json_response(self.panel)
