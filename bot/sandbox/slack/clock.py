"""Time and change, as the workspace knows them."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Clock:
    """The workspace's clock: the machine's, plus what a test moved it forward by."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """Epoch seconds."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass at once: triggers die, response_urls expire, rate windows reopen."""
        self._ahead += seconds


class Changes:
    """Counts what changed in the workspace, and for whom, and wakes those who wait."""

    def __init__(self) -> None:
        self.rev = 0
        self._seen: dict[str, int] = {}
        self._everybody = 0
        self._wakers: set[asyncio.Event] = set()

    def note(self, *user_ids: str) -> None:
        """Something changed: for these people, or for everybody when none is named."""
        self.rev += 1
        if user_ids:
            self._seen.update(dict.fromkeys(user_ids, self.rev))
        else:
            self._everybody = self.rev
        for waker in self._wakers:
            waker.set()

    def rev_for(self, user_id: str) -> int:
        """The newest revision that this person can see."""
        return max(self._everybody, self._seen.get(user_id, 0))

    async def wait_for(self, predicate: Callable[[], T], *, timeout_seconds: float) -> T:
        """The first true value of `predicate`, asked again after every change. Raises TimeoutError."""
        waker = asyncio.Event()
        self._wakers.add(waker)
        try:
            async with asyncio.timeout(timeout_seconds):
                while not (value := predicate()):
                    await waker.wait()
                    waker.clear()
                return value
        finally:
            self._wakers.discard(waker)
