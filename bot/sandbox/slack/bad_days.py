"""How a call to the Web API, or to a response_url, goes on one of Slack's bad days (`bot.sandbox.slack.moods`)."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.model import Json
from bot.sandbox.slack.moods import Mood, Moods


class Dropped(Exception):  # noqa: N818 - not a failure of ours: the connection is to be broken
    """The mood was to drop the connection."""


@dataclass(frozen=True)
class Answer:
    """What is sent; `error` is what the log of calls says of it."""

    status: int
    body: Json | str
    headers: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None


class BadDays:
    """Stands before whatever performs a call."""

    def __init__(self, moods: Moods) -> None:
        self._moods = moods
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Let go of the calls that a mood holds."""
        self._closing.set()

    async def answer(self, name: str, args: Mapping[str, Any], perform: Callable[[], Answer]) -> Answer:
        """What `perform` answers, or what the mood has instead. Raises `Dropped`, also after it was done."""
        mood = self._moods.take(name, args)
        if mood is None:
            return perform()
        answer = await self._misbehave(mood) or perform()
        if mood.drops == "after":
            raise Dropped
        return answer

    async def _misbehave(self, mood: Mood) -> Answer | None:
        if mood.delay_seconds:
            await asyncio.sleep(mood.delay_seconds)
        if mood.hangs:
            await self._closing.wait()
            raise Dropped
        if mood.drops == "before":
            raise Dropped
        if mood.retry_after is not None:
            return rate_limited(mood.retry_after)
        if mood.status is not None:
            return Answer(mood.status, "<html>Server Error</html>", error=f"http_{mood.status}")
        if mood.error is not None:
            return Answer(200, ApiError(mood.error, (), **mood.extra).as_answer(), error=mood.error)
        return None


def rate_limited(seconds: int) -> Answer:
    """Come again after so many seconds."""
    body: Json = {"ok": False, "error": "ratelimited"}
    return Answer(429, body, {"Retry-After": str(seconds)}, "ratelimited")


def hang_up(http: web.Request) -> web.StreamResponse:
    """Break the connection; what is returned goes nowhere."""
    if http.transport is not None:
        http.transport.abort()
    return web.Response()
