"""Our own patience with Redis: operations that may be repeated are, until a deadline, and then say so.

redis-py's retries are off (`bot.store.connection`): they repeat what is not idempotent, and behind Sentinel
they go to the dead master again. Every operation of this package is safe to repeat, its Lua being
idempotent in something that the caller brings (sealed bytes, a nonce, a token, a due time), so the whole
operation is tried again on a fresh connection, for which redis-py asks Sentinel anew.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

from redis import exceptions

from bot.domain.errors import StoreError, StoreUnavailableError

T = TypeVar("T")

DEFAULT_DEADLINE_SECONDS: Final = 1.0
_FIRST_PAUSE_SECONDS: Final = 0.02
_LONGEST_PAUSE_SECONDS: Final = 0.5
_PASSING: Final = (
    exceptions.ClusterDownError,
    exceptions.ConnectionError,
    exceptions.ReadOnlyError,
    exceptions.SlotNotCoveredError,
    exceptions.TimeoutError,
    exceptions.TryAgainError,
    OSError,
)

_PASSING_WORDS: Final = ("READONLY", "MASTERDOWN", "NOREPLICAS")

_deadline_seconds: ContextVar[float] = ContextVar("store_deadline_seconds", default=DEFAULT_DEADLINE_SECONDS)


@contextmanager
def retrying(deadline_seconds: float) -> Iterator[None]:
    """Give each store operation in this block, and in tasks started from it, so many seconds (else 1)."""
    token = _deadline_seconds.set(deadline_seconds)
    try:
        yield
    finally:
        _deadline_seconds.reset(token)


async def persist(operation: Callable[[], Awaitable[T]]) -> T:
    """Run an operation that may be repeated until it answers or the deadline of `retrying` has passed.

    Raises `StoreUnavailableError` when Redis could not be reached in time, and `StoreError` (whose `reason`
    is the class of the refusal; never Redis's words, which may repeat arguments) when Redis refused.
    """
    last: Exception | None = None
    cancellations = _count_cancellations()
    try:
        async with asyncio.timeout(_deadline_seconds.get()):
            pause = _FIRST_PAUSE_SECONDS
            while True:
                try:
                    result = await operation()
                    break
                except (exceptions.RedisError, exceptions.RedisClusterException, OSError) as error:
                    last = _sort(error)
                except RuntimeError as error:
                    # What uvloop says instead of ConnectionError where the other side hung up a moment ago.
                    if "closed" not in str(error):
                        raise
                    last = error
                # Jitter: replicas that lost the same master must not come back in step.
                await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - not for secrecy
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
    except TimeoutError:
        raise StoreUnavailableError from last
    if _count_cancellations() > cancellations:
        # Python 3.11's `asyncio.wait_for`, which redis-py uses, loses a cancellation that comes as it ends: a loop
        # that was told to stop would go on for ever.
        raise asyncio.CancelledError
    return result


def _count_cancellations() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def _sort(error: Exception) -> Exception:
    # A log-in that was refused comes wrapped into a lost connection.
    root: BaseException = error
    while isinstance(root.__cause__, exceptions.RedisError):
        root = root.__cause__
    refused = isinstance(root, exceptions.AuthenticationError | exceptions.AuthorizationError)
    if isinstance(root, _PASSING) and not refused:
        return error
    if any(word in str(root) for word in _PASSING_WORDS):
        # A script that met a replica, or a master without any, reports it inside its own error.
        return error
    raise StoreError(None, reason=type(root).__name__) from None
