"""`cw-bot keys reseal` on a store that is worked on, killed in the middle: nothing is lost, and nothing unnoticed."""

import asyncio
import os
import random
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL

from bot.domain.errors import StaleError
from bot.domain.instance import Instance
from bot.domain.sealing import Place
from bot.store import keys
from bot.store.connection import Client
from bot.store.embedded import EmbeddedRedis
from bot.store.instances import RedisInstances
from bot.store.key_checks import RedisKeyChecks
from bot.store.reseal import RedisReseal
from bot.store.scripts import text
from bot.store.submissions import REVISION, SCHEMA, RedisSubmissions
from bot.vault import EnvelopeSealer, KeyRing, generate_key
from tests.store.examples import make_instance, make_submission

RECORDS, INSTANCES, TEAMS = 10_000, 1_000, 20
OLD, NEW = generate_key("old"), generate_key("new")
BEFORE = EnvelopeSealer(KeyRing.parse(OLD))
BOTH = EnvelopeSealer(KeyRing.parse(f"{NEW},{OLD}"))
# A bot that has not been started again yet: it opens both, and still seals under the old one.
LATE = EnvelopeSealer(KeyRing.parse(f"{OLD},{NEW}"))
AFTER = EnvelopeSealer(KeyRing.parse(NEW))
_WAIT_SECONDS = 60.0
# Some hundred reads and writes a second, and the reseal gets on too.
_PACE_SECONDS = 0.005


@dataclass
class Work:
    """Instances that are read and written all the while, with what was last written into each."""

    redis: Client
    instances: list[Instance]
    written: dict[str, str] = field(default_factory=dict)
    reads: int = 0

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """For as long as the block lasts. A record that does not open ends it with an error."""
        share = len(self.instances) // 2
        mine, others = self.instances[:share], self.instances[share:]
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._write(RedisInstances(self.redis, BOTH), mine)),
                group.create_task(self._write(RedisInstances(self.redis, LATE), others)),
                group.create_task(self._read(RedisInstances(self.redis, BOTH))),
            ]
            yield
            for task in tasks:
                task.cancel()

    async def _write(self, records: RedisInstances, which: list[Instance]) -> None:
        while True:
            chosen = random.choice(which)
            instance = await records.get(chosen.team_id, chosen.id)
            assert instance is not None
            description = str(random.random())
            # Noted first: should the answer be lost as the test ends, it may have been written.
            await asyncio.shield(self._save(records, instance.evolve(description=description)))
            await asyncio.sleep(_PACE_SECONDS)

    async def _save(self, records: RedisInstances, instance: Instance) -> None:
        try:
            await records.save(instance)
        except StaleError:
            raise AssertionError("a reseal must not stand in anybody's way") from None
        self.written[instance.id] = instance.description

    async def _read(self, records: RedisInstances) -> None:
        while True:
            chosen = random.choice(self.instances)
            assert await records.get(chosen.team_id, chosen.id) is not None
            self.reads += 1
            await asyncio.sleep(_PACE_SECONDS)


def team(number: int) -> str:
    return f"T0{number % TEAMS:03}"


async def fill(redis: Client) -> list[Instance]:
    """Ten thousand records under the old key, which a bot has started with."""
    await RedisKeyChecks(redis).remember(KeyRing.parse(OLD).check_values())
    records = RedisInstances(redis, BEFORE)
    made = [make_instance(f"n{number}", team_id=team(number)) for number in range(INSTANCES)]
    added: list[Instance] = []
    for start in range(0, INSTANCES, 100):
        added += await asyncio.gather(*(records.add(it) for it in made[start : start + 100]))
    plain = make_submission().model_dump_json(context={"reveal": True}).encode()
    async with redis.pipeline(transaction=False) as pipeline:
        for number in range(RECORDS - INSTANCES):
            name = f"sub{number}"
            sealed = BEFORE.seal(plain, Place(team(number), name, SCHEMA, REVISION))
            pipeline.hset(keys.submission(team(number), name), items=["revision", REVISION, "sealed", sealed])
        await pipeline.execute()
    return added


