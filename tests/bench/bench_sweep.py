"""How many of 10,000 instances on 1,000 sites are checked in a second, by one bot and by two.

A light check each, with a connection of its own: sites are many and each is asked rarely. Measured at ConnectWise's end,
over three whiles in the middle of the sweep; the median of them is told.
"""

import asyncio
import contextlib
import statistics
import time
from collections.abc import Sequence

from tests.bench.fleet import Fleet, fleet
from tests.bench.programs import Program, cpu_seconds, resident_megabytes
from tests.bench.rows import Row, verdict

INSTANCES, SITES = 10_000, 1_000
_WARM_UP_SECONDS = 4.0
_WINDOWS, _SECONDS = 3, 5.0
_ANSWER_SECONDS = 0.1
_PER_SITE = 10
_BARE = 1_000
_CHECKED = "/system/info"


async def _measure(town: Fleet, bots: Sequence[Program]) -> dict[str, float]:
    await asyncio.sleep(_WARM_UP_SECONDS)
    small, rates, done, spent, most = resident_megabytes(bots[0].pid), [], 0, 0.0, 0
    before, cpu, started = await town.numbers(), _cpu_seconds(bots), time.perf_counter()
    for _ in range(_WINDOWS):
        await asyncio.sleep(_SECONDS)
        after, cpu_after, now = await town.numbers(), _cpu_seconds(bots), time.perf_counter()
        checked = after["asked"][_CHECKED] - before["asked"].get(_CHECKED, 0)
        rates.append(checked / (now - started))
        done, spent, most = done + checked, spent + cpu_after - cpu, max(most, after["most_at_one_host"])
        before, cpu, started = after, cpu_after, now
    return {
        "rate": statistics.median(rates),
        "cpu_ms": spent / done * 1000,
        "small": small,
        "large": resident_megabytes(bots[0].pid),
        "most": most,
    }


def _cpu_seconds(bots: Sequence[Program]) -> float:
    return sum(cpu_seconds(it.pid) for it in bots)


async def run() -> list[Row]:
    """Measure."""
    async with fleet(answer_seconds=_ANSWER_SECONDS) as town:
        seeded = await town.seed(INSTANCES, sites=SITES)
        _, bare_seconds = await town.ask_bare(_BARE, sites=SITES, is_light=True)
        bare_ms = bare_seconds / _BARE * 1000
        await town.make_due(seeded)
        async with town.bot() as first:
            one = await _measure(town, [first])
            # A fast machine is through with most of them: two bots must not run out of work.
            await town.make_due(seeded)
            async with contextlib.AsyncExitStack() as stack:
                second = await stack.enter_async_context(town.bot())
                two = await _measure(town, [first, second])
    return [
        Row(
            what="sweep of 10,000 instances on 1,000 sites, one bot",
            median=f"{one['rate']:.0f}/s",
            target="≥ 150/s",
            met=verdict(one["rate"] >= 150),
        ),
        Row(
            what="processor time of each light check",
            median=f"{one['cpu_ms']:.1f} ms",
            baseline=f"{bare_ms:.1f} ms of a bare client",
            ratio=f"{one['cpu_ms'] / bare_ms:.2f}",
        ),
        Row(
            what="the same, two bots",
            median=f"{two['rate']:.0f}/s",
            baseline=f"{one['rate']:.0f}/s",
            ratio=f"{two['rate'] / one['rate']:.2f}",
            target="≥ 1.7 × one",
            met=verdict(two["rate"] >= 1.7 * one["rate"]),
        ),
        Row(
            what="most under way at one site",
            median=f"{max(one['most'], two['most']):.0f}",
            target=f"≤ {_PER_SITE} a bot",
            met=verdict(one["most"] <= _PER_SITE and two["most"] <= 2 * _PER_SITE),
        ),
        Row(
            what="resident memory with 10,000 instances",
            median=f"{two['large']:.0f} MB",
            baseline=f"{one['small']:.0f} MB as the sweep began",
            target="≤ 150 MB",
            met=verdict(two["large"] <= 150),
        ),
    ]
