"""Removes a workspace: its jobs, then every key under its tag; what stays is the fact that it was removed."""

from datetime import UTC, datetime

from bot.domain.jobs import JobKind
from bot.store import keys
from bot.store.connection import Client
from bot.store.retries import persist
from bot.store.scan import scan_keys
from bot.store.schedule import RedisSchedule
from bot.store.scripts import text


class RedisPurge:
    """Forgets workspaces. Interrupted, it is simply called again."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._schedule = RedisSchedule(redis)

    async def purge_team(self, team_id: str) -> int:
        """Delete the workspace's jobs and keys; returns how many went. May be repeated.

        The tombstone, workspace and time, is outside of the workspace's own keys and holds nothing of what
        was theirs.
        """
        prefix = keys.team(team_id)
        # First of all: an installation that is found later is a new one.
        gone = await self._delete(keys.installation(team_id))
        for job_id in await self._schedule.ids_of(team_id):
            await self._schedule.cancel(job_id)
            gone += 1
        async for key in scan_keys(self._redis, f"{prefix}*"):
            gone += await self._delete(key)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        await persist(lambda: self._redis.hset(keys.PURGED, team_id, now))
        return gone

    async def unfinished(self) -> list[str]:
        """The workspaces whose purge stands in the schedule, without those that have installed the app again."""
        found = []
        for job_id in await self._schedule.ids_of(""):
            kind, _, team_id = job_id.partition(":")
            if kind == JobKind.PURGE and not await self._is_installed(team_id):
                found.append(team_id)
        return found

    async def purged_at(self, team_id: str) -> datetime | None:
        """When the workspace was last purged."""
        found = await persist(lambda: self._redis.hget(keys.PURGED, team_id))
        return None if found is None else datetime.fromisoformat(text(found))

    async def _is_installed(self, team_id: str) -> bool:
        return bool(await persist(lambda: self._redis.exists(keys.installation(team_id))))

    async def _delete(self, key: str) -> int:
        return await persist(lambda: self._redis.delete(key))
