"""Instances in Redis: each one sealed, an index of names beside them, one default a workspace."""

import asyncio
import secrets
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from bot.domain.errors import NameTakenError, SealError, StaleError, StoreError
from bot.domain.instance import Instance, Outline, fold_name
from bot.domain.onboarding import Onboarding
from bot.domain.sealing import Place, Sealer
from bot.store import keys
from bot.store.connection import Client
from bot.store.retries import persist
from bot.store.scripts import Script, raw, text

AnyOutline = TypeVar("AnyOutline", bound=Outline)

SCHEMA: Final = "instance/1"
_MARK_MILLISECONDS: Final = 60_000
_OPENED_AT_ONCE: Final = 8


class RedisInstances:
    """Keeps instances. `is_default` is the index's to say: it is set on reading and ignored on writing.

    The revision stands beside the sealed bytes and, as the highest one ever written, in the index: a record
    that was put back to an older revision is noticed and refused with `SealError`. (Somebody who can write
    to Redis could put back record and index together; this shows a half-restored backup and a clumsy hand.)

    A write waits a moment for `replicas` of them to have it, where there are any (0 does not wait).
    """

    def __init__(self, redis: Client, sealer: Sealer, *, replicas: int = 0) -> None:
        self._redis = redis
        self._replicas = replicas
        self._sealer = sealer
        self._add = Script("instance_add")
        self._save = Script("instance_save")
        self._read = Script("instance_read")
        self._list = Script("instance_list")
        self._pick = Script("instance_pick")
        self._default = Script("instance_default")
        self._remove = Script("instance_remove")

    async def add(self, instance: Instance) -> Instance:
        """Keep a new instance at revision 1; the workspace's first becomes its default.

        Raises `NameTakenError`, and `StaleError` when the id exists.
        """
        return await self._write(self._add, instance.evolve(revision=1))

    async def save(self, instance: Instance) -> Instance:
        """Write the next revision, renaming if the name changed. Returns what is now kept.

        Raises `StaleError` when it was written or removed since it was read, and `NameTakenError`.
        """
        return await self._write(
            self._save, instance.evolve(revision=instance.revision + 1), instance.revision
        )

    async def get(self, team_id: str, instance_id: str) -> Instance | None:
        """One instance. Raises `SealError` when its record does not open, is missing or was put back."""
        return await self._get(Instance, team_id, instance_id)

    async def outline(self, team_id: str, instance_id: str) -> Outline | None:
        """The same in short, which takes a quarter of the time to read."""
        return await self._get(Outline, team_id, instance_id)

    async def by_name(self, team_id: str, name: str) -> Instance | None:
        """The instance of that name, whatever its capitals and blanks."""
        return (await self.pick(team_id, name))[1] if fold_name(name) else None

    async def pick(self, team_id: str, name: str = "") -> tuple[int, Instance | None, Onboarding | None]:
        """How many instances a workspace has, and the one of that name; without one, the default.

        Its onboarding comes with it, if there is one: all in one trip, on the way to an ack.
        """
        prefixes = keys.every_instance(team_id), keys.every_onboarding(team_id)
        number, default, *found = await self._pick(
            self._redis, (keys.instances(team_id),), *prefixes, fold_name(name)
        )
        onboarding, instance_id, highest, *stored = found or (None,) * 5
        if highest is None:
            return int(number), None, None
        row = (highest, *stored)
        instance = self._open(Instance, team_id, text(instance_id), text(default), row)
        return int(number), instance, _parse_onboarding(onboarding)

    async def list(self, team_id: str) -> list[Instance]:
        """A workspace's instances, sorted by name. Raises `SealError` when one of them does not open."""
        return [*(await self._open_all(Instance, team_id) or ())]

    async def outlines(self, team_id: str) -> tuple[Outline, ...]:
        """The same in short."""
        return await self._open_all(Outline, team_id) or ()

    async def few(self, team_id: str, at_most: int) -> tuple[Outline, ...] | None:
        """The same, or None where there are more than so many, none of which is read then."""
        return await self._open_all(Outline, team_id, at_most)

    async def names(self, team_id: str) -> dict[str, str]:
        """Ids and folded names as the index has them: what there is, even where a record does not open."""
        index = await persist(lambda: self._redis.hgetall(keys.instances(team_id)))
        entries = {text(field): text(value) for field, value in index.items()}
        return {
            field.removeprefix("label:"): value
            for field, value in entries.items()
            if field.startswith("label:")
        }

    async def make_default(self, team_id: str, instance_id: str) -> bool:
        """Make it the default in place of the one that was. False when there is no such instance."""
        keys.instance(team_id, instance_id)
        return bool(await self._default(self._redis, (keys.instances(team_id),), instance_id))

    async def remove(self, team_id: str, instance_id: str) -> bool:
        """Destroy an instance, opened or not. False when there is none.

        Raises `StoreError("default_in_use")` for the default while there are others: another must become it
        first.
        """
        names = (
            keys.instances(team_id),
            keys.instance(team_id, instance_id),
            keys.once(team_id, f"removed:{instance_id}"),
        )
        nonce = secrets.token_hex(8)
        reply = text(await self._remove(self._redis, names, instance_id, nonce, _MARK_MILLISECONDS))
        if reply == "default":
            raise StoreError("default_in_use")
        return reply == "ok"

    async def _write(self, script: Script, instance: Instance, *expected: int) -> Instance:
        place = Place(instance.team_id, instance.id, SCHEMA, instance.revision)
        sealed = self._sealer.seal(instance.model_dump_json(context={"reveal": True}).encode(), place)
        names = (keys.instances(instance.team_id), keys.instance(instance.team_id, instance.id))
        folded = fold_name(instance.name)
        arguments: tuple[str | bytes | int, ...] = (instance.id, folded, sealed, *expected)
        reply = text(await script.confirmed(self._redis, self._replicas, names, *arguments))
        if reply == "taken":
            raise NameTakenError(name=instance.name)
        if reply == "stale":
            raise StaleError
        return instance.evolve(is_default=reply == "default")

    async def _get(self, kind: type[AnyOutline], team_id: str, instance_id: str) -> AnyOutline | None:
        index, record = keys.instances(team_id), keys.instance(team_id, instance_id)
        default, highest, revision, sealed = await self._read(self._redis, (index, record), instance_id)
        if highest is None:
            return None
        return self._open(kind, team_id, instance_id, text(default), (highest, revision, sealed))

    async def _open_all(
        self, kind: type[AnyOutline], team_id: str, at_most: int | str = ""
    ) -> tuple[AnyOutline, ...] | None:
        begin = keys.every_instance(team_id)
        reply = await self._list(self._redis, (keys.instances(team_id),), begin, at_most)
        if reply is None:
            return None
        default, *flat = reply
        found = []
        for instance_id, *row in zip(*(flat[n::4] for n in range(4)), strict=True):
            found.append(self._open(kind, team_id, text(instance_id), text(default), tuple(row)))
            if len(found) % _OPENED_AT_ONCE == 0:
                # Hundreds take a good part of a second, in which others wait for their acks.
                await asyncio.sleep(0)
        return tuple(sorted(found, key=lambda it: fold_name(it.name)))

    def _open(
        self, kind: type[AnyOutline], team_id: str, instance_id: str, default: str, row: tuple[Any, ...]
    ) -> AnyOutline:
        highest, revision, sealed = row
        if sealed is None or revision != highest:
            raise SealError(record=instance_id)
        place = Place(team_id, instance_id, SCHEMA, int(highest))
        plain = self._sealer.open(raw(sealed), place)
        try:
            instance = kind.model_validate_json(plain)
        except ValidationError:
            raise StoreError(None, reason="unreadable", record=instance_id) from None
        return instance.evolve(is_default=default == instance_id, revision=int(highest))


def _parse_onboarding(content: bytes | str | None) -> Onboarding | None:
    try:
        return None if content is None else Onboarding.model_validate_json(raw(content))
    except ValidationError:
        raise StoreError(None, reason="unreadable") from None
