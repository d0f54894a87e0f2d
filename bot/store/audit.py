"""The audit trail: who did what, appended and never changed, the oldest falling off at the end.

What a workspace does at the same time is written together, in the order in which it came: entry by entry it costs as much
as what stands before an ack.
"""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from bot.domain.errors import StoreError, StoreUnavailableError
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


@dataclass(slots=True)
class _Batch:
    """Events that are written together; `ids` are theirs, once they are there."""

    events: list[Event]
    ids: asyncio.Future[list[str]] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class RedisAudit:
    """One capped stream a workspace. `event` holds ids and names, never secrets.

    `gather_seconds` is how long the first event waits for others before they are written together.
    """

    def __init__(self, redis: Client, *, capacity: int = 1000, gather_seconds: float = 0.0) -> None:
        self._redis = redis
        self._capacity = capacity
        self._gather_seconds = gather_seconds
        self._append = Script("audit_append")
        self._open: dict[str, _Batch] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def append(self, team_id: str, event: Event) -> str:
        """Append an event, once however often it has to be sent. Returns its id, when it is there.

        Raises `StoreError`, for each of those that were to be written together.
        """
        batch = self._open.get(team_id)
        if batch is None:
            return (await self._lead(team_id, event))[0]
        batch.events.append(event)
        place = len(batch.events) - 1
        # Whoever gives up waiting does so for itself alone.
        return (await asyncio.shield(batch.ids))[place]

    async def _lead(self, team_id: str, event: Event) -> list[str]:
        """Gather what comes besides, write it, and tell the others; no task but the callers' own is needed for it."""
        batch = self._open[team_id] = _Batch([event])
        try:
            await asyncio.sleep(self._gather_seconds)
            # What comes while the batch before is being written joins this one.
            async with self._turns[team_id]:
                self._close(team_id, batch)
                ids = await self._write(team_id, batch.events)
        except BaseException as error:
            self._close(team_id, batch)
            batch.ids.set_exception(error if isinstance(error, StoreError) else StoreUnavailableError())
            batch.ids.exception()  # there may be no others
            raise
        batch.ids.set_result(ids)
        return ids

    def _close(self, team_id: str, batch: _Batch) -> None:
        if self._open.get(team_id) is batch:
            del self._open[team_id]

    async def _write(self, team_id: str, events: Sequence[Event]) -> list[str]:
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
