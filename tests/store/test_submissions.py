import asyncio

import pytest

from bot.domain.errors import SealError, StoreError
from bot.domain.sealing import Place, Sealer
from bot.store import keys
from bot.store.connection import Client
from bot.store.embedded import EmbeddedRedis
from bot.store.submissions import RedisSubmissions
from tests.store.examples import PRIVATE_KEY, PUBLIC_KEY, TEAM, make_submission
from tests.store.server import copy_fields, read_everything


@pytest.fixture
def submissions(redis: Client, sealer: Sealer) -> RedisSubmissions:
    return RedisSubmissions(redis, sealer)


async def test_a_submission_comes_back_with_its_keys(submissions: RedisSubmissions) -> None:
    await submissions.put(make_submission(), 60)
    found = await submissions.get(TEAM, "sub1")
    assert found == make_submission()
    assert found.credentials.private_key.get_secret_value() == PRIVATE_KEY


async def test_a_submission_put_again_replaces_the_first(submissions: RedisSubmissions) -> None:
    await submissions.put(make_submission(), 60)
    await submissions.put(make_submission().model_copy(update={"attempt": 3}), 60)
    found = await submissions.get(TEAM, "sub1")
    assert found is not None
    assert found.attempt == 3


async def test_a_submission_lives_no_longer_than_told(submissions: RedisSubmissions, redis: Client) -> None:
    await submissions.put(make_submission(), 60)
    assert 0 < await redis.pttl(keys.submission(TEAM, "sub1")) <= 60_000
    await submissions.put(make_submission(), 0.001)
    async with asyncio.timeout(5):
        while await submissions.get(TEAM, "sub1"):  # noqa: ASYNC110 - the time that passes is Redis's
            await asyncio.sleep(0.001)


async def test_one_of_many_callers_drops_a_submission(submissions: RedisSubmissions) -> None:
    await submissions.put(make_submission(), 60)
    results = await asyncio.gather(*(submissions.drop(TEAM, "sub1") for _ in range(8)))
    assert sum(results) == 1
    assert await submissions.get(TEAM, "sub1") is None
    assert not await submissions.drop(TEAM, "sub1")


async def test_a_submission_put_after_a_drop_can_be_dropped(submissions: RedisSubmissions) -> None:
    for _ in range(2):
        await submissions.put(make_submission(), 60)
        assert await submissions.drop(TEAM, "sub1")


async def test_a_repeated_drop_whose_reply_was_lost_is_still_the_one(
    submissions: RedisSubmissions, redis: Client
) -> None:
    await submissions.put(make_submission(), 60)
    names = (keys.submission(TEAM, "sub1"), keys.once(TEAM, "dropped:sub1"))
    replies = [await submissions._drop(redis, names, nonce, 60_000) for nonce in ("mine", "mine", "yours")]
    assert replies == [b"ok", b"ok", b"absent"]


async def test_a_submission_moved_to_another_id_does_not_open(
    submissions: RedisSubmissions, redis: Client
) -> None:
    await submissions.put(make_submission(), 60)
    await copy_fields(redis, keys.submission(TEAM, "sub1"), keys.submission(TEAM, "sub2"))
    with pytest.raises(SealError):
        await submissions.get(TEAM, "sub2")


async def test_a_submission_of_another_shape_is_refused_without_its_content(
    submissions: RedisSubmissions, redis: Client, sealer: Sealer
) -> None:
    sealed = sealer.seal(b'{"id": "canary"}', Place(TEAM, "sub1", "submission/1", 1))
    await redis.hset(keys.submission(TEAM, "sub1"), "sealed", sealed)
    with pytest.raises(StoreError) as caught:
        await submissions.get(TEAM, "sub1")
    assert caught.value.params["reason"] == "unreadable"
    assert "canary" not in repr(caught.value)
    assert caught.value.__suppress_context__


async def test_no_key_of_a_submission_stands_unsealed(
    submissions: RedisSubmissions, redis: Client, redis_server: EmbeddedRedis
) -> None:
    await submissions.put(make_submission(submission_id="canary-sub"), 60)
    stored = await redis.hgetall(keys.submission(TEAM, "canary-sub"))
    on_disk = read_everything(redis_server.data_dir)
    assert b"canary-sub" in on_disk
    for canary in (PRIVATE_KEY, PUBLIC_KEY):
        assert canary not in repr(stored)
        assert canary.encode() not in on_disk
