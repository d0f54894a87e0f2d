"""The daily digest: nobody gets one who has not asked for it, and whoever may set up can ask, and end it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.domain.digest import Digest, Summary, summarize
from bot.domain.errors import CwBotError
from bot.domain.jobs import Job, JobKind
from bot.services.ports import Clock, Instances, Schedule

log = structlog.get_logger(__name__)


class Digests(Protocol):
    """Which workspaces want one. Implemented by `bot.store`."""

    async def put(self, digest: Digest) -> None:
        """Keep it in place of any other of the workspace."""
        ...

    async def get(self, team_id: str) -> Digest | None:
        """The workspace's, or None."""
        ...

    async def drop(self, team_id: str) -> bool:
        """End it; False where there was none."""
        ...


class Healths(Protocol):
    """What the monitor has found. Implemented by `bot.store`."""

    async def healths(self, team_id: str) -> Mapping[str, str]:
        """The health of each watched instance, by its id."""
        ...


class DigestBoard(Protocol):
    """Where it is read. Implemented over Slack in `handlers.digest_board`."""

    async def post(self, digest: Digest, number: int, summary: Summary) -> None:
        """Post one; another attempt at the same number makes no second message. Raises `CwBotError`."""
        ...


class DigestService:
    """Starts it, ends it, and tells it each day."""

    def __init__(
        self,
        *,
        digests: Digests,
        instances: Instances,
        healths: Healths,
        schedule: Schedule,
        board: DigestBoard,
        clock: Clock,
    ) -> None:
        self._digests = digests
        self._instances = instances
        self._healths = healths
        self._schedule = schedule
        self._board = board
        self._clock = clock

    async def start(self, team_id: str, channel_id: str, *, by: str) -> None:
        """Tell the channel now, and from now on each day; a workspace has one digest: another channel's ends.

        Raises `CwBotError`, and keeps nothing, where the channel cannot be told.
        """
        now = self._clock()
        digest = Digest(team_id=team_id, channel_id=channel_id, by=by, since=now)
        await self._board.post(digest, 0, await self._summarize(team_id))
        await self._schedule.add(
            Job(
                id=_job_id(team_id),
                kind=JobKind.DIGEST,
                team_id=team_id,
                subject=team_id,
                due_at=_after(digest, now),
            )
        )
        await self._digests.put(digest)

    async def stop(self, team_id: str) -> bool:
        """End it; False where there was none. May be repeated."""
        was_there = await self._digests.drop(team_id)
        await self._schedule.cancel(_job_id(team_id))
        return was_there

    async def tell(self, team_id: str) -> float | None:
        """What a worker does: seconds until the next one, or None where nobody wants one any more.

        Where Slack does not take it today, it does not come late: the next one is tomorrow's.
        """
        digest = await self._digests.get(team_id)
        if digest is None:
            return None
        now = self._clock()
        summary = await self._summarize(team_id)
        if summary.total:
            try:
                await self._board.post(digest, digest.number(now), summary)
            except CwBotError as error:
                log.warning("digest_not_posted", team=team_id, key=error.key)
        return digest.seconds_left(now)

    async def _summarize(self, team_id: str) -> Summary:
        return summarize(await self._instances.list(team_id), await self._healths.healths(team_id))


def _after(digest: Digest, now: datetime) -> datetime:
    return now + timedelta(seconds=digest.seconds_left(now))


def _job_id(team_id: str) -> str:
    return f"{JobKind.DIGEST}:{team_id}"
