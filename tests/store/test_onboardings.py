import asyncio

import pytest
from pydantic import BaseModel

from bot.domain.errors import StaleError, StoreError
from bot.store import keys
from bot.store.connection import Client
from bot.store.onboardings import RedisOnboardings
from tests.store.examples import TEAM


class Story(BaseModel):
    id: str
    team_id: str = TEAM
    revision: int = 0
    text: str = ""
    end: bool = False

    @property
    def is_finished(self) -> bool:
        return self.end


@pytest.fixture
def stories(redis: Client) -> RedisOnboardings[Story]:
    return RedisOnboardings(redis, Story)


async def test_a_document_comes_back_as_it_was_added(stories: RedisOnboardings[Story]) -> None:
    added = await stories.add(Story(id="s1", text="Größe ✓"))
    assert added.revision == 1
    assert await stories.get(TEAM, "s1") == added
    assert await stories.get("T0OTHER", "s1") is None
    assert await stories.get(TEAM, "s2") is None


async def test_adding_an_id_again_is_stale(stories: RedisOnboardings[Story]) -> None:
    await stories.add(Story(id="s1"))
    with pytest.raises(StaleError):
        await stories.add(Story(id="s1"))


async def test_saving_counts_the_revision_up(stories: RedisOnboardings[Story]) -> None:
    document = await stories.add(Story(id="s1"))
    for revision in range(2, 12):
        document = await stories.save(document.model_copy(update={"text": str(revision)}))
        assert document.revision == revision
    assert await stories.get(TEAM, "s1") == document


async def test_of_two_writers_one_is_told_that_it_is_stale(stories: RedisOnboardings[Story]) -> None:
    document = await stories.add(Story(id="s1"))
    results = await asyncio.gather(*(stories.save(document) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(it, StaleError) for it in results) == 7


async def test_few_are_read_and_of_many_none(stories: RedisOnboardings[Story]) -> None:
    assert await stories.few(TEAM, 1) == ()
    first = await stories.add(Story(id="s1", end=True))
    assert await stories.few(TEAM, 1) == (first,)
    second = await stories.add(Story(id="s2"))
    assert await stories.few(TEAM, 1) is None
    assert await stories.few(TEAM, 2) == (first, second)


async def test_saving_what_was_removed_is_stale(stories: RedisOnboardings[Story]) -> None:
    document = await stories.add(Story(id="s1"))
    assert await stories.remove(TEAM, "s1")
    assert not await stories.remove(TEAM, "s1")
    with pytest.raises(StaleError):
        await stories.save(document)
    assert await stories.list(TEAM) == []


async def test_documents_are_listed_by_id_and_by_being_finished(stories: RedisOnboardings[Story]) -> None:
    for name in ("b", "a", "c"):
        await stories.add(Story(id=name))
    last = await stories.get(TEAM, "c")
    assert last is not None
    await stories.save(last.model_copy(update={"end": True}))
    assert [it.id for it in await stories.list(TEAM)] == ["a", "b", "c"]
    assert [it.id for it in await stories.list(TEAM, finished=False)] == ["a", "b"]
    assert [it.id for it in await stories.list(TEAM, finished=True)] == ["c"]
    assert await stories.list("T0OTHER") == []


async def test_a_repeated_write_whose_reply_was_lost_is_a_success(
    stories: RedisOnboardings[Story], redis: Client
) -> None:
    names = (keys.onboardings(TEAM), keys.onboarding(TEAM, "s1"))
    for nonce, reply in (("mine", b"ok"), ("mine", b"ok"), ("yours", b"stale")):
        assert await stories._save(redis, names, "s1", 0, "{}", 0, nonce) == reply


async def test_a_document_that_cannot_be_read_is_refused_without_its_content(
    stories: RedisOnboardings[Story], redis: Client
) -> None:
    await redis.hset(keys.onboarding(TEAM, "s1"), "json", '{"canary": 1}')
    with pytest.raises(StoreError) as caught:
        await stories.get(TEAM, "s1")
    assert "canary" not in repr(caught.value)
