"""Submissions of credentials, sealed and short-lived: kept from the modal's submission until the verdict."""

import secrets
from typing import Final

from pydantic import ValidationError

from bot.domain.errors import StoreError
from bot.domain.instance import Submission
from bot.domain.sealing import Place, Sealer
from bot.store import keys
from bot.store.connection import Client
from bot.store.retries import persist
from bot.store.scripts import Script, raw, text

SCHEMA: Final = "submission/1"
# A submission is written over, not revised; what is bound is that it is this submission of this workspace.
REVISION: Final = 1
_MARK_MILLISECONDS: Final = 60_000


class RedisSubmissions:
    """Keeps sealed submissions until they are dropped or their time is up.

    Keeping one waits a moment for `replicas` of them to have it, where there are any (0 does not wait).
    """

    def __init__(self, redis: Client, sealer: Sealer, *, replicas: int = 0) -> None:
        self._redis = redis
        self._replicas = replicas
        self._sealer = sealer
        self._put = Script("submission_put")
        self._drop = Script("submission_drop")

    async def put(self, submission: Submission, ttl_seconds: float) -> None:
        """Seal and keep a submission for so many seconds, in place of an earlier one of this id."""
        place = Place(submission.team_id, submission.id, SCHEMA, REVISION)
        sealed = self._sealer.seal(submission.model_dump_json(context={"reveal": True}).encode(), place)
        key = keys.submission(submission.team_id, submission.id)
        milliseconds = max(1, round(ttl_seconds * 1000))
        await self._put.confirmed(self._redis, self._replicas, (key,), REVISION, sealed, milliseconds)

    async def get(self, team_id: str, submission_id: str) -> Submission | None:
        """The submission, if it is still there. Raises `SealError` when it does not open."""
        key = keys.submission(team_id, submission_id)
        sealed = await persist(lambda: self._redis.hget(key, "sealed"))
        if sealed is None:
            return None
        plain = self._sealer.open(raw(sealed), Place(team_id, submission_id, SCHEMA, REVISION))
        try:
            return Submission.model_validate_json(plain)
        except ValidationError:
            raise StoreError(None, reason="unreadable", record=submission_id) from None

    async def drop(self, team_id: str, submission_id: str) -> bool:
        """Destroy a submission. True for the one caller whose call destroyed it."""
        mark = keys.once(team_id, f"dropped:{submission_id}")
        names = (keys.submission(team_id, submission_id), mark)
        reply = await self._drop(self._redis, names, secrets.token_hex(8), _MARK_MILLISECONDS)
        return text(reply) == "ok"
