"""A signed request counts once: whoever sends the same signature again within its window is refused.

First this process's memory is asked, then Redis, for the other replicas and for what was before a restart. Without Redis
the answer is yes (and counted): whoever could replay would have had to read TLS within five minutes, and people are to be
told that the store is away rather than nothing.
"""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol

from bot.domain.errors import StoreError
from bot.slack.signature import WINDOW_SECONDS
from bot.store.retries import retrying

# A timestamp may lie in the future by the window as well, and is good for as long again.
_KEPT_SECONDS: Final = 2 * WINDOW_SECONDS + 1
_REMEMBERED: Final = 20_000
_PATIENCE_SECONDS: Final = 0.25


class Once(Protocol):
    """Lets the first caller through (`bot.store.once.RedisOnce`)."""

    async def first(self, team_id: str, what: str, token: str, ttl_seconds: float, /) -> bool:
        """Whether this token was first for `what`."""
        ...


class Replays:
    """Remembers signatures for as long as they would be accepted."""

    def __init__(
        self,
        once: Once,
        *,
        failed_open: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._once = once
        self._failed_open = failed_open
        self._monotonic = monotonic
        self._seen: OrderedDict[str, float] = OrderedDict()

    async def is_first(self, team_id: str, signature: str) -> bool:
        """Whether the request of this signature comes for the first time. One round trip to Redis."""
        digest = hashlib.sha256(signature.encode("utf-8", "surrogateescape")).hexdigest()
        if not self._note(digest):
            return False
        try:
            with retrying(_PATIENCE_SECONDS):
                return await self._once.first(
                    team_id, f"request:{digest}", secrets.token_hex(8), _KEPT_SECONDS
                )
        except StoreError:
            self._failed_open()
            return True

    def _note(self, digest: str) -> bool:
        now = self._monotonic()
        while self._seen and (
            len(self._seen) >= _REMEMBERED or next(iter(self._seen.values())) < now - _KEPT_SECONDS
        ):
            self._seen.popitem(last=False)
        if digest in self._seen:
            return False
        self._seen[digest] = now
        return True
