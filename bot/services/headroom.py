"""Leaves room on the event loop: background work begins a little apart, and further apart while the loop is busy or late.

A hundred checks that fall due together would each want the loop in the same instant, and whoever clicks a button would
wait for all of them; and a loop that is never idle answers nobody soon, however short each step is. What is under way is
never held up; only what has yet to begin.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

LEAST_SECONDS: Final = 0.002
MOST_SECONDS: Final = 0.064
# A sleeper woken this late met others who wanted the loop.
LATE_SECONDS: Final = 0.005
# Of the loop's time: what is above it is for people. They wait for each other, too, and the longer the closer it is to 1.
BUSY_SHARE: Final = 0.8
_WINDOW_SECONDS: Final = 0.05
_WIDEN, _MOST_NARROW, _MOST_WIDE = 1.5, 0.8, 1.25


class Headroom:
    """`await` it before each piece of work: it sleeps for the gap, and fits the gap to how the loop does.

    Woken late, it widens the gap. Otherwise the gap is such that this thread is busy for `BUSY_SHARE` of the time: it is
    at least `LEAST_SECONDS`, which bounds how much begins in a second, and at most `MOST_SECONDS`, so that work gets its
    turn however busy the loop is. `now` and `sleep` are time itself, `spent` the processor seconds of the loop's thread.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.monotonic,
        spent: Callable[[], float] = time.thread_time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._now = now
        self._spent = spent
        self._sleep = sleep
        self._window = (now(), spent())
        self.gap_seconds = LEAST_SECONDS

    async def __call__(self) -> None:
        """Wait for a turn."""
        due = self._now() + self.gap_seconds
        await self._sleep(self.gap_seconds)
        is_late = self._now() - due > LATE_SECONDS
        gap = self.gap_seconds * (_WIDEN if is_late else self._fit())
        self.gap_seconds = min(MOST_SECONDS, max(LEAST_SECONDS, gap))

    def _fit(self) -> float:
        """What to multiply the gap by, once a window: the more, the busier the loop was in it."""
        now, spent = self._now(), self._spent()
        seconds = now - self._window[0]
        if seconds < _WINDOW_SECONDS:
            return 1.0
        share = (spent - self._window[1]) / seconds
        self._window = (now, spent)
        return min(_MOST_WIDE, max(_MOST_NARROW, share / BUSY_SHARE))
