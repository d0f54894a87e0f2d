import asyncio

import pytest

from bot.domain.errors import StoreError
from bot.store import keys
from bot.store.connection import Client
from bot.store.once import RedisOnce
from tests.store.examples import TEAM


@pytest.fixture
def once(redis: Client) -> RedisOnce:
    return RedisOnce(redis)


async def test_one_of_many_is_first(once: RedisOnce) -> None:
    results = await asyncio.gather(*(once.first(TEAM, "click", f"token{number}", 60) for number in range(10)))
    assert sum(results) == 1


async def test_the_first_is_first_however_often_it_asks(once: RedisOnce) -> None:
    assert [await once.first(TEAM, "click", token, 60) for token in ("a", "a", "b", "a")] == [
        True,
        True,
        False,
        True,
    ]


async def test_other_things_and_other_workspaces_do_not_matter(once: RedisOnce) -> None:
    for team, what in ((TEAM, "click"), (TEAM, "click:2"), ("T0OTHER", "click")):
        assert await once.first(team, what, f"{team}{what}", 60)


async def test_what_happened_is_forgotten_in_time(once: RedisOnce, redis: Client) -> None:
    await once.first(TEAM, "click", "a", 60)
    assert 0 < await redis.pttl(keys.once(TEAM, "click")) <= 60_000
    await redis.delete(keys.once(TEAM, "click"))
    assert await once.first(TEAM, "click", "b", 60)


async def test_asking_again_does_not_prolong_it(once: RedisOnce, redis: Client) -> None:
    await once.first(TEAM, "click", "a", 60)
    await once.first(TEAM, "click", "a", 6000)
    assert await redis.pttl(keys.once(TEAM, "click")) <= 60_000


async def test_what_may_hold_any_characters(once: RedisOnce) -> None:
    for what in ("a b", "a%20b", "a}:b", "ü\n", "*"):
        assert await once.first(TEAM, what, what, 60)


@pytest.mark.parametrize("what", ["", "x" * 257])
async def test_what_names_nothing_or_goes_on_for_ever_is_refused(once: RedisOnce, what: str) -> None:
    with pytest.raises(StoreError):
        await once.first(TEAM, what, "a", 60)
