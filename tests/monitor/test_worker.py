"""The loop: leases that are extended, lost and handed back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bot.domain.jobs import Job, JobKind
from bot.runtime.tasks import TaskTracker
from bot.services.worker import Worker
from bot.store.connection import Client
from bot.store.schedule import RedisSchedule
from tests.store.examples import make_job

KIND = make_job().kind
PATIENCE = 20.0


@asynccontextmanager
async def working(
    schedule: RedisSchedule,
    handle: Callable[[Job], Awaitable[float | None]],
    *,
    lease_seconds: float = 60,
    parallel: int = 64,
) -> AsyncIterator[TaskTracker]:
    """A worker, ended in order: it claims no more, then what is under way gets a moment, then it is cancelled."""
    tracker = TaskTracker()
    worker = Worker(
        schedule,
        dict.fromkeys(JobKind, handle),
        spawn=tracker.spawn,
        idle_seconds=0.02,
        lease_seconds=lease_seconds,
        parallel=parallel,
    )
    running = asyncio.create_task(worker.run())
    try:
        yield tracker
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await tracker.drain(0.01)


async def until_empty(schedule: RedisSchedule) -> None:
    async with asyncio.timeout(PATIENCE):
        while await schedule.size():  # noqa: ASYNC110 - Redis has no event for it
            await asyncio.sleep(0.01)


@pytest.fixture
def schedule(redis: Client) -> RedisSchedule:
    return RedisSchedule(redis)


async def test_work_that_takes_longer_than_its_lease_is_done_once(schedule: RedisSchedule) -> None:
    begun: list[str] = []

    async def slow(job: Job) -> None:
        begun.append(job.id)
        await asyncio.sleep(1.5)

    await schedule.add(make_job())
    async with working(schedule, slow, lease_seconds=0.5), working(schedule, slow, lease_seconds=0.5):
        await until_empty(schedule)
    assert begun == [make_job().id]


async def test_a_worker_whose_job_was_cancelled_stops_at_once(schedule: RedisSchedule) -> None:
    stopped, begun = asyncio.Event(), asyncio.Event()

    async def endless(job: Job) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    await schedule.add(make_job())
    async with working(schedule, endless, lease_seconds=0.2), asyncio.timeout(PATIENCE):
        await begun.wait()
        await schedule.cancel(make_job().id)
        await stopped.wait()


async def test_a_worker_that_is_told_to_end_hands_its_job_to_another_as_it_was(
    schedule: RedisSchedule,
) -> None:
    begun = asyncio.Event()

    async def endless(job: Job) -> None:
        begun.set()
        await asyncio.Event().wait()

    await schedule.add(make_job())
    async with working(schedule, endless):
        await begun.wait()
    (claim,) = await schedule.claim(1, 60)
    assert claim.job.attempt == make_job().attempt


async def test_what_fails_is_tried_again_later_and_counted(schedule: RedisSchedule) -> None:
    failed = asyncio.Event()

    async def broken(job: Job) -> None:
        failed.set()
        raise ValueError

    await schedule.add(make_job())
    async with working(schedule, broken):
        await failed.wait()
        async with asyncio.timeout(PATIENCE):
            while not 3 < (await schedule.next_due_seconds() or 0) < 10:  # noqa: ASYNC110 - no event for it
                await asyncio.sleep(0.01)
    assert await schedule.size() == 1


async def test_no_more_is_claimed_than_can_be_worked_on(schedule: RedisSchedule) -> None:
    most, now = 0, 0

    async def count(job: Job) -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.1)
        now -= 1

    for number in range(50):
        await schedule.add(make_job(f"job{number}"))
    async with working(schedule, count, parallel=5):
        await until_empty(schedule)
    assert most == 5
