"""When to ask again: the vendor's advice as numbers.

Somebody waiting: 2-3 tries, 50-100 ms at first, 2-5 s at most. Nobody waiting: 5-10 tries, 30-60 s at most.
Only what may pass by itself is tried again, never a 400, 401, 403 or 404; a throttled call waits as long as
it was told to.
"""

import random
from dataclasses import dataclass
from typing import Final

from bot.domain.errors import ConnectWiseError
from bot.domain.evidence import Budget


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to try, and how long to wait between; seconds."""

    tries: int
    base_seconds: float
    cap_seconds: float

    def delay(self, error: ConnectWiseError, *, attempt: int, jitter: random.Random) -> float | None:
        """Seconds to wait after failure number `attempt` (from 1); None when it should stay one.

        A `retry_after` beyond the cap ends the trying: whoever asked has a better use for the time.
        """
        if not error.transient or attempt >= self.tries:
            return None
        if error.retry_after is not None:
            wait = error.retry_after
            # A crowd that was sent away together must not come back together.
            return wait + jitter.uniform(0, self.base_seconds) if wait <= self.cap_seconds else None
        ceiling = min(self.cap_seconds, self.base_seconds * 2 ** (attempt - 1))
        return jitter.uniform(ceiling / 2, ceiling)


PATIENCE: Final = {
    Budget.INTERACTIVE: Patience(tries=3, base_seconds=0.1, cap_seconds=3.0),
    Budget.BACKGROUND: Patience(tries=6, base_seconds=1.0, cap_seconds=45.0),
}
