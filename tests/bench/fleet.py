"""Many connected instances, and what they live on: one Redis, a stand-in for ConnectWise, one for Slack, some bots."""

import asyncio
import contextlib
import ipaddress
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from pydantic import SecretStr

from bot.connectwise import ConnectWiseSites
from bot.domain.instance import Credentials, Instance, Profile, Standing, new_id
from bot.domain.jobs import Job, JobKind
from bot.domain.monitor import begin
from bot.domain.report import Outcome, Report
from bot.sandbox.connectwise import ConnectWiseSite
from bot.services.verification import Target, Verifier
from bot.store.connection import Client, close, connect
from bot.store.embedded import EmbeddedRedis
from bot.store.instances import RedisInstances
from bot.store.retries import retrying
from bot.store.schedule import RedisSchedule
from bot.store.watches import RedisWatches
from bot.vault import EnvelopeSealer, KeyRing, generate_key
from tests.bench.fleet_bot import HereResolver
from tests.bench.programs import Program, our_bot, stand_in

T = TypeVar("T")

TEAM = "T1"
_AT_ONCE = 32
_SEEDING_SECONDS = 30.0
KEYS = Credentials(
    public_key=SecretStr(ConnectWiseSite.public_key), private_key=SecretStr(ConnectWiseSite.private_key)
)


@dataclass(slots=True)
class Fleet:
    """Its surroundings, started."""

    slack: Program
    psa: Program
    psa_port: int
    authority: Path
    redis_url: str
    key: str
    session: aiohttp.ClientSession

    @contextlib.asynccontextmanager
    async def bot(self, *, profile: Path | None = None) -> AsyncIterator[Program]:
        """A replica; it leaves its profile where one is wanted."""
        settings = {
            "REDIS_URL": self.redis_url,
            "CW_BOT_ENCRYPTION_KEYS": self.key,
            "CW_BOT_ALLOWED_NETWORKS": "127.0.0.0/8",
            "CW_BOT_CA_BUNDLE": str(self.authority),
        }
        command = ["tests.bench.fleet_bot", str(self.psa_port), *([str(profile)] if profile else [])]
        async with our_bot(f"{self.slack.url}/api/", *command, settings=settings) as bot:
            yield bot

    async def numbers(self) -> dict[str, Any]:
        """What ConnectWise was asked by now."""
        async with self.session.get(f"{self.psa.url}/numbers") as answer:
            said: dict[str, Any] = await answer.json()
            return said

    async def ask_bare(self, instances: int, *, sites: int, is_light: bool = False) -> tuple[float, float]:
        """A bare client asks what checks of so many would: seconds, and seconds of processor."""
        arguments = (str(self.psa_port), str(self.authority), str(instances), str(sites))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.bare_client", *arguments, *(["light"] if is_light else [])),
            stdout=PIPE,
        )
        said, _ = await process.communicate()
        seconds, processor = said.split()
        return float(seconds), float(processor)

    async def seed(self, count: int, *, sites: int) -> list[Instance]:
        """So many verified instances on so many hosts, watched for a while; none is due for a check."""
        report = await self._verify_one()
        async with self._redis() as redis:
            kept = RedisInstances(redis, EnvelopeSealer(KeyRing.parse(self.key)))
            watches = RedisWatches(redis)

            async def add(number: int) -> Instance:
                made = await kept.add(make_instance(number, report, sites=sites))
                await watches.save(begin(made, at=made.created_at))
                return made

            return await _gather(add(number) for number in range(count))

    async def make_due(self, instances: Iterable[Instance]) -> None:
        """Each is to be checked now, whenever it was or would have been."""
        async with self._redis() as redis:
            schedule = RedisSchedule(redis)
            await _gather(schedule.add(_check_of(it)) for it in instances)

    @contextlib.asynccontextmanager
    async def _redis(self) -> AsyncIterator[Client]:
        """A client of the fleet's own, patient."""
        redis = connect(self.redis_url)
        try:
            with retrying(_SEEDING_SECONDS):
                yield redis
        finally:
            await close(redis)

    async def _verify_one(self) -> Report:
        sites = ConnectWiseSites(
            allowed_networks=[ipaddress.ip_network("127.0.0.0/8")],
            ca_bundle=self.authority,
            resolver=HereResolver(self.psa_port),
        )
        try:
            report = await Verifier(sites).verify(_target(host_of(0)))
        finally:
            await sites.close()
        if report.outcome is not Outcome.VERIFIED:
            raise RuntimeError(f"not verified: {report.culprit}")
        return report


async def _gather(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results of all, a few under way at once."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def take_turn(work: Coroutine[Any, Any, T]) -> T:
        async with turns:
            return await work

    return await asyncio.gather(*(take_turn(it) for it in works))


@contextlib.asynccontextmanager
async def fleet(*, answer_seconds: float) -> AsyncIterator[Fleet]:
    """Start them all but the bots."""
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cw-fleet-")))
        authority = folder / "authority.pem"
        session = await stack.enter_async_context(aiohttp.ClientSession())
        slack = await stack.enter_async_context(stand_in("stub"))
        psa = await stack.enter_async_context(stand_in("psa", str(answer_seconds), str(authority)))
        redis = await stack.enter_async_context(EmbeddedRedis(folder / "redis"))
        made = Fleet(slack, psa, 0, authority, redis.url, generate_key("bench"), session)
        made.psa_port = (await made.numbers())["port"]
        yield made


def host_of(number: int) -> str:
    """A site's name, for which the stand-in has a certificate."""
    return f"site-{number}.brightwater.example"


def _target(host: str) -> Target:
    return Target(
        host, ConnectWiseSite.company, ConnectWiseSite.member, KEYS, client_id=ConnectWiseSite.client_id
    )


def make_instance(number: int, report: Report, *, sites: int) -> Instance:
    """A verified one."""
    now = datetime.now(UTC)
    return Instance(
        id=new_id(),
        team_id=TEAM,
        name=f"Client {number:05}",
        host=host_of(number % sites),
        company=ConnectWiseSite.company,
        member=ConnectWiseSite.member,
        client_id=ConnectWiseSite.client_id,
        credentials=_keys(number),
        standing=Standing.VERIFIED,
        report=report,
        audited_as=Profile.CONNECT,
        created_by="U1",
        created_at=now,
    )


def _keys(number: int) -> Credentials:
    """Each has its own, as in life; the stand-in takes them all."""
    return Credentials(
        public_key=SecretStr(f"{number:06}{ConnectWiseSite.public_key}"),
        private_key=SecretStr(f"{number:06}{ConnectWiseSite.private_key}"),
    )


def _check_of(instance: Instance) -> Job:
    return Job(
        id=f"{JobKind.CHECK_INSTANCE}:{TEAM}:{instance.id}",
        kind=JobKind.CHECK_INSTANCE,
        team_id=TEAM,
        subject=instance.id,
        due_at=datetime.now(UTC),
    )