async def command(
    server: EmbeddedRedis, folder: Path, *arguments: str, ring: str = f"{NEW},{OLD}"
) -> Process:
    """`cw-bot` in a process of its own."""
    environment = {"PATH": os.environ["PATH"], "REDIS_URL": server.url, "CW_BOT_ENCRYPTION_KEYS": ring}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, env=environment, cwd=folder, stdout=PIPE, stderr=PIPE
    )


async def say(
    server: EmbeddedRedis, folder: Path, *arguments: str, ring: str = f"{NEW},{OLD}"
) -> tuple[int, str]:
    """Its exit code and what it said."""
    process = await command(server, folder, *arguments, ring=ring)
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, (out + err).decode()


async def kill_in_the_middle(redis: Client, server: EmbeddedRedis, folder: Path) -> None:
    """Let a reseal get on, then kill it."""
    before = await redis.hget(keys.RESEAL, "cursor")
    process = await command(server, folder, "keys", "reseal")
    async with asyncio.timeout(_WAIT_SECONDS):
        while await redis.hget(keys.RESEAL, "cursor") in (None, before):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.005)
    process.send_signal(SIGKILL)
    await process.communicate()
    assert await redis.exists(keys.RESEAL), "it was not in the middle"


async def test_ten_thousand_records_survive_a_reseal_that_is_killed_twice(
    redis: Client, redis_server: EmbeddedRedis, tmp_path: Path
) -> None:
    added = await fill(redis)
    names = {key async for key in redis.scan_iter(match="cwbot:{*")}
    work = Work(redis, added)
    async with work.going_on():
        await kill_in_the_middle(redis, redis_server, tmp_path)
        counts = await RedisReseal(redis, BOTH).count_by_key()
        assert min(counts["old"], counts["new"]) > 0
        assert sum(counts.values()) == RECORDS

        code, said = await say(redis_server, tmp_path, "keys", "list")
        assert code == 0, said
        assert {"old", "new"} <= set(said.replace("│", " ").split())
        code, said = await say(redis_server, tmp_path, "instances", "list", "--team", team(0), ring=NEW)
        assert code == 1
        assert "sealed with the encryption key old" in " ".join(said.split())

        await kill_in_the_middle(redis, redis_server, tmp_path)
        _, said = await say(redis_server, tmp_path, "keys", "reseal")
        assert f"Sealing under new: {RECORDS} of {RECORDS}" in said
    # The late bot has gone on sealing under the old key: that was said, or is found now.
    code, said = await say(redis_server, tmp_path, "keys", "reseal")
    assert (code, "No other key holds anything now" in said) == (0, True), said
    assert await RedisReseal(redis, BOTH).count_by_key() == {"new": RECORDS}
    assert {key async for key in redis.scan_iter(match="cwbot:{*")} == names
    await _open_all(redis, work)
    code, said = await say(redis_server, tmp_path, "instances", "list", "--team", team(0), ring=NEW)
    assert code == 0, said


async def _open_all(redis: Client, work: Work) -> None:
    """Every record, with the new key alone; instances as they were last written."""
    assert work.reads > 0
    assert len(work.written) > 0
    found: dict[str, Instance] = {}
    for number in range(TEAMS):
        found |= {it.id: it for it in await RedisInstances(redis, AFTER).list(team(number))}
    assert set(found) == {it.id for it in work.instances}
    assert {it: found[it].description for it in work.written} == work.written
    submissions = RedisSubmissions(redis, AFTER)
    for start in range(0, RECORDS - INSTANCES, 100):
        numbers = range(start, start + 100)
        opened = await asyncio.gather(*(submissions.get(team(it), f"sub{it}") for it in numbers))
        assert None not in opened
    assert text(await redis.type(keys.RESEAL)) == "none"
