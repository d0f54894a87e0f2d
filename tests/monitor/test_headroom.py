"""Background work keeps its distance, and a greater one from a loop that is late."""

import asyncio

import pytest

from bot.domain.jobs import Job
from bot.services.headroom import LATE_SECONDS, LEAST_SECONDS, MOST_SECONDS, Headroom
from bot.store.connection import Client
from bot.store.schedule import RedisSchedule
from tests.monitor.test_worker import PATIENCE, working
from tests.store.examples import make_job


class Loop:
    """Time that passes when somebody sleeps, and a loop that wakes them `late`."""

    def __init__(self) -> None:
        self.time = 0.0
        self.late = 0.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds + self.late


async def test_a_loop_that_is_idle_lets_work_begin_at_the_least_distance() -> None:
    loop = Loop()
    headroom = Headroom(now=loop.now, sleep=loop.sleep)
    for _ in range(100):
        await headroom()
    assert loop.time == pytest.approx(100 * LEAST_SECONDS)


async def test_the_distance_grows_while_the_loop_is_late_and_shrinks_when_it_no_longer_is() -> None:
    loop = Loop()
    headroom = Headroom(now=loop.now, sleep=loop.sleep)
    loop.late = LATE_SECONDS * 2
    gaps = []
    for _ in range(10):
        await headroom()
        gaps.append(headroom.gap_seconds)
    assert gaps == sorted(gaps)
    assert gaps[-1] == MOST_SECONDS
    loop.late = 0.0
    for _ in range(30):
        await headroom()
    assert headroom.gap_seconds == LEAST_SECONDS


async def test_what_was_claimed_and_had_no_turn_yet_is_handed_back_at_the_end(
    redis: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule, first, over = RedisSchedule(redis), asyncio.Event(), asyncio.Event()
    turns: list[None] = []

    async def one_turn(_: Headroom) -> None:
        turns.append(None)
        if len(turns) > 1:
            await over.wait()

    async def begin(_: Job) -> None:
        first.set()

    monkeypatch.setattr(Headroom, "__call__", one_turn)
    for number in range(5):
        await schedule.add(make_job(f"job-{number}"))
    async with working(schedule, begin), asyncio.timeout(PATIENCE):
        await first.wait()
        while await schedule.size() > 4:  # noqa: ASYNC110 - Redis has no event for it
            await asyncio.sleep(0.01)
    # Under a lease of a minute nobody else would get them before that.
    assert len(await schedule.claim(10, 60)) == 4
