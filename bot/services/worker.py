"""The loop that every replica runs: claims due work and does it, whoever accepted it."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.domain.errors import StoreError
from bot.domain.jobs import Claim, Job, JobKind
from bot.services.ports import Schedule, Spawn

log = structlog.get_logger(__name__)

LEASE_SECONDS = 60.0
_BATCH = 8

# A handler answers how many seconds later it wants to be asked again, or None when the job is done.
Handler = Callable[[Job], Awaitable[float | None]]


class Worker:
    """Claims jobs under a lease and hands each to its kind's handler, a few at a time."""

    def __init__(
        self,
        schedule: Schedule,
        handlers: Mapping[JobKind, Handler],
        *,
        spawn: Spawn,
        idle_seconds: float = 1.0,
    ) -> None:
        self._schedule = schedule
        self._handlers = handlers
        self._spawn = spawn
        self._idle_seconds = idle_seconds
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled. What is under way then is finished by its own task or, after the lease, by another worker."""
        while True:
            claims = await self._claim()
            for claim in claims:
                task = self._spawn(self._do(claim), name=f"job-{claim.job.kind}")
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            if not claims:
                await asyncio.sleep(self._idle_seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, no secret

    async def _claim(self) -> list[Claim]:
        room = _BATCH - len(self._running)
        if room <= 0:
            return []
        try:
            return await self._schedule.claim(room, LEASE_SECONDS)
        except StoreError as error:
            log.warning("schedule_unreachable", key=error.key)
            return []

    async def _do(self, claim: Claim) -> None:
        job = claim.job
        try:
            again = await self._handlers[job.kind](job)
        except Exception:
            log.exception("job_failed", kind=job.kind, job=job.id, attempt=job.attempt)
            again = min(300.0, 5.0 * 2**job.attempt)
        if again is None:
            await self._schedule.finish(claim)
        else:
            await self._schedule.postpone(claim, again)
