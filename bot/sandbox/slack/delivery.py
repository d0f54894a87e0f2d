"""Getting something to the app and its acknowledgement back: by HTTP, or by Socket Mode where a socket is open."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import aiohttp

from bot.sandbox.slack.model import Json
from bot.sandbox.slack.signing import signed_request
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.workspace import SlackWorkspace

OK = 200
REFUSED = 400


@dataclass(frozen=True)
class Ack:
    """The app's acknowledgement: `body` decoded where it is JSON, `error` in Slack's words where none came."""

    status: int | None = None
    body: Any = None
    error: str | None = None
    headers: Mapping[str, str] | None = None

    @property
    def ok(self) -> bool:
        """Whether it came in time with a success status."""
        return self.error is None


class Delivery:
    """Sends payloads to the app's request URLs in turn, or over its sockets. Must be opened and closed."""

    def __init__(self, workspace: SlackWorkspace, sockets: Sockets, *, ack_seconds: float) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self.ack_seconds = ack_seconds
        self.request_urls: list[str] = []
        self._turn = count()
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the HTTP session."""
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def close(self) -> None:
        """Close the HTTP session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def command(self, fields: Mapping[str, str]) -> Ack:
        """A slash command."""
        if self._sockets.is_open:
            return await self._over_socket("slash_commands", dict(fields), accepts=True)
        return await self._over_http(fields)

    async def interaction(self, payload: Json) -> Ack:
        """A block_actions, view_submission, view_closed or block_suggestion payload."""
        if self._sockets.is_open:
            return await self._over_socket("interactive", payload, accepts=True)
        return await self._over_http({"payload": json.dumps(payload)})

    async def event(self, envelope: Json, *, retry: int = 0, reason: str = "") -> Ack:
        """An event, or one of its repetitions (`retry` from 1)."""
        if self._sockets.is_open:
            extra = {"retry_attempt": retry, "retry_reason": reason}
            return await self._over_socket("events_api", envelope, accepts=False, **extra)
        headers = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason} if retry else {}
        return await self._over_http(envelope, as_json=True, headers=headers)

    async def _over_socket(self, kind: str, payload: Json, *, accepts: bool, **extra: Any) -> Ack:
        try:
            async with asyncio.timeout(self.ack_seconds):
                answer = await self._sockets.send(kind, payload, accepts=accepts, **extra)
        except TimeoutError:
            return Ack(error="operation_timeout")
        except ConnectionError:
            return Ack(error="dispatch_failed")
        return Ack(OK, answer)

    async def _over_http(
        self, body: Mapping[str, Any], *, as_json: bool = False, headers: Mapping[str, str] | None = None
    ) -> Ack:
        if self._session is None or not self.request_urls:
            return Ack(error="dispatch_failed")
        url = self.request_urls[next(self._turn) % len(self.request_urls)]
        request = signed_request(
            body,
            secret=self._workspace.app.signing_secret,
            timestamp=time.time(),  # the app compares it with its own clock, which no test moves
            as_json=as_json,
            headers=headers,
        )
        try:
            async with (
                asyncio.timeout(self.ack_seconds),
                self._session.post(
                    url, data=request.body, headers=request.headers, allow_redirects=False
                ) as response,
            ):
                raw = await response.text()
        except TimeoutError:
            return Ack(error="operation_timeout")
        except aiohttp.ClientError:
            return Ack(error="dispatch_failed")
        error = None if response.status < 300 else "dispatch_failed"
        return Ack(response.status, _decode(raw), error, dict(response.headers))


def _decode(raw: str) -> Any:
    if not raw.strip():
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw
