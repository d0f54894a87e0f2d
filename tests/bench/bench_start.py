"""How long the start takes, from the command to a ready `/readyz`, and what the bot then holds in memory.

A fresh process and a fresh data directory each time, in turn with the bare Bolt app, whose modules alone take most of it.
"""

import statistics
import time

import aiohttp

from tests.bench.programs import our_bot, resident_megabytes, stand_in
from tests.bench.rows import Row, verdict

TIMES = 7


async def _start_ours(api_url: str, session: aiohttp.ClientSession) -> tuple[float, float]:
    """Seconds to ready, and megabytes."""
    started = time.perf_counter()
    async with our_bot(api_url) as bot:
        async with session.get(f"{bot.url}/readyz") as answer:
            if answer.status != 200:
                raise RuntimeError(f"/readyz answered {answer.status}")
        return time.perf_counter() - started, resident_megabytes(bot.pid)


async def _start_bare(api_url: str) -> tuple[float, float]:
    started = time.perf_counter()
    async with stand_in("bare", api_url) as bare:
        return time.perf_counter() - started, resident_megabytes(bare.pid)


async def run() -> list[Row]:
    """Measure."""
    async with stand_in("stub") as slack, aiohttp.ClientSession() as session:
        api_url = f"{slack.url}/api/"
        pairs = [(await _start_ours(api_url, session), await _start_bare(api_url)) for _ in range(TIMES)]
    ours, bare = zip(*pairs, strict=True)
    seconds, megabytes = (statistics.median(each) for each in zip(*ours, strict=True))
    bare_seconds, bare_megabytes = (statistics.median(each) for each in zip(*bare, strict=True))
    return [
        Row(
            what="start to /readyz",
            median=f"{seconds:.2f} s",
            baseline=f"{bare_seconds:.2f} s",
            ratio=f"{seconds / bare_seconds:.2f}",
            target="≤ 1 s",
            met=verdict(seconds <= 1),
        ),
        Row(
            what="resident memory, idle",
            median=f"{megabytes:.0f} MB",
            baseline=f"{bare_megabytes:.0f} MB",
            ratio=f"{megabytes / bare_megabytes:.2f}",
            target="≤ 90 MB",
            met=verdict(megabytes <= 90),
        ),
    ]
