"""Socket Mode: what comes over the socket goes to the same app as what comes over HTTP, and is measured like it."""

import time
from contextlib import AsyncExitStack

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.runtime.course import Courses
from bot.runtime.http import name_kind
from bot.runtime.metrics import Metrics


class Socket(AsyncSocketModeHandler):
    """The connection to Slack that the bot opens itself; slack_sdk keeps it open."""

    def __init__(self, app: AsyncApp, app_token: str, *, metrics: Metrics, courses: Courses) -> None:
        super().__init__(app, app_token)
        self._metrics = metrics
        self._courses = courses

    async def open(self, stack: AsyncExitStack) -> None:
        """Connect; `stack` closes it."""
        await self.client.connect()  # type: ignore[no-untyped-call]  # slack_sdk has no annotation here
        stack.push_async_callback(self.client.close)

    async def is_connected(self) -> bool:
        """Whether it is open now."""
        return bool(await self.client.is_connected())

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        """Answer one envelope."""
        started = time.perf_counter()
        with self._courses.request():
            await super().handle(client, req)
        self._metrics.acks.labels(kind=name_kind(req.payload)).observe(time.perf_counter() - started)
