"""What is to happen once: double clicks, Slack's repeated deliveries, posts by several replicas."""

from bot.store import keys
from bot.store.connection import Client
from bot.store.scripts import Script


class RedisOnce:
    """Lets the first caller through, and that caller again."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._first = Script("once_first")

    async def first(self, team_id: str, what: str, token: str, ttl_seconds: float) -> bool:
        """Whether this token was first for `what` within the last `ttl_seconds`. May be repeated.

        `SET NX` alone would answer no to the winner who lost the reply and asks again.
        """
        milliseconds = max(1, round(ttl_seconds * 1000))
        key = keys.once(team_id, what)
        return bool(await self._first(self._redis, (key,), token, milliseconds))
