"""What time it is, for every replica alike: Redis's time. A replica whose own clock is wrong does nothing wrong.

The local wall clock is not looked at at all: Redis is asked now and then, and in between the monotonic clock counts on.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from bot.domain.errors import StoreError
from bot.store.connection import Client
from bot.store.retries import persist
from bot.store.scan import node_options

_log = structlog.get_logger(__name__)

_SYNC_SECONDS: Final = 60.0


class RedisClock:
    """Tells Redis's time without asking it each time; call `sync` once before, and have `run` do so from then on."""

    def __init__(self, redis: Client, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._monotonic = monotonic
        self._anchor: tuple[datetime, float] | None = None

    def __call__(self) -> datetime:
        """Now, aware, in UTC."""
        if self._anchor is None:
            return datetime.now(UTC)
        at, then = self._anchor
        return at + timedelta(seconds=self._monotonic() - then)

    async def sync(self) -> None:
        """Ask Redis. Raises `StoreUnavailableError`."""
        options = (await node_options(self._redis))[0]
        before = self._monotonic()
        reply: Any = await persist(lambda: self._redis.time(**options))
        after = self._monotonic()
        seconds, microseconds = reply
        at = datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int(microseconds))
        self._anchor = (at, (before + after) / 2)

    async def run(self) -> None:
        """Stay in step, until cancelled."""
        while True:
            await asyncio.sleep(_SYNC_SECONDS)
            try:
                await self.sync()
            except StoreError as error:
                _log.info("clock_not_synced", key=error.key)
