"""Posts keep to Slack's pace: a burst passes, a flood waits, and one channel does not wait for another."""

import asyncio

import pytest

from bot.slack.gateway import _Pace

HOME, OTHER = "T1/C1", "T1/C2"


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("bot.slack.gateway.time.monotonic", lambda: self.now)
        monkeypatch.setattr("bot.slack.gateway.asyncio.sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def waited(pace: _Pace, clock: Clock, channel: str = HOME) -> float:
    before = clock.now
    await pace.wait(channel)
    return clock.now - before


async def test_a_whole_thread_is_a_burst_and_what_comes_after_it_comes_once_a_second(clock: Clock) -> None:
    pace = _Pace()
    assert [await waited(pace, clock) for _ in range(12)] == [0] * 12
    assert [await waited(pace, clock) for _ in range(5)] == [1] * 5


async def test_another_channel_does_not_wait_and_a_pause_is_a_burst_again(clock: Clock) -> None:
    pace = _Pace()
    for _ in range(14):
        await pace.wait(HOME)
    assert await waited(pace, clock, OTHER) == 0
    clock.now += 60
    assert [await waited(pace, clock) for _ in range(13)] == [*[0] * 12, 1]


async def test_those_who_wait_together_are_let_through_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pace, slept = _Pace(), []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds))

    monkeypatch.setattr("bot.slack.gateway.time.monotonic", lambda: 1000.0)
    monkeypatch.setattr("bot.slack.gateway.asyncio.sleep", sleep)
    await asyncio.gather(*(pace.wait(HOME) for _ in range(15)))
    assert slept == [1, 2, 3]
