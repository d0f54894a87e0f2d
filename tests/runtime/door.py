"""The HTTP door before a Bolt app with a few listeners, without a Slack or a Redis."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import StoreUnavailableError
from bot.runtime.admission import Admission
from bot.runtime.bolt import build_app
from bot.runtime.course import Courses
from bot.runtime.http import build_server
from bot.runtime.metrics import Metrics
from bot.runtime.replays import Replays
from bot.runtime.runner import QuietRunner
from bot.sandbox.slack.signing import sign
from bot.slack.signature import RequestVerifier
from bot.slack.workspaces import OneWorkspace, Workspace

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM = "T1HOME"
COMMAND = {
    "command": "/cw-setup",
    "text": "",
    "team_id": TEAM,
    "user_id": "U1",
    "api_app_id": "A1",
    "trigger_id": "1.2.3",
}
BUTTON = {
    "type": "block_actions",
    "team": {"id": TEAM},
    "user": {"id": "U1", "team_id": TEAM},
    "api_app_id": "A1",
    "actions": [{"type": "button", "action_id": "press", "block_id": "b", "value": "x"}],
}


@dataclass(slots=True)
class Memory:
    """A mark that is set once; `is_away` is a Redis that does not answer."""

    seen: set[str] = field(default_factory=set)
    is_away: bool = False
    asked: int = 0

    async def first(self, _team_id: str, what: str, _token: str, _ttl_seconds: float) -> bool:
        self.asked += 1
        if self.is_away:
            raise StoreUnavailableError
        is_new = what not in self.seen
        self.seen.add(what)
        return is_new


@dataclass(slots=True)
class Front:
    """A running door and what came through it."""

    url: str
    session: aiohttp.ClientSession
    metrics: Metrics
    memory: Memory
    heard: list[dict[str, Any]]

    async def send(
        self,
        body: bytes | str,
        *,
        secret: str = SECRET,
        at: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        """POST a signed body; the status and the text of the answer."""
        raw = body.encode() if isinstance(body, str) else body
        timestamp = str(int(time.time() if at is None else at))
        base = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": sign(secret, timestamp, raw),
        }
        url = f"{self.url}/slack/events"
        async with self.session.post(url, data=raw, headers=base | dict(headers or {})) as answer:
            return answer.status, await answer.text()

    async def command(self, **changes: str) -> tuple[int, str]:
        return await self.send(urlencode({**COMMAND, **changes}))

    async def click(self, **changes: Any) -> tuple[int, str]:
        return await self.send(urlencode({"payload": json.dumps({**BUTTON, **changes})}))

    def refused(self, reason: str) -> float:
        """How often the metric has counted this reason."""
        value = self.metrics.registry.get_sample_value("cw_bot_requests_refused_total", {"reason": reason})
        return value or 0.0


@asynccontextmanager
async def front(*, requests_per_minute: int = 0, secret: str = SECRET) -> AsyncIterator[Front]:
    """A door for one workspace and one app."""
    metrics, memory = Metrics(), Memory()
    heard: list[dict[str, Any]] = []
    workspaces = OneWorkspace(Workspace(TEAM, "B1", "UBOT", SecretStr("xoxb-1"), app_id="A1"))
    async with aiohttp.ClientSession() as session:
        admission = Admission(
            workspaces, requests_per_minute=requests_per_minute, metrics=metrics, hide=lambda *_: None
        )
        app = build_app(workspaces, AsyncWebClient(token="xoxb-1", session=session), admission)

        async def hear(ack: Any, body: dict[str, Any]) -> None:
            heard.append(body)
            await ack("heard")

        app.command("/cw-setup")(hear)
        app.action("press")(hear)
        app.view("form")(hear)
        app.event("app_uninstalled")(hear)
        server = build_server(
            app=app,
            verifier=RequestVerifier(secret) if secret else None,
            admission=admission,
            replays=Replays(memory, failed_open=metrics.failed_open.labels(guard="replay").inc),
            metrics=metrics,
            is_ready=_ready,
            courses=Courses(),
        )
        runner = QuietRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        try:
            yield Front(f"http://{host}:{port}", session, metrics, memory, heard)
        finally:
            await runner.cleanup()


async def _ready() -> bool:
    return True
