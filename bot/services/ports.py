"""What the use cases need of the world, as protocols; the composition root puts adapters in their places."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Protocol, TypeVar

from bot.domain.instance import Instance, Outline, Submission
from bot.domain.jobs import Claim, Job
from bot.domain.onboarding import Onboarding, Thread
from bot.domain.refusal import Refusal
from bot.domain.report import Report

T = TypeVar("T")

Clock = Callable[[], datetime]


class Spawn(Protocol):
    """Starts a task that is tracked, whose failure is logged, and that is drained at shutdown."""

    def __call__(self, work: Coroutine[Any, Any, T], /, *, name: str) -> asyncio.Task[T]:
        """Start `work`; `name` is for the log, so it holds ids at most."""
        ...


class Instances(Protocol):
    """The connected ConnectWise companies of each workspace."""

    async def add(self, instance: Instance) -> Instance:
        """Keep a new one. Raises `NameTakenError`."""
        ...

    async def get(self, team_id: str, instance_id: str) -> Instance | None:
        """The instance, or None."""
        ...

    async def outline(self, team_id: str, instance_id: str) -> Outline | None:
        """The same in short, which is quicker to read."""
        ...

    async def by_name(self, team_id: str, name: str) -> Instance | None:
        """The instance of that name, whatever its capitals."""
        ...

    async def list(self, team_id: str) -> list[Instance]:
        """All of a workspace, by name."""
        ...

    async def pick(self, team_id: str, name: str = "") -> tuple[int, Instance | None, Onboarding | None]:
        """How many there are, and the one of that name with its onboarding; without a name, the default."""
        ...

    async def outlines(self, team_id: str) -> tuple[Outline, ...]:
        """All of a workspace in short, by name."""
        ...

    async def few(self, team_id: str, at_most: int) -> tuple[Outline, ...] | None:
        """The same, or None where there are more than so many."""
        ...

    async def save(self, instance: Instance) -> Instance:
        """Write if nobody else did meanwhile. Raises `StaleError`."""
        ...

    async def remove(self, team_id: str, instance_id: str) -> bool:
        """Destroy it with its keys; False if it was gone."""
        ...


class Submissions(Protocol):
    """Sealed hand-ins that await their verdict."""

    async def put(self, submission: Submission, ttl_seconds: float) -> None:
        """Keep it for so long."""
        ...

    async def get(self, team_id: str, submission_id: str) -> Submission | None:
        """The hand-in, or None when it was concluded or ran out."""
        ...

    async def drop(self, team_id: str, submission_id: str) -> bool:
        """Destroy it; True for the one caller who did."""
        ...


class Onboardings(Protocol):
    """The onboardings of each workspace."""

    async def add(self, onboarding: Onboarding) -> Onboarding:
        """Keep a new one."""
        ...

    async def get(self, team_id: str, onboarding_id: str) -> Onboarding | None:
        """The onboarding, or None."""
        ...

    async def save(self, onboarding: Onboarding) -> Onboarding:
        """Write if nobody else did meanwhile. Raises `StaleError`."""
        ...

    async def list(self, team_id: str, *, finished: bool | None = None) -> list[Onboarding]:
        """All of a workspace, or the finished or unfinished ones."""
        ...

    async def few(self, team_id: str, at_most: int) -> tuple[Onboarding, ...] | None:
        """All of a workspace, or None where there are more than so many."""
        ...

    async def remove(self, team_id: str, onboarding_id: str) -> bool:
        """Forget it."""
        ...


class Schedule(Protocol):
    """Durable work with leases (see `bot.domain.jobs`)."""

    async def add(self, job: Job) -> None:
        """Keep it; adding the same id again moves its due time."""
        ...

    async def lease(self, job: Job, lease_seconds: float) -> Claim:
        """Keep a job that is being worked on already: for another worker once the lease has run out."""
        ...

    async def claim(self, limit: int, lease_seconds: float) -> list[Claim]:
        """Take due jobs for a while."""
        ...

    async def finish(self, claim: Claim) -> bool:
        """Done with it; False if the lease was lost."""
        ...

    async def postpone(self, claim: Claim, delay_seconds: float) -> bool:
        """Try again later; False if the lease was lost."""
        ...

    async def extend(self, claim: Claim) -> bool:
        """Begin the lease anew; False if it was lost."""
        ...

    async def release(self, claim: Claim) -> bool:
        """Hand it back as it was, for another worker to take at once; False if the lease was lost."""
        ...

    async def cancel(self, job_id: str) -> None:
        """Nobody needs to do it any more."""
        ...


class Board(Protocol):
    """Where people see what happens. Implemented over Slack in `handlers.board`; nothing here raises."""

    async def open_thread(self, onboarding: Onboarding) -> Thread:
        """Post the parent card and say where. Raises `CwBotError` (e.g. `not_in_channel`) so that the modal can tell."""
        ...

    def onboarding_changed(self, onboarding: Onboarding) -> None:
        """Bring the thread up to date, soon and coalesced."""
        ...

    async def site_concluded(self, onboarding: Onboarding, refusal: Refusal | None) -> None:
        """A slow look-up of host and company has ended: bring the waiting modal up to date, or tell the person."""
        ...

    async def credentials_concluded(
        self, onboarding: Onboarding, submission: Submission, report: Report
    ) -> None:
        """A slow verdict is known: bring the waiting modal up to date, if it is still open."""
        ...
