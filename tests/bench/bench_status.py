"""How long `/cw-status all` takes for 500 instances on 50 sites when ConnectWise takes 100 ms for each of 4,500 answers.

From the command to the last update of the list, beside a bare aiohttp client that does the same requests.
"""

import asyncio
import contextlib
import math
import time
from typing import Any

from tests.bench.fleet import Fleet, fleet
from tests.bench.programs import Program, cpu_seconds
from tests.bench.requests import COMMAND, Sender
from tests.bench.rows import Row, verdict

INSTANCES, SITES = 500, 50
_PATIENCE_SECONDS = 60.0


async def _said(town: Fleet) -> list[dict[str, Any]]:
    async with town.session.get(f"{town.slack.url}/said") as answer:
        said: list[dict[str, Any]] = await answer.json()
        return said


async def _ours(town: Fleet, bot: Program) -> tuple[float, float, float, int]:
    """Seconds to the ack and to the last update, seconds of processor, and how many updates there were."""
    command = {**COMMAND, "command": "/cw-status", "text": "all", "response_url": f"{town.slack.url}/respond"}
    before, processor, started = len(await _said(town)), cpu_seconds(bot.pid), time.time()
    await Sender(town.session, bot.url, command).send()
    acked = time.time() - started
    said: list[dict[str, Any]] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            said = await _last_said(town, before)
    done = said[-1]["at"] - started if said else math.inf
    return acked, done, cpu_seconds(bot.pid) - processor, len(said)


async def _last_said(town: Fleet, before: int) -> list[dict[str, Any]]:
    while True:
        said = (await _said(town))[before:]
        if said and said[-1]["is_last"]:
            return said
        await asyncio.sleep(0.1)


async def run() -> list[Row]:
    """Measure twice, the quieter one counts."""
    async with fleet(answer_seconds=0.1) as town:
        await town.seed(INSTANCES, sites=SITES)
        async with town.bot() as bot:
            rounds = [(await _ours(town, bot), await town.ask_bare(INSTANCES, sites=SITES)) for _ in range(2)]
        numbers = await town.numbers()
    (acked, seconds, processor, updates), (bare_seconds, bare_processor) = min(
        rounds, key=lambda it: it[0][2]
    )
    return [
        Row(
            what="/cw-status all, 500 instances on 50 sites",
            median=f"{seconds:.1f} s",
            baseline=f"{bare_seconds:.1f} s",
            ratio=f"{seconds / bare_seconds:.2f}",
            target="≤ 5 s, streamed",
            met=verdict(seconds <= 5 and updates > 1),
        ),
        Row(what="its ack", median=f"{acked * 1000:.0f} ms"),
        Row(
            what="its updates",
            median=str(updates),
            target="≤ 5, more than one",
            met=verdict(1 < updates <= 5),
        ),
        Row(
            what="its processor time",
            median=f"{processor:.1f} s",
            baseline=f"{bare_processor:.1f} s",
            ratio=f"{processor / bare_processor:.2f}",
            target="≤ 3 × bare",
            met=verdict(processor <= 3 * bare_processor),
        ),
        Row(
            what="most under way at one site",
            median=f"{numbers['most_at_one_host']}",
            target="≤ 10",
            met=verdict(numbers["most_at_one_host"] <= 10),
        ),
    ]
