"""How often Redis is asked before an ack, counted: what MONITOR shows between a request and its answer.

Commands inside of a script are none of their own. What runs by itself (the schedule, the clock, the audit trail behind
the ack) is left out by its keys. Two commands that are under way side by side are one trip.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

import aiohttp
from redis.asyncio import Redis

from bot.domain.instance import Instance, new_id
from bot.domain.onboarding import Onboarding, Thread
from bot.store.connection import close, connect
from bot.store.instances import RedisInstances
from bot.store.onboardings import RedisOnboardings
from bot.vault import EnvelopeSealer, KeyRing, generate_key
from tests.bench.programs import our_bot, stand_in
from tests.bench.requests import BUTTON, COMMAND, Sender, click
from tests.bench.rows import Row, verdict

_TIMES = 12
# The one that is meant, instances and onboardings are asked for at once.
_SIDE_BY_SIDE = {"/cw-status": 2, "/cw-status all": 2}
_NOT_ASKED_FOR = ("{schedule}", ":audit", "once:audit", "PING", "TIME", "INFO", "MONITOR", "CLIENT", "HELLO")


@contextlib.asynccontextmanager
async def _listening(redis: Redis) -> AsyncIterator[list[tuple[float, str]]]:
    """Commands and their times, as they come."""
    heard: list[tuple[float, str]] = []
    async with redis.monitor() as monitor:

        async def listen() -> None:
            async for said in monitor.listen():
                heard.append((said["time"], "" if said["client_type"] == "lua" else said["command"]))  # noqa: PERF401

        task = asyncio.create_task(listen())
        try:
            yield heard
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _count(sender: Sender, heard: list[tuple[float, str]]) -> int:
    """The most that it took."""
    most = 0
    await sender.send()
    for _ in range(_TIMES):
        started = time.time()
        await sender.send()
        acked = time.time()
        await asyncio.sleep(0.05)
        asked = [
            it
            for at, it in heard
            if it and started <= at <= acked and not any(word in it for word in _NOT_ASKED_FOR)
        ]
        most = max(most, len(asked))
    return most


def _make_onboarding(number: int) -> Onboarding:
    return Onboarding(
        id=new_id(),
        team_id="T1",
        name=f"Client {number}",
        host="api-na.myconnectwise.net",
        company="acme",
        started_by="U1",
        started_at=datetime.now(UTC),
        thread=Thread(channel_id="C1", ts="1.1"),
    )


def _make_instance(number: int) -> Instance:
    """Without keys: nothing is asked behind the ack, and all of them are read before it."""
    return Instance(
        id=new_id(),
        team_id="T1",
        name=f"Client {number}",
        host="api-na.myconnectwise.net",
        company="acme",
        created_by="U1",
        created_at=datetime.now(UTC),
    )


def _requests(onboarding: Onboarding) -> Mapping[str, dict[str, str]]:
    return {
        "/cw-setup with three unfinished": COMMAND,
        "/cw-status": {**COMMAND, "command": "/cw-status"},
        "/cw-status all": {**COMMAND, "command": "/cw-status", "text": "all"},
        "a link": BUTTON,
        "the button that opens the keys' modal": click("enter_keys", onboarding.id),
        "the button of the role's sheet": click("role_sheet", onboarding.id),
    }


async def run() -> list[Row]:
    """Count."""
    rows, key = [], generate_key("bench")
    async with (
        stand_in("stub") as slack,
        our_bot(f"{slack.url}/api/", settings={"CW_BOT_ENCRYPTION_KEYS": key}) as bot,
        aiohttp.ClientSession() as session,
    ):
        redis = connect(bot.redis_url)
        if not isinstance(redis, Redis):
            raise TypeError("one server is watched")
        try:
            instances = RedisInstances(redis, EnvelopeSealer(KeyRing.parse(key)))
            for number in range(3):
                await instances.add(_make_instance(number))
            kept = RedisOnboardings(redis, Onboarding)
            onboardings = [await kept.add(_make_onboarding(number)) for number in range(3)]
            async with _listening(redis) as heard:
                for what, form in _requests(onboardings[0]).items():
                    commands = await _count(Sender(session, bot.url, form), heard)
                    trips = commands - _SIDE_BY_SIDE.get(what, 0)
                    rows.append(
                        Row(
                            what=what,
                            median=f"{trips} trips",
                            baseline=f"{commands} commands",
                            target="≤ 2 trips",
                            met=verdict(trips <= 2),
                        )
                    )
        finally:
            await close(redis)
    return rows
