"""Which workspaces want a daily digest: one small JSON each."""

from pydantic import ValidationError

from bot.domain.digest import Digest
from bot.domain.errors import StoreError
from bot.store import keys
from bot.store.connection import Client
from bot.store.retries import persist
from bot.store.scripts import raw


class RedisDigests:
    """Keeps them. Every operation may be repeated."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis

    async def put(self, digest: Digest) -> None:
        """Keep it in place of any other of the workspace."""
        key = keys.digest(digest.team_id)
        await persist(lambda: self._redis.set(key, digest.model_dump_json()))

    async def get(self, team_id: str) -> Digest | None:
        """The workspace's, or None. Raises `StoreError` where it cannot be read."""
        found = await persist(lambda: self._redis.get(keys.digest(team_id)))
        if found is None:
            return None
        try:
            return Digest.model_validate_json(raw(found))
        except ValidationError:
            raise StoreError(None, reason="unreadable") from None

    async def drop(self, team_id: str) -> bool:
        """End it; False where there was none (or the answer to a first attempt was lost)."""
        return bool(await persist(lambda: self._redis.delete(keys.digest(team_id))))
