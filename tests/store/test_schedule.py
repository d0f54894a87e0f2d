import asyncio
import sys
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.jobs import Claim
from bot.store import keys
from bot.store.connection import Client
from bot.store.embedded import EmbeddedRedis
from bot.store.schedule import RedisSchedule
from tests.store.examples import LONG_AGO, make_job

# Long enough never to run out within a test, and short enough to be over at once.
LONG, SHORT = 60.0, 0.001


@pytest.fixture
def schedule(redis: Client) -> RedisSchedule:
    return RedisSchedule(redis)


def from_now(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def claim_one(schedule: RedisSchedule, lease_seconds: float = LONG) -> Claim:
    """The one claim there is to be had, waiting for a lease that is just running out."""
    async with asyncio.timeout(5):
        while not (claims := await schedule.claim(10, lease_seconds)):  # noqa: ASYNC110 - time is Redis's
            await asyncio.sleep(await schedule.next_due_seconds() or 0)
    (claim,) = claims
    return claim


async def test_a_due_job_is_claimed_as_it_was_added(schedule: RedisSchedule) -> None:
    job = make_job()
    await schedule.add(job)
    claim = await claim_one(schedule)
    assert claim.job == job
    assert claim.lease_seconds == LONG


async def test_a_job_that_is_not_due_is_not_claimed(schedule: RedisSchedule) -> None:
    await schedule.add(make_job(due_at=from_now(100)))
    assert await schedule.claim(10, LONG) == []
    seconds = await schedule.next_due_seconds()
    assert seconds is not None
    assert 50 < seconds <= 101


async def test_an_empty_schedule_has_no_next_job(schedule: RedisSchedule) -> None:
    assert await schedule.next_due_seconds() is None
    assert await schedule.size() == 0


async def test_an_overdue_job_is_due_in_no_time(schedule: RedisSchedule) -> None:
    await schedule.add(make_job())
    assert await schedule.next_due_seconds() == 0


async def test_jobs_are_claimed_by_due_time_and_no_more_than_asked_for(schedule: RedisSchedule) -> None:
    for number in (2, 0, 1):
        await schedule.add(make_job(f"job{number}", due_at=LONG_AGO + timedelta(seconds=number)))
    claims = await schedule.claim(2, LONG)
    assert [it.job.id for it in claims] == ["job0", "job1"]


async def test_a_claimed_job_is_not_claimed_again(schedule: RedisSchedule) -> None:
    await schedule.add(make_job())
    await claim_one(schedule)
    assert await schedule.claim(10, LONG) == []
    assert await schedule.size() == 1


async def test_many_workers_share_the_jobs_without_overlap(schedule: RedisSchedule) -> None:
    for number in range(60):
        await schedule.add(make_job(f"job{number}"))
    batches = await asyncio.gather(*(schedule.claim(7, LONG) for _ in range(12)))
    claimed = [it.job.id for batch in batches for it in batch]
    assert len(claimed) == len(set(claimed)) == 60


async def test_a_job_whose_lease_ran_out_is_claimed_again_with_a_greater_token(
    schedule: RedisSchedule,
) -> None:
    await schedule.add(make_job())
    first = await claim_one(schedule, SHORT)
    second = await claim_one(schedule)
    assert second.job == first.job
    assert second.token > first.token


async def test_a_stale_token_changes_nothing(schedule: RedisSchedule, redis: Client) -> None:
    await schedule.add(make_job())
    stale = await claim_one(schedule, SHORT)
    current = await claim_one(schedule)
    before = [await redis.dump(keys.schedule(part)) for part in ("due", "jobs", "leases")]
    assert not await schedule.finish(stale)
    assert not await schedule.extend(stale)
    assert not await schedule.postpone(stale, 0)
    assert [await redis.dump(keys.schedule(part)) for part in ("due", "jobs", "leases")] == before
    assert await schedule.finish(current)


async def test_a_finished_job_is_gone_and_finishing_again_is_refused(
    schedule: RedisSchedule, redis: Client
) -> None:
    await schedule.add(make_job())
    claim = await claim_one(schedule)
    assert await schedule.finish(claim)
    assert await schedule.size() == 0
    assert not await schedule.finish(claim)
    assert not await schedule.extend(claim)
    for part in ("due", "jobs", "leases", "again"):
        assert await redis.exists(keys.schedule(part)) == 0


async def test_extending_begins_the_lease_anew(schedule: RedisSchedule) -> None:
    await schedule.add(make_job())
    claim = await claim_one(schedule, SHORT)
    assert await schedule.extend(claim.model_copy(update={"lease_seconds": LONG}))
    assert await schedule.claim(10, LONG) == []
    assert await schedule.finish(claim)


async def test_a_postponed_job_is_due_later_and_one_attempt_older(schedule: RedisSchedule) -> None:
    await schedule.add(make_job())
    claim = await claim_one(schedule)
    assert await schedule.postpone(claim, 100)
    assert await schedule.claim(10, LONG) == []
    assert 50 < (await schedule.next_due_seconds() or 0) <= 101
    assert not await schedule.finish(claim)


async def test_attempts_are_counted_from_one_postponement_to_the_next(schedule: RedisSchedule) -> None:
    await schedule.add(make_job())
    for attempt in range(4):
        claim = await claim_one(schedule)
        assert claim.job.attempt == attempt
        assert claim.job.model_copy(update={"attempt": 0, "due_at": LONG_AGO}) == make_job()
        assert await schedule.postpone(claim, 0)


async def test_adding_a_waiting_job_again_moves_it_either_way(schedule: RedisSchedule) -> None:
    await schedule.add(make_job(due_at=from_now(100)))
    await schedule.add(make_job(due_at=from_now(1000)))
    assert (await schedule.next_due_seconds() or 0) > 900
    await schedule.add(make_job())
    assert await schedule.size() == 1
    assert (await claim_one(schedule)).job == make_job()


async def test_a_job_added_while_it_is_worked_on_comes_round_again(schedule: RedisSchedule) -> None:
    await schedule.add(make_job())
    first = await claim_one(schedule)
    await schedule.add(make_job().model_copy(update={"subject": "new"}))
    assert await schedule.claim(10, LONG) == []
    assert await schedule.finish(first)
    second = await claim_one(schedule)
    assert second.job.subject == "new"
    assert await schedule.finish(second)
    assert await schedule.size() == 0


async def test_a_job_added_for_later_while_it_is_worked_on_waits_until_then(schedule: RedisSchedule) -> None:
    await schedule.add(make_job())
    claim = await claim_one(schedule)
    await schedule.add(make_job(due_at=from_now(100)))
    assert await schedule.finish(claim)
    assert await schedule.claim(10, LONG) == []
    assert 50 < (await schedule.next_due_seconds() or 0) <= 101


async def test_a_job_added_while_it_is_worked_on_goes_before_a_postponement(schedule: RedisSchedule) -> None:
    await schedule.add(make_job())
    claim = await claim_one(schedule)
    await schedule.add(make_job())
    assert await schedule.postpone(claim, 1000)
    again = await claim_one(schedule)
    assert again.job.attempt == 0


async def test_a_later_round_survives_a_worker_that_died(schedule: RedisSchedule) -> None:
    await schedule.add(make_job())
    await claim_one(schedule, SHORT)
    await schedule.add(make_job(due_at=from_now(100)))
    assert await schedule.finish(await claim_one(schedule))
    assert await schedule.size() == 1
    assert await schedule.claim(10, LONG) == []


async def test_one_claim_serves_the_dead_worker_and_what_was_due_meanwhile(schedule: RedisSchedule) -> None:
    await schedule.add(make_job())
    await claim_one(schedule, SHORT)
    await schedule.add(make_job())
    assert await schedule.finish(await claim_one(schedule))
    assert await schedule.size() == 0


async def test_a_repeated_call_does_not_bring_back_what_it_added(
    schedule: RedisSchedule, redis: Client
) -> None:
    sent: list[tuple[object, ...]] = []
    run = schedule._add
    confirmed = run.confirmed

    async def record(
        client: Client, replicas: int, names: tuple[str, ...], *args: str | bytes | int
    ) -> object:
        sent.append((names, *args))
        return await confirmed(client, replicas, names, *args)

    run.confirmed = record  # type: ignore[method-assign, assignment]  # listens in on what is sent
    await schedule.add(make_job())
    assert await schedule.finish(await claim_one(schedule))
    names, *args = sent[0]
    assert await run(redis, names, *args) == 0  # type: ignore[arg-type]  # as it was sent
    assert await schedule.size() == 0
    await schedule.add(make_job())
    assert await schedule.size() == 1


async def test_a_cancelled_job_is_gone_and_its_claim_stale(schedule: RedisSchedule) -> None:
    await schedule.add(make_job())
    claim = await claim_one(schedule)
    await schedule.cancel("job1")
    await schedule.cancel("job1")
    assert await schedule.size() == 0
    assert not await schedule.finish(claim)
    assert not await schedule.postpone(claim, 0)
    assert await schedule.size() == 0


async def test_a_cancelled_job_added_anew_is_not_its_old_workers(schedule: RedisSchedule) -> None:
    await schedule.add(make_job())
    old = await claim_one(schedule)
    await schedule.cancel("job1")
    await schedule.add(make_job())
    new = await claim_one(schedule)
    assert not await schedule.finish(old)
    assert await schedule.finish(new)


async def test_a_kind_of_a_newer_version_is_left_to_newer_workers(
    schedule: RedisSchedule, redis: Client
) -> None:
    await schedule.add(make_job("known"))
    await schedule.add(make_job("unknown"))
    await redis.hset(
        keys.schedule("jobs"),
        "unknown",
        '{"id": "unknown", "kind": "later", "team_id": "T0TEAM", "subject": "", "attempt": 0, "due_ms": 1}',
    )
    assert [it.job.id for it in await schedule.claim(10, LONG)] == ["known"]
    assert await schedule.size() == 2
    assert sorted(await schedule.ids_of("T0TEAM")) == ["known", "unknown"]


async def test_a_job_of_any_text_comes_back_the_same(schedule: RedisSchedule) -> None:
    job = make_job('verify:ü/\\"{}').model_copy(update={"subject": "a/b\n\u2028\0é"})
    await schedule.add(job)
    claim = await claim_one(schedule)
    assert claim.job == job
    assert await schedule.postpone(claim, 0)
    assert (await claim_one(schedule)).job.subject == job.subject


WORKER = """
import asyncio, sys
from bot.store.connection import connect
from bot.store.schedule import RedisSchedule

async def work():
    claims = await RedisSchedule(connect(sys.argv[1])).claim(1, float(sys.argv[2]))
    print(claims[0].token, flush=True)
    await asyncio.Event().wait()

asyncio.run(work())
"""


async def test_the_job_of_a_killed_worker_is_claimed_again(
    schedule: RedisSchedule, redis_server: EmbeddedRedis
) -> None:
    await schedule.add(make_job())
    command = (sys.executable, "-c", WORKER, redis_server.url, "0.3")
    worker = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert worker.stdout is not None
    token = int(await worker.stdout.readline())
    worker.kill()
    await worker.communicate()
    again = await claim_one(schedule)
    assert again.job == make_job()
    assert again.token > token
    assert await schedule.finish(again)


async def test_a_job_that_is_added_under_a_lease_is_its_adder_s_until_the_lease_runs_out(
    schedule: RedisSchedule,
) -> None:
    claim = await schedule.lease(make_job(), 60)
    assert await schedule.claim(1, 60) == []
    assert await schedule.extend(claim)
    assert await schedule.release(claim)
    (taken,) = await schedule.claim(1, 60)
    assert taken.token > claim.token
    assert not await schedule.finish(claim)
    assert await schedule.finish(taken)
