"""How long `/cw-setup` and a button take, beside a bare Bolt app that does nothing but the same Slack call.

Bot, bare app and the stand-in for Slack are a process each, on uvloop; requests are signed and come over loopback, to
the one and the other in turn.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence

import aiohttp

from tests.bench.programs import our_bot, stand_in
from tests.bench.requests import BUTTON, COMMAND, Sender
from tests.bench.rows import Row, compare, interleave, verdict

TIMES = 800
_ROUNDS = 8
_IN_FLIGHT = 16
_TARGET = "median ≤ 1.5 × bare, p99 ≤ 5 ms"


async def _rate(sender: Sender, *, times: int) -> float:
    """Requests a second, so many in flight."""

    async def some() -> None:
        for _ in range(times // _IN_FLIGHT):
            await sender.send()

    started = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(_IN_FLIGHT)))
    return times / (time.perf_counter() - started)


async def _throughput(senders: Sequence[Sender]) -> list[float]:
    """The rate of each, in turn; the medians."""
    for sender in senders:
        await _rate(sender, times=_IN_FLIGHT * 10)
    rates = [[await _rate(sender, times=_IN_FLIGHT * 20) for sender in senders] for _ in range(_ROUNDS)]
    return [statistics.median(each) for each in zip(*rates, strict=True)]


async def run() -> list[Row]:
    """Measure."""
    rows = []
    async with (
        stand_in("stub") as slack,
        our_bot(f"{slack.url}/api/") as ours,
        stand_in("bare", f"{slack.url}/api/") as bare,
        aiohttp.ClientSession() as session,
    ):
        for what, form in (("/cw-setup to views.open and ack", COMMAND), ("a button to its ack", BUTTON)):
            senders = [Sender(session, it.url, form) for it in (ours, bare)]
            mine, theirs = await interleave([it.send for it in senders], TIMES)
            rows.append(compare(what, mine, theirs, target=_TARGET, at_most=1.5, p99_ms=5))
        mine_rate, bare_rate = await _throughput([Sender(session, it.url, COMMAND) for it in (ours, bare)])
        rows.append(
            Row(
                what="signed commands, 16 in flight",
                median=f"{mine_rate:.0f}/s",
                baseline=f"{bare_rate:.0f}/s",
                ratio=f"{mine_rate / bare_rate:.2f}",
                target="≥ 0.6 × bare",
                met=verdict(mine_rate / bare_rate >= 0.6),
            )
        )
    return rows
