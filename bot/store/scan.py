"""Goes through keys by pattern, a page at a time, on one server or on all of a cluster's masters."""

from collections.abc import AsyncIterator
from typing import Any, Final

from redis.asyncio.cluster import RedisCluster

from bot.store.connection import Client
from bot.store.retries import persist
from bot.store.scripts import text

_PAGE: Final = 500


async def scan_keys(client: Client, pattern: str) -> AsyncIterator[str]:
    """Every key of the pattern that is there from beginning to end; one may come twice, as SCAN has it."""
    for options in await node_options(client):
        cursor = 0
        while True:
            cursor, page = await _scan_page(client, cursor, pattern, options)
            for key in page:
                yield text(key)
            if not cursor:
                break


async def node_options(client: Client) -> list[dict[str, Any]]:
    """What to add to a command without keys so that, call by call, it reaches all masters of the client."""
    if not isinstance(client, RedisCluster):
        return [{}]
    await persist(client.initialize)
    return [{"target_nodes": node} for node in client.get_primaries()]


async def _scan_page(
    client: Client, cursor: int, pattern: str, options: dict[str, Any]
) -> tuple[int, list[bytes | str]]:
    reply: Any = await persist(lambda: client.scan(cursor, match=pattern, count=_PAGE, **options))
    following, page = reply
    # A cluster's client answers with a cursor for each node that was asked: here that is one.
    return (next(iter(following.values())) if isinstance(following, dict) else int(following)), page
