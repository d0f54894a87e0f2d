"""The audit trail: who did what, appended and never changed, the oldest falling off at the end."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.store import keys
from bot.store.connection import Client
from bot.store.retries import persist
from bot.store.scripts import Script, text

_MARK_MILLISECONDS: Final = 60_000
# Redis does nothing else while a script runs.
_MOST_AT_ONCE: Final = 100

Event = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry: Redis's id for it and its time of arrival beside what the caller told."""

    id: str
    at: datetime
    event: Event


class RedisAudit:
    """One capped stream a workspace. An event holds ids and names, never secrets."""

    def __init__(self, redis: Client, *, capacity: int = 1000) -> None:
        self._redis = redis
        self._capacity = capacity
        self._append = Script("audit_append")

    async def append(self, team_id: str, *events: Event) -> list[str]:
        """Append events in their order, each once however often it has to be sent. Returns their ids."""
        ids: list[str] = []
        for start in range(0, len(events), _MOST_AT_ONCE):
            names = (keys.audit(team_id), keys.once(team_id, f"audit:{secrets.token_hex(8)}"))
            flat = [it for event in events[start : start + _MOST_AT_ONCE] for it in _flatten(event)]
            told = await self._append(self._redis, names, self._capacity, _MARK_MILLISECONDS, *flat)
            ids.extend(text(told).split())
        return ids

    async def read(self, team_id: str, limit: int = 50) -> list[AuditEntry]:
        """The latest entries, newest first."""
        found = await persist(lambda: self._redis.xrevrange(keys.audit(team_id), count=limit))
        return [_parse(text(entry_id), fields or {}) for entry_id, fields in found or ()]


def _flatten(event: Event) -> list[str]:
    return [str(2 * len(event)), *(part for pair in event.items() for part in pair)]


def _parse(entry_id: str, fields: Mapping[bytes | str, bytes | str]) -> AuditEntry:
    at = datetime.fromtimestamp(int(entry_id.partition("-")[0]) / 1000, UTC)
    return AuditEntry(entry_id, at, {text(name): text(value) for name, value in fields.items()})
