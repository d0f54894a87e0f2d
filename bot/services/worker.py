"""The loop that every replica runs: claims due work and does it, whoever accepted it.

A job is with one worker at a time for as long as its lease lasts. While a handler runs, its lease is extended; a worker
that finds its lease gone stops at once, since somebody else has the job. A worker that is told to end claims nothing
more, and what it cannot finish in time it hands back, so that another one takes it up without waiting for the lease.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import structlog

from bot.domain.calls import Begin, unwatched
from bot.domain.errors import StoreError
from bot.domain.jobs import Claim, Job, JobKind
from bot.services.headroom import Headroom
from bot.services.ports import Schedule, Spawn

log = structlog.get_logger(__name__)

# How long a killed worker's jobs wait for another one. Extended three times as often, so it outlives a hiccup of Redis.
LEASE_SECONDS = 15.0
_PARALLEL = 100
# What is claimed waits for its turn under its lease, so it is not much at a time.
_CLAIMED_AT_ONCE = 16
_FAILED_SECONDS = 5.0
_FAILED_MAX_SECONDS = 300.0

# A handler answers how many seconds later it wants to be asked again, or None when the job is done.
Handler = Callable[[Job], Awaitable[float | None]]


class Worker:
    """Claims jobs under a lease and hands each to its kind's handler, at most `parallel` at a time.

    `around` is entered around each job: what the store is given there, for work that nobody waits for, and what is to
    stand in the log beside everything that the job says. `begin` is told of each by its kind; it ends `done`, `again`
    (later, as its handler wants it), `failed`, `lost` (to another worker) or `handed_back`.
    """

    def __init__(
        self,
        schedule: Schedule,
        handlers: Mapping[JobKind, Handler],
        *,
        spawn: Spawn,
        around: Callable[[Job], AbstractContextManager[Any]] = contextlib.nullcontext,
        begin: Begin = unwatched,
        idle_seconds: float = 1.0,
        lease_seconds: float = LEASE_SECONDS,
        parallel: int = _PARALLEL,
    ) -> None:
        self._schedule = schedule
        self._handlers = handlers
        self._spawn = spawn
        self._around = around
        self._begin = begin
        self._idle_seconds = idle_seconds
        self._lease_seconds = lease_seconds
        self._parallel = parallel
        self._headroom = Headroom()
        self._running: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look for work now: some was added that is due."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled. What is under way then is finished, or handed back, by its own task."""
        while True:
            self._woken.clear()
            room = min(_CLAIMED_AT_ONCE, self._parallel - len(self._running))
            claims = await self._claim(room)
            await self._begin_all(claims)
            if len(claims) < room or room == 0:
                await self._rest()

    async def _begin_all(self, claims: Sequence[Claim]) -> None:
        """Each in its turn; those whose turn does not come, because the worker is told to end, are handed back."""
        waiting = list(claims)
        try:
            while waiting:
                await self._headroom()
                claim = waiting.pop(0)
                task = self._spawn(self._do(claim), name=f"job-{claim.job.kind}")
                self._running.add(task)
                task.add_done_callback(self._ended)
        finally:
            for claim in waiting:
                await self._settle(self._schedule.release(claim), claim)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        was_full = len(self._running) >= self._parallel
        self._running.discard(task)
        if was_full:
            self._woken.set()

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            # Jitter: replicas that were started together need not look together.
            async with asyncio.timeout(self._idle_seconds * random.uniform(0.8, 1.2)):  # noqa: S311 - no secret
                await self._woken.wait()

    async def _claim(self, room: int) -> list[Claim]:
        if room <= 0:
            return []
        try:
            return await self._schedule.claim(room, self._lease_seconds)
        except StoreError as error:
            log.warning("schedule_unreachable", key=error.key)
            await asyncio.sleep(self._idle_seconds)
            return []

    async def _do(self, claim: Claim) -> None:
        with self._around(claim.job):
            end, outcome = self._begin(claim.job.kind), "handed_back"
            work = asyncio.ensure_future(self._handlers[claim.job.kind](claim.job))
            try:
                is_ours = await self._watch_over(claim, work)
                outcome = _name_outcome(work) if is_ours else "lost"
            except asyncio.CancelledError:
                await _stop(work)
                await self._settle(self._schedule.release(claim), claim)
                raise
            finally:
                end(outcome)
            if is_ours:
                again = _outcome(work, claim.job)
                settling = (
                    self._schedule.finish(claim) if again is None else self._schedule.postpone(claim, again)
                )
                await self._settle(settling, claim)

    async def _watch_over(self, claim: Claim, work: "asyncio.Future[float | None]") -> bool:
        """Extend the lease until the work has ended. False where it is somebody else's, and the work was stopped."""
        held_since = time.monotonic()
        while True:
            done, _ = await asyncio.wait({work}, timeout=self._lease_seconds / 3)
            if done:
                return True
            try:
                is_ours = await self._schedule.extend(claim)
            except StoreError:
                is_ours = time.monotonic() - held_since < self._lease_seconds
            else:
                held_since = time.monotonic()
            if not is_ours:
                log.warning("lease_lost", kind=claim.job.kind, job=claim.job.id)
                await _stop(work)
                return False

    async def _settle(self, settling: Awaitable[bool], claim: Claim) -> None:
        try:
            await settling
        except StoreError as error:
            # The lease runs out, and whoever gets the job does it again: every handler may be repeated.
            log.warning("job_not_settled", kind=claim.job.kind, job=claim.job.id, key=error.key)


def _name_outcome(work: "asyncio.Future[float | None]") -> str:
    if work.exception() is not None:
        return "failed"
    return "done" if work.result() is None else "again"


def _outcome(work: "asyncio.Future[float | None]", job: Job) -> float | None:
    error = work.exception()
    if error is None:
        return work.result()
    log.error("job_failed", kind=job.kind, job=job.id, attempt=job.attempt, exc_info=error)
    return min(_FAILED_MAX_SECONDS, _FAILED_SECONDS * 2.0 ** min(job.attempt, 16))


async def _stop(work: "asyncio.Future[float | None]") -> None:
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
