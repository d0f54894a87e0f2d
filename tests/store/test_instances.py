import asyncio

import pytest

from bot.domain.errors import NameTakenError, SealError, StaleError, StoreError
from bot.domain.instance import Outline
from bot.domain.onboarding import Onboarding, Thread
from bot.domain.report import Layer, Outcome, Report, State
from bot.domain.sealing import Sealer
from bot.store import keys
from bot.store.connection import Client
from bot.store.embedded import EmbeddedRedis
from bot.store.instances import RedisInstances
from bot.store.onboardings import RedisOnboardings
from bot.vault import EnvelopeSealer, KeyRing, generate_key
from tests.store.examples import LONG_AGO, PRIVATE_KEY, PUBLIC_KEY, TEAM, make_instance
from tests.store.server import copy_fields, read_everything


@pytest.fixture
def instances(redis: Client, sealer: Sealer) -> RedisInstances:
    return RedisInstances(redis, sealer)


async def test_an_instance_comes_back_with_its_keys(instances: RedisInstances) -> None:
    added = await instances.add(make_instance("Acme"))
    found = await instances.get(TEAM, added.id)
    assert found == added
    assert found.revision == 1
    assert found.credentials is not None
    assert found.credentials.private_key.get_secret_value() == PRIVATE_KEY


async def test_the_first_instance_is_the_default_and_the_second_is_not(instances: RedisInstances) -> None:
    first, second = await instances.add(make_instance("A")), await instances.add(make_instance("B"))
    assert (first.is_default, second.is_default) == (True, False)


async def test_one_that_calls_itself_the_default_is_not_believed(instances: RedisInstances) -> None:
    await instances.add(make_instance("A"))
    second = await instances.add(make_instance("B").evolve(is_default=True))
    assert [it.is_default for it in await instances.list(TEAM)] == [True, False]
    assert not second.is_default
    saved = await instances.save(second.evolve(is_default=True))
    assert not saved.is_default


async def test_making_another_the_default_leaves_exactly_one(instances: RedisInstances) -> None:
    await instances.add(make_instance("A"))
    second = await instances.add(make_instance("B"))
    assert await instances.make_default(TEAM, second.id)
    assert {it.name: it.is_default for it in await instances.list(TEAM)} == {"A": False, "B": True}
    assert (await instances.save(second)).is_default


async def test_an_unknown_instance_does_not_become_the_default(instances: RedisInstances) -> None:
    first = await instances.add(make_instance("A"))
    assert not await instances.make_default(TEAM, "unknown")
    assert (await instances.list(TEAM))[0].id == first.id
    assert (await instances.list(TEAM))[0].is_default


@pytest.mark.parametrize("again", ["Acme One", "acme one", " ACME   one "])
async def test_a_name_is_taken_whatever_its_capitals_and_blanks(
    instances: RedisInstances, again: str
) -> None:
    await instances.add(make_instance("Acme One"))
    with pytest.raises(NameTakenError):
        await instances.add(make_instance(again))
    assert len(await instances.list(TEAM)) == 1


async def test_a_name_taken_in_one_workspace_is_free_in_another(instances: RedisInstances) -> None:
    await instances.add(make_instance("Acme"))
    await instances.add(make_instance("Acme", team_id="T0OTHER"))
    assert [len(await instances.list(team)) for team in (TEAM, "T0OTHER")] == [1, 1]


async def test_an_instance_is_found_by_its_name(instances: RedisInstances) -> None:
    added = await instances.add(make_instance("Acme One"))
    assert await instances.by_name(TEAM, "  acme  ONE") == added
    assert await instances.by_name(TEAM, "acme two") is None
    assert await instances.by_name("T0OTHER", "acme one") is None


async def test_instances_are_listed_by_name(instances: RedisInstances) -> None:
    for name in ("beta", "Alpha", "gamma"):
        await instances.add(make_instance(name))
    assert [it.name for it in await instances.list(TEAM)] == ["Alpha", "beta", "gamma"]
    assert await instances.list("T0OTHER") == []


