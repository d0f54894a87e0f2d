"""What is remembered of each instance's checks: plain JSON (it holds no secrets), compared and set by revision."""

import secrets

from pydantic import ValidationError

from bot.domain.errors import StaleError, StoreError
from bot.domain.monitor import Watch
from bot.store import keys
from bot.store.connection import Client
from bot.store.retries import persist
from bot.store.scripts import Script, raw, text


class RedisWatches:
    """Keeps watches. The index holds the health of each, so that a workspace's can be counted at a glance."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._save = Script("document_save")
        self._remove = Script("document_remove")

    async def get(self, team_id: str, instance_id: str) -> Watch | None:
        """An instance's watch, or None. Raises `StoreError` where it cannot be read."""
        found = await persist(lambda: self._redis.hget(keys.watch(team_id, instance_id), "json"))
        if found is None:
            return None
        try:
            return Watch.model_validate_json(raw(found))
        except ValidationError:
            raise StoreError(None, reason="unreadable", record=instance_id) from None

    async def save(self, watch: Watch) -> Watch:
        """Write the next revision and return it; revision 0 is a new one. Raises `StaleError`."""
        following = watch.evolve(revision=watch.revision + 1)
        names = (keys.watches(watch.team_id), keys.watch(watch.team_id, watch.id))
        nonce = secrets.token_hex(8)
        content = following.model_dump_json()
        reply = await self._save(
            self._redis, names, watch.id, watch.revision, content, str(watch.health), nonce
        )
        if text(reply) == "stale":
            raise StaleError
        return following

    async def remove(self, team_id: str, instance_id: str) -> None:
        """Forget it. May be repeated."""
        names = (keys.watches(team_id), keys.watch(team_id, instance_id))
        await self._remove(self._redis, names, instance_id)

    async def healths(self, team_id: str) -> dict[str, str]:
        """The health of each watched instance, by its id."""
        index = await persist(lambda: self._redis.hgetall(keys.watches(team_id)))
        return {text(it): text(health) for it, health in index.items()}
