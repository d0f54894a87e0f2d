import pytest

from bot.domain.errors import SealError
from bot.store import keys
from bot.store.connection import Client
from bot.store.installations import RedisInstallations
from bot.store.instances import RedisInstances
from bot.store.reseal import RedisReseal
from bot.store.submissions import RedisSubmissions
from bot.vault import EnvelopeSealer, KeyRing, generate_key
from tests.store.examples import TEAM, make_instance, make_submission

OLD, NEW = generate_key("old"), generate_key("new")
BEFORE = EnvelopeSealer(KeyRing.parse(OLD))
BOTH = EnvelopeSealer(KeyRing.parse(f"{NEW},{OLD}"))
AFTER = EnvelopeSealer(KeyRing.parse(NEW))


async def fill(redis: Client, instances: int = 2) -> None:
    for team in (TEAM, "T0OTHER"):
        for number in range(instances):
            await RedisInstances(redis, BEFORE).add(make_instance(f"n{number}", team_id=team))
        await RedisSubmissions(redis, BEFORE).put(make_submission(team_id=team), 60)
        await RedisInstallations(redis, BEFORE).put(team, {"token": "x"})


async def test_after_resealing_the_old_key_is_not_needed(redis: Client) -> None:
    await fill(redis)
    before = await RedisInstances(redis, BEFORE).list(TEAM)
    assert await RedisReseal(redis, BOTH).count_by_key() == {"old": 8}
    summary = await RedisReseal(redis, BOTH).run()
    assert (summary.resealed, summary.current, summary.gone, summary.damaged) == (8, 0, 0, ())
    assert await RedisReseal(redis, BOTH).count_by_key() == {"new": 8}
    assert await RedisInstances(redis, AFTER).list(TEAM) == before
    assert await RedisSubmissions(redis, AFTER).get("T0OTHER", "sub1") is not None
    assert await RedisInstallations(redis, AFTER).get(TEAM) == {"token": "x"}
    with pytest.raises(SealError):
        await RedisInstances(redis, BEFORE).list(TEAM)


async def test_resealing_again_finds_nothing_to_do(redis: Client) -> None:
    await fill(redis)
    await RedisReseal(redis, BOTH).run()
    summary = await RedisReseal(redis, BOTH).run()
    assert (summary.resealed, summary.current) == (0, 8)


async def test_progress_is_told_to_the_end(redis: Client) -> None:
    await fill(redis)
    told: list[tuple[int, int]] = []
    await RedisReseal(redis, BOTH).run(lambda done, total: told.append((done, total)))
    assert told == [(number, 8) for number in range(1, 9)]


async def test_an_interrupted_run_goes_on_where_it_was(redis: Client) -> None:
    await fill(redis, instances=60)
    reseal = RedisReseal(redis, BOTH)

    def interrupt(done: int, _: int) -> None:
        if done == 70:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await reseal.run(interrupt)
    told: list[int] = []
    summary = await reseal.run(lambda done, _: told.append(done))
    assert told == list(range(51, 125))
    assert (summary.resealed, summary.current) == (24, 50)
    assert await reseal.count_by_key() == {"new": 124}
    assert await redis.exists(keys.RESEAL) == 0


async def test_what_an_interrupted_run_towards_another_key_left_is_not_gone_on_from(redis: Client) -> None:
    await fill(redis)
    await redis.hset(keys.RESEAL, items=["key", "older", "cursor", "zzz"])
    assert (await RedisReseal(redis, BOTH).run()).resealed == 8


async def test_a_write_meanwhile_wins(redis: Client) -> None:
    instances = RedisInstances(redis, BOTH)
    added = await RedisInstances(redis, BEFORE).add(make_instance())
    key = keys.instance(TEAM, added.id)
    old = await redis.hget(key, "sealed")
    assert isinstance(old, bytes)
    saved = await instances.save(added.evolve(description="meanwhile"))
    assert await RedisReseal(redis, BOTH)._swap(redis, (key,), old, b"renewed from what was") == 0
    assert await instances.get(TEAM, added.id) == saved


async def test_instances_are_saved_on_while_they_are_resealed(redis: Client) -> None:
    added = await RedisInstances(redis, BEFORE).add(make_instance())
    await RedisReseal(redis, BOTH).run()
    assert (await RedisInstances(redis, BOTH).save(added)).revision == 2


async def test_a_time_to_live_stays(redis: Client) -> None:
    await RedisSubmissions(redis, BEFORE).put(make_submission(), 60)
    await RedisReseal(redis, BOTH).run()
    assert 0 < await redis.pttl(keys.submission(TEAM, "sub1")) <= 60_000


async def test_a_damaged_record_is_named_and_does_not_stop_the_rest(redis: Client) -> None:
    await fill(redis)
    await redis.hset(keys.installation(TEAM), "sealed", b"junk")
    summary = await RedisReseal(redis, BOTH).run()
    assert summary.resealed == 7
    assert summary.damaged == (keys.installation(TEAM),)
    assert await RedisReseal(redis, BOTH).count_by_key() == {"new": 7, "": 1}


async def test_a_record_of_a_key_that_is_not_given_is_named(redis: Client) -> None:
    await RedisInstallations(redis, BEFORE).put(TEAM, {})
    assert (await RedisReseal(redis, AFTER).run()).damaged == (keys.installation(TEAM),)
