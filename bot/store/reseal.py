"""Seals every record anew under the first key, while the bot goes on: the second half of a key's rotation."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from bot.domain.errors import SealError
from bot.domain.sealing import Place, Sealer
from bot.store import installations, instances, keys, submissions
from bot.store.connection import Client
from bot.store.retries import persist
from bot.store.scan import scan_keys
from bot.store.scripts import Script, raw, text

_SCHEMAS: Final = {
    "instance": instances.SCHEMA,
    "submission": submissions.SCHEMA,
    "installation": installations.SCHEMA,
}
_ATTEMPTS: Final = 5
# So many at once, and what an interrupted run does again at most.
_PAGE: Final = 50
_COUNTED_PAGE: Final = 500

Done = Literal["resealed", "current", "gone", "damaged"]


class KeyedSealer(Sealer, Protocol):
    """A sealer that tells which key it seals with and which one sealed."""

    @property
    def key_id(self) -> str:
        """The key that seals."""
        ...

    def key_id_of(self, sealed: bytes) -> str:
        """The key that sealed these bytes. Raises `SealError`."""
        ...


@dataclass(frozen=True, slots=True)
class ResealSummary:
    """How many were sealed anew, were so already, went meanwhile; and which ones do not open."""

    resealed: int
    current: int
    gone: int
    damaged: tuple[str, ...]


class RedisReseal:
    """Goes through all sealed records of all workspaces in the order of their keys.

    Each is exchanged only if it is still the one that was opened, so that a write meanwhile wins. How far
    it got is kept in Redis: an interrupted run goes on from there, a finished one begins anew and finds
    nothing to do.
    """

    def __init__(self, redis: Client, sealer: KeyedSealer) -> None:
        self._redis = redis
        self._sealer = sealer
        self._swap = Script("reseal_swap")

    async def run(self, progress: Callable[[int, int], None] = lambda _done, _total: None) -> ResealSummary:
        """Seal what is not under the first key anew; `progress` is told (done, total). May be repeated."""
        names = await self._sealed_keys()
        cursor = await self._load_cursor()
        remaining = [name for name in names if name > cursor]
        tally: Counter[Done] = Counter()
        damaged = []
        for start in range(0, len(remaining), _PAGE):
            page = remaining[start : start + _PAGE]
            for number, (name, done) in enumerate(zip(page, await self._reseal_page(page), strict=True), 1):
                tally[done] += 1
                if done == "damaged":
                    damaged.append(name)
                progress(len(names) - len(remaining) + start + number, len(names))
            await self._save_cursor(page[-1])
        await persist(lambda: self._redis.delete(keys.RESEAL))
        return ResealSummary(tally["resealed"], tally["current"], tally["gone"], tuple(damaged))

    async def count_by_key(self) -> dict[str, int]:
        """How many records each key has sealed; what is no envelope at all counts under the empty id."""
        counts: Counter[str] = Counter()
        names = await self._sealed_keys()
        for start in range(0, len(names), _COUNTED_PAGE):
            for _, sealed in await self._read(names[start : start + _COUNTED_PAGE]):
                if sealed is not None:
                    counts[self._sealed_by(sealed)] += 1
        return dict(counts)

    async def _reseal_page(self, names: Sequence[str]) -> list[Done]:
        found = await self._read(names)
        work = (self._reseal(name, *record) for name, record in zip(names, found, strict=True))
        return list(await asyncio.gather(*work))

    async def _reseal(self, name: str, revision: int, sealed: bytes | None) -> Done:
        for _ in range(_ATTEMPTS):
            if sealed is None:
                return "gone"
            if self._sealed_by(sealed) == self._sealer.key_id:
                return "current"
            try:
                place = _place_of(name, revision)
                renewed = self._sealer.seal(self._sealer.open(sealed, place), place)
            except SealError:
                return "damaged"
            if await self._swap(self._redis, (name,), sealed, renewed):
                return "resealed"
            ((revision, sealed),) = await self._read([name])
        # Whoever keeps writing it seals under a key of their own ring.
        return "current"

    async def _read(self, names: Sequence[str]) -> list[tuple[int, bytes | None]]:
        """Revision and sealed bytes of each, in one round trip; no bytes where there is no record."""
        found = await persist(lambda: self._read_once(names))
        return [(0, None) if None in record else (int(record[0]), raw(record[1])) for record in found]

    async def _read_once(self, names: Sequence[str]) -> list[Any]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.hmget(name, ["revision", "sealed"])
            records: list[Any] = await pipeline.execute()
        return records

    def _sealed_by(self, sealed: bytes) -> str:
        try:
            return self._sealer.key_id_of(sealed)
        except SealError:
            return ""

    async def _sealed_keys(self) -> list[str]:
        found: set[str] = set()
        for pattern in ("instance:*", "submission:*", "installation"):
            found |= {key async for key in scan_keys(self._redis, keys.every_team(pattern))}
        return sorted(found)

    async def _load_cursor(self) -> str:
        # A cursor of SCAN would not do: it means nothing to a server that restarted or took over.
        found = await persist(lambda: self._redis.hmget(keys.RESEAL, ["key", "cursor"]))
        return text(found[1]) if text(found[0]) == self._sealer.key_id else ""

    async def _save_cursor(self, name: str) -> None:
        fields = ["key", self._sealer.key_id, "cursor", name]
        await persist(lambda: self._redis.hset(keys.RESEAL, items=fields))


def _place_of(name: str, revision: int) -> Place:
    team_id = keys.team_of(name)
    kind, _, record_id = name.partition("}:")[2].partition(":")
    return Place(team_id, record_id or team_id, _SCHEMAS[kind], revision)
