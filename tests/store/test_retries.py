import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.exceptions import AuthenticationError, ReadOnlyError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from bot.domain.errors import StoreError, StoreUnavailableError
from bot.domain.sealing import Sealer
from bot.store.audit import RedisAudit
from bot.store.connection import Client, close, connect, ping
from bot.store.embedded import EmbeddedRedis
from bot.store.instances import RedisInstances
from bot.store.onboardings import RedisOnboardings
from bot.store.once import RedisOnce
from bot.store.retries import persist, retrying
from bot.store.schedule import RedisSchedule
from bot.store.submissions import RedisSubmissions
from tests.store.examples import TEAM, make_instance, make_job, make_submission
from tests.store.proxy import Cut, Wire
from tests.store.test_onboardings import Story


@pytest.fixture
async def wire(redis: Client, redis_server: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[Wire]:
    """A wire to the emptied server."""
    async with Wire(redis_server.data_dir / "redis.sock", tmp_path / "wire.sock").open() as opened:
        yield opened


@pytest.fixture
async def distant(wire: Wire) -> AsyncIterator[Client]:
    """A client at the other end of the wire."""
    client = connect(wire.url)
    yield client
    await close(client)


@pytest.mark.parametrize("cut", ["request", "reply"])
async def test_an_instance_is_added_once_however_the_wire_is_cut(
    wire: Wire, distant: Client, sealer: Sealer, cut: Cut
) -> None:
    instances = RedisInstances(distant, sealer)
    wire.cut(cut, cut)
    added = await instances.add(make_instance())
    wire.cut(cut, cut)
    saved = await instances.save(added)
    assert saved.revision == 2
    assert await instances.list(TEAM) == [saved]
    wire.cut(cut)
    assert await instances.remove(TEAM, added.id)


@pytest.mark.parametrize("cut", ["request", "reply"])
async def test_the_first_is_first_however_the_wire_is_cut(wire: Wire, distant: Client, cut: Cut) -> None:
    wire.cut(cut, cut)
    assert await RedisOnce(distant).first(TEAM, "click", "a", 60)


@pytest.mark.parametrize("cut", ["request", "reply"])
async def test_an_event_is_there_once_however_the_wire_is_cut(wire: Wire, distant: Client, cut: Cut) -> None:
    audit = RedisAudit(distant)
    wire.cut(cut, cut)
    await audit.append(TEAM, {"what": "added"})
    assert len(await audit.read(TEAM)) == 1


@pytest.mark.parametrize("cut", ["request", "reply"])
async def test_a_document_is_saved_however_the_wire_is_cut(wire: Wire, distant: Client, cut: Cut) -> None:
    stories = RedisOnboardings(distant, Story)
    wire.cut(cut)
    added = await stories.add(Story(id="s1"))
    wire.cut(cut)
    assert (await stories.save(added)).revision == 2


@pytest.mark.parametrize("cut", ["request", "reply"])
async def test_a_submission_is_dropped_by_its_caller_however_the_wire_is_cut(
    wire: Wire, distant: Client, sealer: Sealer, cut: Cut
) -> None:
    submissions = RedisSubmissions(distant, sealer)
    wire.cut(cut)
    await submissions.put(make_submission(), 60)
    wire.cut(cut)
    assert await submissions.drop(TEAM, "sub1")


async def test_a_finished_job_does_not_come_back_because_a_reply_was_lost(
    wire: Wire, distant: Client, redis: Client
) -> None:
    schedule, worker = RedisSchedule(distant), RedisSchedule(redis)
    wire.cut("reply")
    await schedule.add(make_job())
    (claim,) = await worker.claim(10, 60)
    assert await worker.finish(claim)
    assert await schedule.size() == 0


async def test_a_claim_whose_reply_was_lost_is_the_same_claim_again(wire: Wire, distant: Client) -> None:
    schedule = RedisSchedule(distant)
    for name in ("a", "b", "c"):
        await schedule.add(make_job(name))
    wire.cut("reply", "reply")
    claims = await schedule.claim(2, 60)
    assert [(it.job, it.token) for it in claims] == [(make_job("a"), 1), (make_job("b"), 2)]
    assert [await schedule.finish(it) for it in claims] == [True, True]
    assert [it.job.id for it in await schedule.claim(10, 60)] == ["c"]


async def test_no_answer_within_the_deadline_is_an_error_of_its_own(tmp_path: Path) -> None:
    client = connect(f"unix://{tmp_path}/nobody.sock")
    with retrying(deadline_seconds=0.05), pytest.raises(StoreUnavailableError) as caught:
        await ping(client)
    assert isinstance(caught.value.__cause__, RedisConnectionError)
    await close(client)


async def test_a_server_that_accepts_and_says_nothing_does_not_hold_anybody_up(tmp_path: Path) -> None:
    silent = await asyncio.start_unix_server(lambda _r, w: held.append(w), path=str(tmp_path / "silent.sock"))
    held: list[asyncio.StreamWriter] = []
    client = connect(f"unix://{tmp_path}/silent.sock")
    with retrying(deadline_seconds=0.05), pytest.raises(StoreUnavailableError):
        await ping(client)
    await close(client)
    for writer in held:
        writer.close()
    silent.close()


async def test_a_server_that_restarts_is_waited_for(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    await server.start()
    client = connect(server.url)
    once = RedisOnce(client)
    assert await once.first(TEAM, "click", "a", 600)
    await server.stop()
    with retrying(deadline_seconds=10):
        waiting = asyncio.create_task(once.first(TEAM, "click", "b", 600))
        await server.start()
        # Answered by the new server, which has read what the old one wrote, and knows no script.
        assert not await waiting
    await close(client)
    await server.stop()


async def test_a_cancelled_operation_leaves_a_client_that_works(distant: Client) -> None:
    blocked = asyncio.create_task(persist(lambda: distant.blpop(["nothing"], timeout=30)))
    await asyncio.sleep(0)
    await ping(distant)
    blocked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await blocked
    await asyncio.gather(*(ping(distant) for _ in range(5)))


async def test_a_cancellation_that_is_lost_underneath_is_not_lost_on_us() -> None:
    begun = asyncio.Event()

    async def swallow() -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "as if nothing had been"
        return "never"

    task = asyncio.create_task(persist(swallow))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("refusal", [ResponseError("OOM key canary"), AuthenticationError("canary")])
async def test_a_refusal_is_not_tried_again_and_not_repeated_in_its_words(refusal: Exception) -> None:
    calls = []

    async def refuse() -> None:
        calls.append(1)
        raise refusal

    with pytest.raises(StoreError) as caught:
        await persist(refuse)
    assert len(calls) == 1
    assert not isinstance(caught.value, StoreUnavailableError)
    assert caught.value.params == {"reason": type(refusal).__name__}
    assert "canary" not in repr(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "passing",
    [
        RedisConnectionError("gone"),
        ReadOnlyError("replica"),
        ResponseError("user_script:1: READONLY You can't write against a read only replica."),
        ResponseError("NOREPLICAS Not enough good replicas to write."),
        OSError("network"),
        RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed"),
    ],
)
async def test_what_passes_is_tried_again(passing: Exception) -> None:
    outcomes: list[Exception | None] = [passing, passing, None]

    async def attempt() -> str:
        if error := outcomes.pop(0):
            raise error
        return "done"

    assert await persist(attempt) == "done"


async def test_the_deadline_holds_in_its_block_and_in_tasks_started_from_it(tmp_path: Path) -> None:
    client = connect(f"unix://{tmp_path}/nobody.sock")
    with retrying(deadline_seconds=0.02):
        task = asyncio.create_task(ping(client))
    async with asyncio.timeout(10):
        with pytest.raises(StoreUnavailableError):
            await task
    await close(client)
