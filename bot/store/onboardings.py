"""Onboardings in Redis: plain JSON (they hold no secrets), compared and set by revision."""

import builtins
import secrets
from collections.abc import Iterable
from typing import Any, Generic, Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError

from bot.domain.errors import StaleError, StoreError
from bot.store import keys
from bot.store.connection import Client
from bot.store.retries import persist
from bot.store.scripts import Script, raw, text

M = TypeVar("M", bound=BaseModel)


class _Document(Protocol):
    id: str
    team_id: str
    revision: int
    is_finished: bool


class RedisOnboardings(Generic[M]):
    """Keeps documents of one pydantic model that has `id`, `team_id`, `revision` and `is_finished`.

    Writing one waits a moment for `replicas` of them to have it, where there are any (0 does not wait).
    """

    def __init__(self, redis: Client, model_type: type[M], *, replicas: int = 0) -> None:
        self._redis = redis
        self._replicas = replicas
        self._model_type = model_type
        self._save = Script("document_save")
        self._list = Script("document_list")
        self._remove = Script("document_remove")

    async def add(self, document: M) -> M:
        """Keep a new document at revision 1. Raises `StaleError` when its id exists."""
        return await self._write(document, expected=0)

    async def save(self, document: M) -> M:
        """Write the next revision and return it. Raises `StaleError` when it was written or removed since."""
        return await self._write(document, expected=cast("_Document", document).revision)

    async def get(self, team_id: str, document_id: str) -> M | None:
        """One document."""
        key = keys.onboarding(team_id, document_id)
        found = await persist(lambda: self._redis.hget(key, "json"))
        return None if found is None else self._parse(found)

    async def list(self, team_id: str, *, finished: bool | None = None) -> list[M]:
        """A workspace's documents by id; `finished` narrows them to the finished or the open ones."""
        mark = "" if finished is None else str(int(finished))
        return self._parse_all(await self._read(team_id, mark, ""))

    async def few(self, team_id: str, at_most: int) -> "tuple[M, ...] | None":
        """A workspace's documents by id; None where there are more than so many, none of which is read then."""
        contents = await self._read(team_id, "", at_most)
        return None if contents is None else tuple(self._parse_all(contents))

    async def remove(self, team_id: str, document_id: str) -> bool:
        """Remove a document. False when there is none (or when the reply to a first attempt was lost)."""
        names = (keys.onboardings(team_id), keys.onboarding(team_id, document_id))
        return bool(await self._remove(self._redis, names, document_id))

    async def _write(self, document: M, *, expected: int) -> M:
        following = document.model_copy(update={"revision": expected + 1})
        fields = cast("_Document", following)
        names = (keys.onboardings(fields.team_id), keys.onboarding(fields.team_id, fields.id))
        finished = int(fields.is_finished)
        nonce = secrets.token_hex(8)
        content = following.model_dump_json()
        reply = await self._save.confirmed(
            self._redis, self._replicas, names, fields.id, expected, content, finished, nonce
        )
        if text(reply) == "stale":
            raise StaleError
        return following

    async def _read(self, team_id: str, mark: str, at_most: int | str) -> Any:
        names, begin = (keys.onboardings(team_id),), keys.every_onboarding(team_id)
        return await self._list(self._redis, names, begin, mark, at_most)

    def _parse_all(self, contents: Iterable[bytes | str]) -> "builtins.list[M]":
        found = [self._parse(content) for content in contents]
        return sorted(found, key=lambda it: cast("_Document", it).id)

    def _parse(self, content: bytes | str) -> M:
        try:
            return self._model_type.model_validate_json(raw(content))
        except ValidationError:
            raise StoreError(None, reason="unreadable") from None
