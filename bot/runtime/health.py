"""Whether requests can be served, and how busy the process is: asked by probes, and looked at every few seconds."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol

from bot.domain.errors import StoreError
from bot.domain.jobs import Backlog
from bot.runtime.metrics import Metrics

_LOOK_SECONDS: Final = 5.0
_LAG_SECONDS: Final = 0.25

Ping = Callable[[], Awaitable[None]]
IsConnected = Callable[[], Awaitable[bool]]


class Queue(Protocol):
    """The durable work (`bot.store.schedule.RedisSchedule`)."""

    async def backlog(self) -> Backlog:
        """What waits. Raises `StoreError`."""
        ...


class Health:
    """Ready is a bot whose store answers and whose socket (where it has one) is connected, until it is told to end."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._ping: Ping | None = None
        self._is_connected: IsConnected | None = None
        self._is_draining = False
        metrics.ready.set(0)

    def opened(self, ping: Ping) -> None:
        """The store is open; `ping` raises `StoreError` where it does not answer."""
        self._ping = ping

    def connected(self, is_connected: IsConnected) -> None:
        """There is a socket to Slack, to be asked too."""
        self._is_connected = is_connected

    def drain(self) -> None:
        """No more requests are wanted."""
        self._is_draining = True
        self._metrics.ready.set(0)

    async def is_ready(self) -> bool:
        """Whether requests can be served."""
        is_ready = await self._look()
        self._metrics.ready.set(is_ready)
        return is_ready

    async def watch(self, queue: Queue, *, every_seconds: float = _LOOK_SECONDS) -> None:
        """Look at readiness and at the queue, until cancelled."""
        while True:
            await self.is_ready()
            # What cannot be known is no number: an alert on it stays quiet, and the one on readiness speaks.
            due = oldest_seconds = math.nan
            with suppress(StoreError):
                backlog = await queue.backlog()
                due, oldest_seconds = backlog.due, backlog.oldest_seconds
            self._metrics.queue_due.set(due)
            self._metrics.queue_oldest.set(oldest_seconds)
            await asyncio.sleep(every_seconds)

    async def measure_lag(self, *, every_seconds: float = _LAG_SECONDS) -> None:
        """Sleep, and see how late one is woken, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + every_seconds
            await asyncio.sleep(every_seconds)
            self._metrics.loop_lag.observe(max(0.0, loop.time() - due))

    async def _look(self) -> bool:
        if self._is_draining or self._ping is None:
            return False
        if self._is_connected is not None and not await self._is_connected():
            return False
        try:
            await self._ping()
        except StoreError:
            return False
        return not self._is_draining
