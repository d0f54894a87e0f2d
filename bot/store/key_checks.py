"""The check values of the encryption keys: a wrong or missing key is found at the start."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.store import keys
from bot.store.connection import Client
from bot.store.retries import persist
from bot.store.scripts import text


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """What the comparison found: ids whose key is another one now, and ids that are not given any more."""

    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether everything sealed so far can be opened with the keys that are given."""
        return not self.changed and not self.missing


class RedisKeyChecks:
    """Remembers the check value of each key that ever sealed here."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis

    async def compare(self, values: Mapping[str, str]) -> KeyCheck:
        """Hold the given keys' check values (id → value) against those that are remembered."""
        found = await persist(lambda: self._redis.hgetall(keys.KEYRING))
        known = {text(key_id): text(value) for key_id, value in found.items()}
        return KeyCheck(
            changed=tuple(sorted(it for it in known if it in values and values[it] != known[it])),
            missing=tuple(sorted(it for it in known if it not in values)),
        )

    async def remember(self, values: Mapping[str, str]) -> None:
        """Remember keys that are not known yet; a known one keeps its first value."""
        for key_id, value in values.items():
            await self._remember(key_id, value)

    async def forget(self, key_id: str) -> None:
        """Forget a retired key, once nothing is sealed under it any more (`Reseal.count_by_key`)."""
        await persist(lambda: self._redis.hdel(keys.KEYRING, key_id))

    async def _remember(self, key_id: str, value: str) -> None:
        await persist(lambda: self._redis.hsetnx(keys.KEYRING, key_id, value))