async def test_outlines_say_the_same_in_short(instances: RedisInstances) -> None:
    report = Report(
        outcome=Outcome.NEEDS_YOU,
        site="h",
        company="acme",
        checked_at=LONG_AGO,
        layers=(Layer(name="keys", state=State.FAIL, summary="The API keys are refused."),),
        facts={"version": "1"},
    )
    for name in ("beta", "Alpha"):
        await instances.add(make_instance(name).evolve(report=report, edition=3))
    wholes, outlines = await instances.list(TEAM), await instances.outlines(TEAM)
    assert [it.name for it in outlines] == ["Alpha", "beta"]
    for whole, outline in zip(wholes, outlines, strict=True):
        assert type(outline) is Outline
        said = outline.model_dump(context={"reveal": True})
        whole_said = whole.model_dump(context={"reveal": True})
        assert said["report"].items() <= whole_said.pop("report").items()
        assert {name: it for name, it in said.items() if name != "report"}.items() <= whole_said.items()
        assert outline.report is not None
        assert outline.report.culprit == report.culprit
        assert await instances.outline(TEAM, whole.id) == outline
    assert await instances.outline(TEAM, "unknown") is None
    assert PRIVATE_KEY not in repr(outlines)


async def test_one_is_picked_by_name_or_as_the_default_and_all_are_counted(instances: RedisInstances) -> None:
    assert await instances.pick(TEAM) == (0, None, None)
    first, second = await instances.add(make_instance("A")), await instances.add(make_instance("B b"))
    assert await instances.pick(TEAM) == (2, first, None)
    assert await instances.pick(TEAM, " b  B ") == (2, second, None)
    assert await instances.pick(TEAM, "c") == (2, None, None)
    assert await instances.pick("T0OTHER", "a") == (0, None, None)
    await instances.make_default(TEAM, second.id)
    assert await instances.pick(TEAM) == (2, second.evolve(is_default=True), None)
    await instances.remove(TEAM, first.id)
    assert await instances.pick(TEAM, "a") == (1, None, None)


async def test_its_onboarding_comes_with_the_one_that_is_picked(
    instances: RedisInstances, redis: Client
) -> None:
    added = await instances.add(make_instance("A"))
    onboarding = Onboarding(
        id=added.id,
        team_id=TEAM,
        name="A",
        host="h",
        company="acme",
        started_by="U1",
        started_at=LONG_AGO,
        thread=Thread(channel_id="C1"),
    )
    kept = await RedisOnboardings(redis, Onboarding).add(onboarding)
    assert await instances.pick(TEAM, "a") == (1, added, kept)


async def test_few_are_read_and_of_many_none(instances: RedisInstances) -> None:
    assert await instances.few(TEAM, 2) == ()
    for number in range(3):
        assert await instances.few(TEAM, 2) == await instances.outlines(TEAM)
        await instances.add(make_instance(f"Acme {number}"))
    assert await instances.few(TEAM, 2) is None
    assert await instances.few(TEAM, 3) == await instances.outlines(TEAM)


@pytest.mark.parametrize("nothing", ["", "  "])
async def test_no_name_is_nobodys_name(instances: RedisInstances, nothing: str) -> None:
    await instances.add(make_instance("A"))
    assert await instances.by_name(TEAM, nothing) is None


async def test_saving_counts_the_revision_up(instances: RedisInstances) -> None:
    added = await instances.add(make_instance())
    saved = await instances.save(added.evolve(description="new"))
    assert (saved.revision, saved.description) == (2, "new")
    assert await instances.get(TEAM, added.id) == saved


