"""Acks while the bot is busy: 100 requests a second, commands and buttons, while 100 checks are under way.

Requests leave at their time whether or not the ones before were answered. The lag of the event loop is the bot's own
measurement, from `/metrics`, as Prometheus would estimate it.
"""

import asyncio
import math
import re
import time

import aiohttp

from tests.bench.fleet import fleet
from tests.bench.programs import Program
from tests.bench.requests import BUTTON, COMMAND, Sender
from tests.bench.rows import Row, milliseconds, verdict

INSTANCES, SITES = 3_000, 300
_ANSWER_SECONDS = 0.5
_RATE, _SECONDS, _WARM_UP_SECONDS = 100, 12, 4.0


async def _acks(session: aiohttp.ClientSession, bot: Program) -> list[float]:
    senders = [Sender(session, bot.url, form) for form in (COMMAND, BUTTON)]
    taken: list[float] = []

    async def send(sender: Sender) -> None:
        started = time.perf_counter()
        await sender.send()
        taken.append(time.perf_counter() - started)

    begun, under_way = time.perf_counter(), []
    for number in range(_RATE * _SECONDS):
        await asyncio.sleep(max(0.0, begun + number / _RATE - time.perf_counter()))
        under_way.append(asyncio.create_task(send(senders[number % 2])))
    await asyncio.gather(*under_way)
    return taken


async def _lag(session: aiohttp.ClientSession, bot: Program) -> dict[float, float]:
    """How many measurements were at most so many seconds."""
    async with session.get(f"{bot.url}/metrics") as answer:
        text = await answer.text()
    found = re.findall(r'cw_bot_loop_lag_seconds_bucket\{le="([^"]+)"\} ([0-9.e+]+)', text)
    return {float(bound): float(count) for bound, count in found}


def _quantile(counts: dict[float, float], share: float) -> float:
    """Between the bounds of the bucket that it falls into, in proportion."""
    wanted, below, lower = share * counts[float("inf")], 0.0, 0.0
    for bound, count in sorted(counts.items()):
        if count >= wanted and count > below:
            return (
                lower if math.isinf(bound) else lower + (bound - lower) * (wanted - below) / (count - below)
            )
        below, lower = count, bound
    return lower


async def run() -> list[Row]:
    """Measure, idle and busy."""
    async with fleet(answer_seconds=_ANSWER_SECONDS) as town:
        async with town.bot() as bot:
            _, quiet_p99 = milliseconds(await _acks(town.session, bot))
        await town.make_due(await town.seed(INSTANCES, sites=SITES))
        async with town.bot() as bot:
            await asyncio.sleep(_WARM_UP_SECONDS)
            before, asked = await _lag(town.session, bot), await town.numbers()
            median, p99 = milliseconds(await _acks(town.session, bot))
            after, asked_then = await _lag(town.session, bot), await town.numbers()
    lag = _quantile({bound: count - before[bound] for bound, count in after.items()}, 0.99)
    checks = asked_then["asked"]["/system/info"] - asked["asked"].get("/system/info", 0)
    return [
        Row(
            what=f"acks at {_RATE}/s while 100 checks run",
            median=f"{median:.1f} ms",
            p99=f"{p99:.1f} ms",
            baseline=f"p99 {quiet_p99:.1f} ms with none",
            ratio=f"{p99 / quiet_p99:.1f}",
            target="p99 ≤ 50 ms",
            met=verdict(p99 <= 50),
        ),
        Row(
            what=f"lag of the event loop ({checks / _SECONDS:.0f} checks/s beside)",
            p99=f"{lag * 1000:.1f} ms",
            target="p99 ≤ 20 ms",
            met=verdict(lag <= 0.02),
        ),
    ]
