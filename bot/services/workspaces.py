"""A workspace leaves: everything of it is destroyed at once, and again later for what was under way meanwhile.

The intention is durable before Slack is answered, so a purge that was interrupted is ended by the worker of any replica,
or by the next start before anything else.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog

from bot.domain.jobs import Job, JobKind
from bot.services.ports import Clock, Schedule, Spawn

log = structlog.get_logger(__name__)

# Longer than a verification under way, whose last write comes too late for the first sweep.
_SECOND_SWEEP_AFTER: Final = timedelta(seconds=40)
# Slack's clock and ours.
_SKEW: Final = timedelta(seconds=5)


class Purge(Protocol):
    """Destroys what is kept of a workspace. Implemented by `bot.store.purge`."""

    async def purge_team(self, team_id: str) -> int:
        """Delete it all; how many keys and jobs went. May be repeated."""
        ...

    async def unfinished(self) -> list[str]:
        """The workspaces whose purge was begun, and that have not installed the app again."""
        ...


class Installed(Protocol):
    """When the app was last seen to be installed. Implemented over `bot.slack.workspaces`."""

    async def confirmed_at(self, team_id: str) -> datetime | None:
        """The time, or None where it is not installed as far as we know."""
        ...

    async def forget(self, team_id: str) -> None:
        """Drop its token from memory."""
        ...

    async def members(self, enterprise_id: str) -> list[str]:
        """The workspaces that are served by an organization's installation."""
        ...


class LeavingService:
    """Takes leave of workspaces. Every method may be repeated, in any order and by several replicas."""

    def __init__(
        self, *, purge: Purge, installed: Installed, schedule: Schedule, clock: Clock, spawn: Spawn
    ) -> None:
        self._purge = purge
        self._installed = installed
        self._schedule = schedule
        self._clock = clock
        self._spawn = spawn

    async def leave(self, team_id: str, *, happened_at: datetime) -> bool:
        """The workspace has removed the app. Returns once that is durable; the sweep itself goes on behind.

        False, and nothing is done, where the app was seen to work after it happened: Slack tells late sometimes, and the
        workspace has installed the app again since.
        """
        if await self._is_back(team_id, happened_at):
            log.info("leaving_is_old_news", team=team_id)
            return False
        await self._schedule.add(
            Job(
                id=purge_job_id(team_id),
                kind=JobKind.PURGE,
                team_id="",  # not one of the workspace's own jobs, which the purge cancels
                subject=f"{team_id}:{int(happened_at.timestamp())}",
                due_at=self._clock() + _SECOND_SWEEP_AFTER,
            )
        )
        self._spawn(self._sweep(team_id), name="purge-workspace")
        return True

    async def leave_organization(self, enterprise_id: str, *, happened_at: datetime) -> None:
        """An organization has removed the app: all of its workspaces leave, and then it."""
        for team_id in await self._installed.members(enterprise_id):
            await self.leave(team_id, happened_at=happened_at)
        await self.leave(enterprise_id, happened_at=happened_at)

    async def finish(self, subject: str) -> None:
        """What a worker does: the second sweep, or the first one again if it was interrupted."""
        team_id, _, timestamp = subject.partition(":")
        if not await self._is_back(team_id, datetime.fromtimestamp(int(timestamp), UTC)):
            await self._sweep(team_id)

    async def _sweep(self, team_id: str) -> None:
        await self._installed.forget(team_id)
        gone = await self._purge.purge_team(team_id)
        log.info("workspace_purged", team=team_id, gone=gone)

    async def _is_back(self, team_id: str, left_at: datetime) -> bool:
        confirmed_at = await self._installed.confirmed_at(team_id)
        return confirmed_at is not None and confirmed_at > left_at + _SKEW


async def resume_purges(purge: Purge, cancel: Callable[[str], Awaitable[None]]) -> None:
    """End every purge that was begun. Needs no token: the start that follows may well be refused for want of one."""
    for team_id in await purge.unfinished():
        gone = await purge.purge_team(team_id)
        await cancel(purge_job_id(team_id))
        log.info("workspace_purged", team=team_id, gone=gone)


def purge_job_id(team_id: str) -> str:
    """The id of the job that ends a workspace's purge."""
    return f"{JobKind.PURGE}:{team_id}"