async def test_of_two_writers_one_is_told_that_it_is_stale(instances: RedisInstances) -> None:
    added = await instances.add(make_instance())
    results = await asyncio.gather(
        *(instances.save(added.evolve(description=str(number))) for number in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(it, StaleError) for it in results) == 7
    (winner,) = (it for it in results if not isinstance(it, BaseException))
    assert await instances.get(TEAM, added.id) == winner


async def test_of_two_who_take_the_same_name_one_gets_it(instances: RedisInstances) -> None:
    results = await asyncio.gather(
        *(instances.add(make_instance("Acme")) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(it, NameTakenError) for it in results) == 7
    assert len(await instances.list(TEAM)) == 1


async def test_renaming_frees_the_old_name_and_takes_the_new(instances: RedisInstances) -> None:
    added = await instances.add(make_instance("Old"))
    await instances.save(added.evolve(name="New"))
    assert await instances.by_name(TEAM, "old") is None
    found = await instances.by_name(TEAM, "new")
    assert found is not None
    assert found.id == added.id
    await instances.add(make_instance("Old"))


async def test_renaming_to_a_name_in_use_changes_nothing(instances: RedisInstances) -> None:
    await instances.add(make_instance("A"))
    second = await instances.add(make_instance("B"))
    with pytest.raises(NameTakenError):
        await instances.save(second.evolve(name="a"))
    assert await instances.get(TEAM, second.id) == second


async def test_changing_the_capitals_of_a_name_is_no_conflict_with_itself(instances: RedisInstances) -> None:
    added = await instances.add(make_instance("acme"))
    saved = await instances.save(added.evolve(name="ACME"))
    assert await instances.by_name(TEAM, "acme") == saved


async def test_saving_what_was_removed_is_stale(instances: RedisInstances) -> None:
    added = await instances.add(make_instance())
    assert await instances.remove(TEAM, added.id)
    with pytest.raises(StaleError):
        await instances.save(added)
    assert await instances.get(TEAM, added.id) is None


async def test_adding_an_id_again_is_stale(instances: RedisInstances) -> None:
    added = await instances.add(make_instance("A"))
    with pytest.raises(StaleError):
        await instances.add(added.evolve(name="B"))


async def test_removing_destroys_the_record_and_frees_the_name(
    instances: RedisInstances, redis: Client
) -> None:
    added = await instances.add(make_instance("Acme"))
    assert await instances.remove(TEAM, added.id)
    assert not await instances.remove(TEAM, added.id)
    assert await redis.exists(keys.instance(TEAM, added.id)) == 0
    assert await instances.list(TEAM) == []
    assert (await instances.add(make_instance("Acme"))).is_default


async def test_the_default_is_not_removed_while_there_are_others(instances: RedisInstances) -> None:
    first, second = await instances.add(make_instance("A")), await instances.add(make_instance("B"))
    with pytest.raises(StoreError) as caught:
        await instances.remove(TEAM, first.id)
    assert caught.value.key == "default_in_use"
    await instances.make_default(TEAM, second.id)
    assert await instances.remove(TEAM, first.id)
    assert await instances.remove(TEAM, second.id)


async def test_a_record_put_back_to_an_older_revision_is_noticed(
    instances: RedisInstances, redis: Client
) -> None:
    added = await instances.add(make_instance())
    key = keys.instance(TEAM, added.id)
    await copy_fields(redis, key, "kept")
    await instances.save(added.evolve(description="rotated"))
    await copy_fields(redis, "kept", key)
    for read in (instances.get(TEAM, added.id), instances.list(TEAM), instances.by_name(TEAM, "acme")):
        with pytest.raises(SealError):
            await read


async def test_an_older_record_under_the_current_revision_does_not_open(
    instances: RedisInstances, redis: Client
) -> None:
    added = await instances.add(make_instance())
    key = keys.instance(TEAM, added.id)
    before = await redis.hget(key, "sealed")
    assert before is not None
    await instances.save(added)
    await redis.hset(key, "sealed", before)
    with pytest.raises(SealError):
        await instances.get(TEAM, added.id)


async def test_a_record_that_vanished_is_noticed_and_can_be_removed(
    instances: RedisInstances, redis: Client
) -> None:
    added = await instances.add(make_instance())
    await redis.delete(keys.instance(TEAM, added.id))
    with pytest.raises(SealError):
        await instances.get(TEAM, added.id)
    assert await instances.names(TEAM) == {added.id: "acme"}
    assert await instances.remove(TEAM, added.id)
    assert await instances.get(TEAM, added.id) is None


async def test_a_record_moved_to_another_instance_does_not_open(
    instances: RedisInstances, redis: Client
) -> None:
    source, target = await instances.add(make_instance("A")), await instances.add(make_instance("B"))
    await copy_fields(redis, keys.instance(TEAM, source.id), keys.instance(TEAM, target.id))
    with pytest.raises(SealError):
        await instances.get(TEAM, target.id)


async def test_a_record_moved_to_another_workspace_does_not_open(
    instances: RedisInstances, redis: Client
) -> None:
    added = await instances.add(make_instance())
    await copy_fields(redis, keys.instances(TEAM), keys.instances("T0OTHER"))
    await copy_fields(redis, keys.instance(TEAM, added.id), keys.instance("T0OTHER", added.id))
    with pytest.raises(SealError):
        await instances.get("T0OTHER", added.id)


async def test_another_key_of_the_same_id_does_not_open(instances: RedisInstances, redis: Client) -> None:
    added = await instances.add(make_instance())
    stranger = RedisInstances(redis, EnvelopeSealer(KeyRing.parse(generate_key("first"))))
    with pytest.raises(SealError):
        await stranger.get(TEAM, added.id)


async def test_a_repeated_write_whose_reply_was_lost_is_a_success(
    instances: RedisInstances, redis: Client
) -> None:
    added = await instances.add(make_instance())
    sealed = await redis.hget(keys.instance(TEAM, added.id), "sealed")
    assert isinstance(sealed, bytes)
    names = (keys.instances(TEAM), keys.instance(TEAM, added.id))
    assert await instances._add(redis, names, added.id, "acme", sealed) == b"default"
    assert await instances._save(redis, names, added.id, "acme", sealed, 0) == b"default"
    assert (await instances.list(TEAM)) == [added]


async def test_listing_while_instances_come_and_go_never_fails(instances: RedisInstances) -> None:
    await instances.add(make_instance("stays"))
    done = asyncio.Event()

    async def churn() -> None:
        for number in range(20):
            added = await instances.add(make_instance(f"n{number}"))
            await instances.save(added)
            await instances.remove(TEAM, added.id)
        done.set()

    async def look() -> int:
        looks = 0
        while not done.is_set():
            assert "stays" in [it.name for it in await instances.list(TEAM)]
            looks += 1
        return looks

    _, looks = await asyncio.gather(churn(), look())
    assert looks > 0


async def test_no_key_stands_unsealed_in_redis_or_on_disk(
    instances: RedisInstances, redis: Client, redis_server: EmbeddedRedis
) -> None:
    added = await instances.add(make_instance())
    await instances.save(added)
    values: list[object] = []
    async for key in redis.scan_iter():
        values += [key, await redis.hgetall(key)]
    on_disk = read_everything(redis_server.data_dir)
    assert added.id.encode() in on_disk
    for canary in (PRIVATE_KEY, PUBLIC_KEY):
        assert canary not in repr(values)
        assert canary.encode() not in on_disk


@pytest.mark.parametrize("team", ["", "t1", "T1}", "T1:x", "{T1", "T*", "T" * 33])
async def test_a_forged_workspace_id_reaches_no_key(instances: RedisInstances, team: str) -> None:
    with pytest.raises(StoreError):
        await instances.get(team, "abc")


@pytest.mark.parametrize("instance_id", ["", "a:b", "a b", "é", "x" * 65, "*"])
async def test_a_forged_instance_id_reaches_no_key(instances: RedisInstances, instance_id: str) -> None:
    for call in (instances.get, instances.remove, instances.make_default):
        with pytest.raises(StoreError):
            await call(TEAM, instance_id)
