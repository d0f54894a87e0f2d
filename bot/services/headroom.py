"""Leaves room on the event loop: background work begins a little apart, and further apart while the loop is late.

A hundred checks that fall due together would each want the loop in the same instant, and whoever clicks a button would
wait for all of them. What is under way is never held up; only what has yet to begin.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

LEAST_SECONDS: Final = 0.002
MOST_SECONDS: Final = 0.064
# A sleeper woken this late met others who wanted the loop.
LATE_SECONDS: Final = 0.005
_WIDEN, _NARROW = 2.0, 0.8


class Headroom:
    """`await` it before each piece of work: it sleeps for the gap, and widens it where it is woken late.

    The gap is at least `LEAST_SECONDS`, which bounds how much begins in a second, and at most `MOST_SECONDS`, so that
    work gets its turn however busy the loop is. `now` and `sleep` are time itself.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._now = now
        self._sleep = sleep
        self.gap_seconds = LEAST_SECONDS

    async def __call__(self) -> None:
        """Wait for a turn."""
        due = self._now() + self.gap_seconds
        await self._sleep(self.gap_seconds)
        is_late = self._now() - due > LATE_SECONDS
        gap = self.gap_seconds * (_WIDEN if is_late else _NARROW)
        self.gap_seconds = min(MOST_SECONDS, max(LEAST_SECONDS, gap))
