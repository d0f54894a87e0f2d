"""Keys on their way in: sealed before anything else, judged within the ack's budget, else behind it, else by a worker.

Whoever takes keys in holds a lease on the job of judging them, as a worker does: should the process end, another one has
the job as soon as the lease has run out.

What is being judged differs (a first pair, a new pair for an instance that has one); the way does not.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from bot.domain.errors import StoreError
from bot.domain.fields import Field
from bot.domain.instance import Submission
from bot.domain.jobs import Claim, Job, JobKind
from bot.domain.report import Outcome, Report
from bot.services.ports import Clock, Schedule, Spawn, Submissions
from bot.services.worker import LEASE_SECONDS

T = TypeVar("T")

# Slack waits 3 s for the ack; sealing before and the network behind take the rest.
ACK_BUDGET_SECONDS = 2.0

SLOW_BUDGET_SECONDS = 25.0
SETTLE_SECONDS = 0.7

# A hand-in whose keys were right waits this long for a role to be mended; one that cannot be told, for ConnectWise.
KEEP_SECONDS = 7 * 24 * 3600.0

# Asked again after these, then every hour, while ConnectWise cannot be reached.
RETRY_DELAYS_SECONDS = (30.0, 60.0, 120.0, 300.0, 900.0)
RETRY_DELAY_MAX_SECONDS = 3600.0


class HandIns:
    """Carries submissions of one kind to their end."""

    def __init__(
        self,
        kind: JobKind,
        *,
        submissions: Submissions,
        schedule: Schedule,
        clock: Clock,
        spawn: Spawn,
        ack_budget_seconds: float = ACK_BUDGET_SECONDS,
    ) -> None:
        self._kind = kind
        self._submissions = submissions
        self._schedule = schedule
        self._clock = clock
        self._spawn = spawn
        self._ack_budget_seconds = ack_budget_seconds

    async def take(
        self,
        submission: Submission,
        conclude: Coroutine[Any, Any, T],
        tell: Callable[[T], Awaitable[None]],
    ) -> T | None:
        """Seal it, then conclude. None when that takes longer than an ack may: `tell` is then told what came of it."""
        try:
            # In this order: a job without a submission has nothing to do, a submission without a job would lie there.
            claim = await self._schedule.lease(self._job(submission), LEASE_SECONDS)
            await self._submissions.put(submission, KEEP_SECONDS)
        except BaseException:
            conclude.close()
            raise
        return await within(
            self._under(claim, conclude),
            tell,
            spawn=self._spawn,
            budget_seconds=self._ack_budget_seconds,
            name=self._kind,
        )

    async def _under(self, claim: Claim, conclude: Coroutine[Any, Any, T]) -> T:
        work = self._spawn(conclude, name=self._kind)
        self._spawn(self._hold(claim, work), name="hold-lease")
        return await work

    async def _hold(self, claim: Claim, work: "asyncio.Task[Any]") -> None:
        """Keep the lease while it is worked on; then the job, unless it was settled, is for a worker."""
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=claim.lease_seconds / 3)
                if not work.done() and not await self._extend(claim):
                    return  # another one is at it, and what both write is the same
        except asyncio.CancelledError:
            await self._schedule.release(claim)
            raise
        is_told = not work.cancelled() and work.exception() is None
        if is_told:
            await self._schedule.postpone(claim, RETRY_DELAYS_SECONDS[0])
        else:
            await self._schedule.release(claim)

    async def _extend(self, claim: Claim) -> bool:
        try:
            return await self._schedule.extend(claim)
        except StoreError:
            return True  # Redis is away for everybody

    async def get(self, team_id: str, submission_id: str) -> Submission | None:
        """A submission that waits, or None when it was concluded or ran out."""
        return await self._submissions.get(team_id, submission_id)

    async def settle(self, submission: Submission, report: Report) -> bool:
        """End the durable work, unless ConnectWise is to be asked again; True for the one who ended a verified one."""
        was_first = False
        if report.outcome is Outcome.VERIFIED:
            was_first = await self._submissions.drop(submission.team_id, submission.id)
        if report.outcome is not Outcome.CANNOT_TELL:
            await self._schedule.cancel(self._job(submission).id)
        return was_first

    async def drop(self, team_id: str, submission_id: str) -> None:
        """Destroy it, and nobody needs to look at it any more."""
        await self._submissions.drop(team_id, submission_id)
        await self._schedule.cancel(self._job_id(team_id, submission_id))

    def _job(self, submission: Submission) -> Job:
        return Job(
            id=self._job_id(submission.team_id, submission.id),
            kind=self._kind,
            team_id=submission.team_id,
            subject=submission.id,
            due_at=self._clock(),
        )

    def _job_id(self, team_id: str, submission_id: str) -> str:
        return f"{self._kind}:{team_id}:{submission_id}"


async def within(
    work: Coroutine[Any, Any, T],
    tell: Callable[[T], Awaitable[None]],
    *,
    spawn: Spawn,
    budget_seconds: float,
    name: str,
) -> T | None:
    """What `work` gives, or None when it takes longer than that: it goes on, and `tell` is told at its end."""
    task = spawn(work, name=name)
    done, _ = await asyncio.wait({task}, timeout=budget_seconds)
    if done:
        return task.result()

    async def tell_behind() -> None:
        # The ack has to reach Slack before the modal that it changes is changed again.
        await asyncio.sleep(SETTLE_SECONDS)
        await tell(await task)

    spawn(tell_behind(), name=f"tell-{name}")
    return None


def blame(report: Report) -> Field | None:
    """The field of a form with keys to blame, or None where none of them is (then the verdict says what to do)."""
    culprit = report.culprit
    if report.outcome is not Outcome.NEEDS_YOU or culprit is None:
        return None
    if culprit.name == "keys":
        return Field.CLIENT_ID if (culprit.error_key or "").startswith("client_id") else Field.PRIVATE_KEY
    if culprit.name == "filter":
        return Field(report.facts.get("filter_field", Field.CONDITIONS))
    return Field.MEMBER if culprit.error_key in ("member_not_found", "member_other") else None


def retry_delay(attempt: int) -> float:
    """How long to wait before ConnectWise is asked again after so many tries, in seconds."""
    return RETRY_DELAYS_SECONDS[attempt] if attempt < len(RETRY_DELAYS_SECONDS) else RETRY_DELAY_MAX_SECONDS
