"""The schedule held against a model of it: any order of calls, with claims that are current, old or cancelled."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.jobs import Claim
from bot.store import keys
from bot.store.connection import Client, close, connect
from bot.store.embedded import EmbeddedRedis
from bot.store.schedule import RedisSchedule
from tests.store.examples import LONG_AGO, TEAM, make_job

LONG = 3600.0
IN_A_DAY = datetime.now(UTC) + timedelta(days=1)
NAMES = ("a", "b", "c")


@dataclass
class Expected:
    """What the schedule should know of one job. `token` is its worker's, or 0; `again` what was asked for meanwhile."""

    subject: str
    is_due: bool
    attempt: int = 0
    token: int = 0
    again: datetime | None = None


@dataclass
class Walk:
    """Calls schedule and model with the same things; a step makes of its two numbers what it may."""

    client: Client
    jobs: dict[str, Expected] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    greatest_token: int = 0

    def __post_init__(self) -> None:
        self.schedule = RedisSchedule(self.client)

    async def add(self, which: int, how: int) -> None:
        name, due_at = NAMES[which % 3], (LONG_AGO, IN_A_DAY)[how % 2]
        await self.schedule.add(make_job(name, due_at=due_at).model_copy(update={"subject": str(how)}))
        known = self.jobs.get(name)
        if known and known.token:
            known.subject, known.attempt, known.again = str(how), 0, due_at
        else:
            self.jobs[name] = Expected(str(how), is_due=due_at == LONG_AGO)

    async def claim(self, which: int, _: int) -> None:
        limit = 1 + which % 3
        claims = await self.schedule.claim(limit, LONG)
        due = {name for name, job in self.jobs.items() if job.is_due}
        assert len(claims) == min(limit, len(due))
        for claim in claims:
            job = self.jobs[claim.job.id]
            assert job.is_due
            assert claim.token > self.greatest_token
            assert (claim.job.subject, claim.job.attempt) == (job.subject, job.attempt)
            self.greatest_token = job.token = claim.token
            job.is_due = False
            job.again = None if job.again == LONG_AGO else job.again
        self.claims += claims

    async def let_a_lease_run_out(self, which: int, _: int) -> None:
        name = NAMES[which % 3]
        job = self.jobs.get(name)
        if job and job.token:
            await self.client.zadd(keys.schedule("due"), {name: 1})
            job.is_due = True

    async def finish(self, which: int, how: int) -> None:
        if claim := self._pick(which, how):
            job = self._job_of(claim)
            assert await self.schedule.finish(claim) == (job is not None)
            if job and not comes_round(job):
                del self.jobs[claim.job.id]

    async def postpone(self, which: int, how: int) -> None:
        if claim := self._pick(which, how):
            job, is_later = self._job_of(claim), which % 2 == 0
            assert await self.schedule.postpone(claim, LONG if is_later else -1) == (job is not None)
            if job and not comes_round(job):
                job.token, job.is_due, job.attempt = 0, not is_later, job.attempt + 1

    async def extend(self, which: int, how: int) -> None:
        if claim := self._pick(which, how):
            job = self._job_of(claim)
            assert await self.schedule.extend(claim) == (job is not None)
            if job:
                job.is_due = False

    async def cancel(self, which: int, _: int) -> None:
        name = NAMES[which % 3]
        await self.schedule.cancel(name)
        self.jobs.pop(name, None)

    async def compare(self) -> None:
        """What the schedule holds is what the model holds."""
        assert await self.schedule.size() == len(self.jobs)
        assert sorted(await self.schedule.ids_of(TEAM)) == sorted(self.jobs)
        held = {name.encode(): str(job.token).encode() for name, job in self.jobs.items() if job.token}
        assert await self.client.hgetall(keys.schedule("leases")) == held
        again = await self.client.hgetall(keys.schedule("again"))
        assert set(again) == {name.encode() for name, job in self.jobs.items() if job.again}
        seconds = await self.schedule.next_due_seconds()
        assert (seconds == 0) == any(job.is_due for job in self.jobs.values())

    def _pick(self, which: int, how: int) -> Claim | None:
        """Every other time a current claim, else any there ever was."""
        current = [it for it in self.claims if self._job_of(it)]
        among = current if current and how % 2 else self.claims
        return among[which % len(among)] if among else None

    def _job_of(self, claim: Claim) -> Expected | None:
        """The claim's job, if the claim is its current one."""
        job = self.jobs.get(claim.job.id)
        return job if job and job.token == claim.token else None


def comes_round(job: Expected) -> bool:
    """Whether something was asked for while the job was worked on; if so, it waits for that now."""
    again, job.again = job.again, None
    if again is None:
        return False
    job.token, job.is_due = 0, again == LONG_AGO
    return True


Step = Callable[[Walk, int, int], Awaitable[None]]

# What happens often stands here often.
STEPS: list[Step] = [
    *([Walk.add] * 4),
    *([Walk.claim] * 4),
    *([Walk.let_a_lease_run_out] * 2),
    *([Walk.finish] * 2),
    *([Walk.postpone] * 2),
    *([Walk.extend] * 2),
    Walk.cancel,
]
walks = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 5), st.integers(0, 3)), min_size=20, max_size=60
)


async def take(steps: list[tuple[Step, int, int]], url: str) -> None:
    client = connect(url)
    await client.flushall()
    walk = Walk(client)
    try:
        for step, which, how in steps:
            await step(walk, which, how)
            await walk.compare()
    finally:
        await close(client)


def test_the_schedule_does_what_its_model_does(redis_server: EmbeddedRedis) -> None:
    with asyncio.Runner() as runner:

        @settings(max_examples=60, deadline=None)
        @given(walks)
        def walk_along(steps: list[tuple[Step, int, int]]) -> None:
            runner.run(take(steps, redis_server.url))

        walk_along()
