"""Lists are asked for once at a time, remembered for a while, and better old than not at all."""

import asyncio
from collections.abc import Collection, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from bot.domain.errors import ConnectWiseError
from bot.domain.instance import Instance
from bot.domain.variables import Entry, Kind, Listing
from bot.services.listings import FRESH_SECONDS, KEPT_SECONDS, Listings

T = TypeVar("T")
INSTANCE = Instance(
    id="i",
    team_id="T",
    name="P",
    host="h",
    company="c",
    created_by="U",
    created_at=datetime(2026, 3, 4, tzinfo=UTC),
)
LONG, NONE = 30.0, 0.0


class Lists:
    """A ConnectWise that answers when it is let, with what it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Kind, int, str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.is_asked = asyncio.Event()
        self.error: Exception | None = None

    async def read(self, instance: Instance, kind: Kind, *, board_id: int = 0, search: str = "") -> Listing:
        self.asked.append((instance.id, kind, board_id, search))
        self.is_asked.set()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return Listing((Entry(len(self.asked), f"{kind} {board_id} {search}"),))

    async def find(
        self, instance: Instance, kind: Kind, ids: Collection[int], *, board_id: int = 0
    ) -> dict[int, Entry]:
        raise AssertionError((instance, kind, ids, board_id))

    async def knows_agreement(self, instance: Instance, name: str) -> bool | None:
        raise AssertionError((instance, name))

    async def item_fits(
        self, instance: Instance, *, board_id: int, type_id: int, subtype_id: int, item_id: int
    ) -> bool | None:
        raise AssertionError((instance, board_id, type_id, subtype_id, item_id))


class Time:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def spawn(work: Coroutine[Any, Any, T], /, *, name: str) -> asyncio.Task[T]:
    return asyncio.create_task(work, name=name)


@pytest.fixture
def lists() -> Lists:
    return Lists()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def listings(lists: Lists, time: Time) -> Listings:
    return Listings(lists, spawn=spawn, clock=time)


async def test_everybody_who_waits_for_a_list_gets_the_same_answer(listings: Listings, lists: Lists) -> None:
    lists.gate.clear()
    waiting = [
        asyncio.create_task(listings.look(INSTANCE, Kind.BOARD, budget_seconds=LONG)) for _ in range(5)
    ]
    await lists.is_asked.wait()
    lists.gate.set()
    answers = await asyncio.gather(*waiting)
    assert len(lists.asked) == 1
    assert len({it.listing for it in answers}) == 1
    assert not any(it.is_old for it in answers)


async def test_a_fresh_list_is_not_asked_for_again_and_an_older_one_is(
    listings: Listings, lists: Lists, time: Time
) -> None:
    first = await listings.look(INSTANCE, Kind.BOARD, budget_seconds=LONG)
    time.now = FRESH_SECONDS - 1
    assert await listings.look(INSTANCE, Kind.BOARD, budget_seconds=LONG) == first
    time.now = FRESH_SECONDS + 1
    assert await listings.look(INSTANCE, Kind.BOARD, budget_seconds=LONG) != first
    assert len(lists.asked) == 2


async def test_another_board_search_instance_or_edition_is_another_list(
    listings: Listings, lists: Lists
) -> None:
    for instance in (
        INSTANCE,
        INSTANCE.evolve(id="j"),
        INSTANCE.evolve(edition=1),
        INSTANCE.evolve(team_id="U"),
    ):
        for board_id, search in ((0, ""), (1, ""), (0, "x")):
            await listings.look(instance, Kind.STATUS, board_id=board_id, search=search, budget_seconds=LONG)
    assert len(lists.asked) == 12


async def test_while_it_is_slow_the_old_list_is_shown_and_the_new_one_when_it_has_come(
    listings: Listings, lists: Lists, time: Time
) -> None:
    first = await listings.look(INSTANCE, Kind.BOARD, budget_seconds=LONG)
    time.now = FRESH_SECONDS + 1
    lists.gate.clear()
    slow = await listings.look(INSTANCE, Kind.BOARD, budget_seconds=NONE)
    assert (slow.listing, slow.is_old) == (first.listing, True)
    lists.gate.set()
    fresh = await listings.look(INSTANCE, Kind.BOARD, budget_seconds=LONG)
    assert not fresh.is_old
    assert len(lists.asked) == 2


async def test_a_slow_list_that_nobody_has_seen_is_nothing_yet_and_there_the_next_time(
    listings: Listings, lists: Lists
) -> None:
    lists.gate.clear()
    assert (await listings.look(INSTANCE, Kind.BOARD, budget_seconds=NONE)).listing is None
    lists.gate.set()
    assert (await listings.look(INSTANCE, Kind.BOARD, budget_seconds=LONG)).listing is not None
    assert len(lists.asked) == 1


async def test_a_refusal_is_told_unless_something_is_remembered_and_never_remembered_itself(
    listings: Listings, lists: Lists, time: Time
) -> None:
    lists.error = ConnectWiseError("server_down", transient=True)
    with pytest.raises(ConnectWiseError):
        await listings.look(INSTANCE, Kind.BOARD, budget_seconds=LONG)
    lists.error = None
    known = await listings.look(INSTANCE, Kind.BOARD, budget_seconds=LONG)
    time.now = FRESH_SECONDS + 1
    lists.error = ConnectWiseError("server_down", transient=True)
    old = await listings.look(INSTANCE, Kind.BOARD, budget_seconds=LONG)
    assert (old.listing, old.is_old) == (known.listing, True)
    time.now += KEPT_SECONDS
    with pytest.raises(ConnectWiseError):
        await listings.look(INSTANCE, Kind.BOARD, budget_seconds=LONG)


async def test_what_is_remembered_is_bounded_and_the_longest_unasked_goes_first(
    listings: Listings, lists: Lists
) -> None:
    for number in range(300):
        await listings.look(INSTANCE, Kind.STATUS, search=str(number), budget_seconds=LONG)
    asked = len(lists.asked)
    await listings.look(INSTANCE, Kind.STATUS, search="299", budget_seconds=LONG)
    assert len(lists.asked) == asked
    await listings.look(INSTANCE, Kind.STATUS, search="0", budget_seconds=LONG)
    assert len(lists.asked) == asked + 1
