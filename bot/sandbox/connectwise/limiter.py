"""A real rate limiter: so many requests in any sixty seconds."""

import math
from collections import deque
from collections.abc import Callable
from typing import Final

_WINDOW_SECONDS: Final = 60.0


class Limiter:
    """Counts requests in a sliding window of one minute; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._admitted: deque[float] = deque()

    def admit(self, limit: float) -> int:
        """0 if one more request is within `limit` a minute (0: no limit), else whole seconds to wait."""
        now = self._clock()
        while self._admitted and self._admitted[0] <= now - _WINDOW_SECONDS:
            self._admitted.popleft()
        if limit and len(self._admitted) >= limit:
            return max(1, math.ceil(self._admitted[0] + _WINDOW_SECONDS - now))
        self._admitted.append(now)
        return 0

    def reset(self) -> None:
        """Forget every request."""
        self._admitted.clear()
