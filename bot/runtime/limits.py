"""How much one person, and one workspace, may ask for: a token bucket each, in this process's memory.

In memory on purpose: a look-up in Redis would cost every request a round trip, and what is defended is this process's
time. Behind N replicas a person gets up to N times as much.
"""

import time
from collections.abc import Callable
from typing import Final

_REMEMBERED: Final = 10_000


class RateLimiter:
    """Lets `burst` requests of a key through at once, and then `per_second` of them."""

    def __init__(
        self,
        *,
        burst: float,
        per_second: float,
        capacity: int = _REMEMBERED,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ahead_seconds = burst / per_second
        self._each_seconds = 1 / per_second
        self._capacity = capacity
        self._monotonic = monotonic
        # The bucket as one number: when it will be full again. The order is that of the latest use.
        self._full_at: dict[str, float] = {}

    def allow(self, key: str) -> bool:
        """Whether one more is fine now; if so, it is counted."""
        now = self._monotonic()
        full_at = max(now, self._full_at.pop(key, now)) + self._each_seconds
        if full_at - now > self._ahead_seconds:
            self._full_at[key] = full_at - self._each_seconds
            return False
        if len(self._full_at) >= self._capacity:
            self._full_at.pop(next(iter(self._full_at)))
        self._full_at[key] = full_at
        return True
