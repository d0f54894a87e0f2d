"""Socket Mode: what comes over the socket goes to the same app as what comes over HTTP, and is measured like it."""

import time
from contextlib import AsyncExitStack

import aiohttp
from pydantic import SecretStr
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.runtime.course import Courses
from bot.runtime.http import name_kind
from bot.runtime.metrics import Metrics
from bot.runtime.settings import Settings, SettingsError
from bot.slack.errors import SlackError
from bot.slack.inspection import open_connection


class Socket(AsyncSocketModeHandler):
    """The connection to Slack that the bot opens itself; slack_sdk keeps it open."""

    def __init__(
        self,
        app: AsyncApp,
        settings: Settings,
        *,
        session: aiohttp.ClientSession,
        metrics: Metrics,
        courses: Courses,
    ) -> None:
        super().__init__(app, settings.slack_app_token.get_secret_value())
        self._api_url = settings.slack_api_url
        self._session = session
        self._metrics = metrics
        self._courses = courses

    async def open(self, stack: AsyncExitStack) -> None:
        """Connect; `stack` closes it. Raises `SettingsError` where Slack offers no socket: slack_sdk asks for ever."""
        stack.push_async_callback(self.client.close)
        token = SecretStr(self.app_token)
        try:
            self.client.wss_uri = await open_connection(self._session, token, api_url=self._api_url)
        except SlackError as error:
            raise SettingsError(_explain(error)) from None
        await self.client.connect()  # type: ignore[no-untyped-call]  # slack_sdk has no annotation here

    async def is_connected(self) -> bool:
        """Whether it is open now."""
        return bool(await self.client.is_connected())

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        """Answer one envelope."""
        started = time.perf_counter()
        with self._courses.request():
            await super().handle(client, req)
        self._metrics.acks.labels(kind=name_kind(req.payload)).observe(time.perf_counter() - started)


def _explain(error: SlackError) -> str:
    if error.error == "unreachable":
        return "Slack cannot be reached. Look at the network or at SLACK_API_URL, then start again."
    return (
        f"SLACK_APP_TOKEN is not accepted by Slack ({error.error}). Generate one under Basic Information → App-Level "
        "Tokens with the scope connections:write, and switch Socket Mode on."
    )
