"""Installations: what a workspace gave when it installed the app (its tokens), sealed, one a workspace."""

import json
from collections.abc import Mapping
from typing import Any, Final

from bot.domain.sealing import Place, Sealer
from bot.store import keys
from bot.store.connection import Client
from bot.store.retries import persist
from bot.store.scan import scan_keys
from bot.store.scripts import Script, raw

SCHEMA: Final = "installation/1"
# An installation is written over, not revised; what is bound is that it is this workspace's.
REVISION: Final = 1


class RedisInstallations:
    """Keeps one sealed JSON document a workspace."""

    def __init__(self, redis: Client, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer
        self._put = Script("installation_put")

    async def put(self, team_id: str, document: Mapping[str, Any]) -> None:
        """Seal and keep the workspace's document in place of an earlier one. It must be JSON."""
        sealed = self._sealer.seal(json.dumps(dict(document)).encode(), _place(team_id))
        await self._put(self._redis, (keys.installation(team_id),), REVISION, sealed)

    async def get(self, team_id: str) -> dict[str, Any] | None:
        """The workspace's document. Raises `SealError` when it does not open."""
        key = keys.installation(team_id)
        sealed = await persist(lambda: self._redis.hget(key, "sealed"))
        if sealed is None:
            return None
        document: dict[str, Any] = json.loads(self._sealer.open(raw(sealed), _place(team_id)))
        return document

    async def remove(self, team_id: str) -> bool:
        """Destroy the workspace's document. False when there is none (or a first reply was lost)."""
        key = keys.installation(team_id)
        return await persist(lambda: self._redis.delete(key)) > 0

    async def list_ids(self) -> list[str]:
        """The workspaces that have one, sorted."""
        return sorted(
            {keys.team_of(key) async for key in scan_keys(self._redis, keys.every_team("installation"))}
        )


def _place(team_id: str) -> Place:
    return Place(team_id, team_id, SCHEMA, REVISION)
