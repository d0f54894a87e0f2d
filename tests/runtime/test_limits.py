"""The token buckets."""

from bot.runtime.limits import RateLimiter


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_then_one_at_a_time() -> None:
    clock = Clock()
    limiter = RateLimiter(burst=3, per_second=1, monotonic=clock)
    assert [limiter.allow("a") for _ in range(5)] == [True, True, True, False, False]
    clock.now += 1
    assert [limiter.allow("a") for _ in range(2)] == [True, False]
    clock.now += 100
    assert [limiter.allow("a") for _ in range(4)] == [True, True, True, False]


def test_one_persons_flood_is_not_anothers() -> None:
    limiter = RateLimiter(burst=1, per_second=1, monotonic=Clock())
    assert limiter.allow("a")
    assert not limiter.allow("a")
    assert limiter.allow("b")


def test_memory_stays_bounded_however_many_people_come() -> None:
    limiter = RateLimiter(burst=1, per_second=1, capacity=10, monotonic=Clock())
    for number in range(100):
        limiter.allow(str(number))
    assert len(limiter._full_at) == 10


def test_refused_requests_do_not_push_the_time_away() -> None:
    clock = Clock()
    limiter = RateLimiter(burst=1, per_second=1, monotonic=clock)
    limiter.allow("a")
    for _ in range(50):
        limiter.allow("a")
    clock.now += 1
    assert limiter.allow("a")
