"""Background work keeps its distance, and a greater one from a loop that is late."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.jobs import Job
from bot.services.headroom import BUSY_SHARE, LATE_SECONDS, LEAST_SECONDS, MOST_SECONDS, Headroom
from bot.store.connection import Client
from bot.store.schedule import RedisSchedule
from tests.monitor.test_worker import PATIENCE, working
from tests.store.examples import make_job


class Loop:
    """Time that passes when somebody sleeps; a loop that wakes them `late`, and is busy for a `share` of the time."""

    def __init__(self) -> None:
        self.time = 0.0
        self.busy = 0.0
        self.late = 0.0
        self.share = 0.0

    def now(self) -> float:
        return self.time

    def spent(self) -> float:
        return self.busy

    async def sleep(self, seconds: float) -> None:
        self.time += seconds + self.late
        self.busy += (seconds + self.late) * self.share

    def headroom(self) -> Headroom:
        return Headroom(now=self.now, spent=self.spent, sleep=self.sleep)


async def test_a_loop_that_is_idle_lets_work_begin_at_the_least_distance() -> None:
    loop = Loop()
    headroom = loop.headroom()
    for _ in range(100):
        await headroom()
    assert loop.time == pytest.approx(100 * LEAST_SECONDS)


async def test_the_distance_grows_while_the_loop_is_late_and_shrinks_when_it_no_longer_is() -> None:
    loop = Loop()
    headroom = loop.headroom()
    loop.late = LATE_SECONDS * 2
    gaps = []
    for _ in range(15):
        await headroom()
        gaps.append(headroom.gap_seconds)
    assert gaps == sorted(gaps)
    assert gaps[-1] == MOST_SECONDS
    loop.late = 0.0
    for _ in range(300):
        await headroom()
    assert headroom.gap_seconds == LEAST_SECONDS


async def test_a_loop_that_is_busy_with_other_things_lets_work_begin_at_the_greatest_distance() -> None:
    loop = Loop()
    headroom = loop.headroom()
    loop.share = 0.95
    for _ in range(400):
        await headroom()
    assert headroom.gap_seconds == MOST_SECONDS


@given(cost=st.floats(min_value=0.003, max_value=0.015), people=st.floats(min_value=0.0, max_value=0.5))
async def test_background_work_takes_what_people_leave_of_its_share(cost: float, people: float) -> None:
    """Each begun piece of work costs so much processor time, and people so much of every second."""
    loop = Loop()
    headroom = loop.headroom()

    async def begin() -> None:
        await headroom()
        loop.busy += cost + people * headroom.gap_seconds

    for _ in range(300):
        await begin()
    time, busy = loop.time, loop.busy
    for _ in range(300):
        await begin()
    assert (loop.busy - busy) / (loop.time - time) == pytest.approx(BUSY_SHARE, abs=0.1)


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
