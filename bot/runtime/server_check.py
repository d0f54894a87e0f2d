"""Whether the operator's Redis may be trusted with what is kept in it, asked once at the start."""

import structlog

from bot.domain.errors import StoreError, StoreUnavailableError
from bot.runtime.settings import SettingsError
from bot.store.connection import Client
from bot.store.health import inspect

log = structlog.get_logger(__name__)


async def count_replicas(redis: Client) -> int:
    """How many replicas it has. A server that throws records away is refused; what else is not right is logged.

    Raises `SettingsError` and `StoreUnavailableError`.
    """
    try:
        health = await inspect(redis)
    except StoreUnavailableError:
        raise
    except StoreError as error:
        # The user may not ask (an ACL without INFO): what cannot be known is no reason not to start.
        log.warning("redis_not_inspected", key=error.key)
        return 0
    if health.may_evict:
        raise SettingsError(
            f"This Redis throws records away when its memory is full (maxmemory-policy {health.maxmemory_policy}), "
            "API keys among them. Set maxmemory-policy to noeviction there, or give the bot a Redis of its own."
        )
    if health.problems:
        log.warning("redis_not_as_it_should_be", problems=health.problems)
    return health.replicas
