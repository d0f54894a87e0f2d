"""Failovers of Redis while people hand in: what was lost, and how long nobody was answered."""

import asyncio
import statistics
import tempfile
from pathlib import Path

from tests.bench.rows import Row, print_rows, verdict
from tests.chaos.drills import BOUND_SECONDS, LEASE_SECONDS, fail_over_under_load, hire, kill_mid_verification
from tests.chaos.world import build_world

_FAILOVERS = 3
_PEOPLE = 4
_ROUNDS = 5
_KILLED_AT_ONCE = 2
_GAP_SECONDS = 5.0


async def _fail_over(store: str) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="cw-bench-") as folder:
        async with build_world(Path(folder), seed=1, store=store).open() as world:
            found = await fail_over_under_load(world, failovers=_FAILOVERS, people=_PEOPLE)
    return [
        Row(
            what=f"failovers on {store}: acknowledged and lost",
            median=f"{found.lost} of {found.acked}",
            target="0",
            met=verdict(found.lost == 0),
        ),
        Row(
            what=f"failovers on {store}: nobody answered for",
            median=f"{statistics.median(found.gaps):.1f} s",
            p99=f"{max(found.gaps):.1f} s",
            target=f"≤ {_GAP_SECONDS:.0f} s",
            met=verdict(max(found.gaps) <= _GAP_SECONDS),
        ),
    ]


async def _kill() -> Row:
    times: list[float] = []
    begun = 0
    with tempfile.TemporaryDirectory(prefix="cw-bench-") as folder:
        async with build_world(Path(folder), seed=1).open() as world:
            players = hire(world, _KILLED_AT_ONCE)
            for number in range(_ROUNDS):
                killed = await kill_mid_verification(world, players, round_name=f"B{number}")
                times, begun = times + killed.seconds, begun + killed.begun
            findings = await world.come_to_rest(patience_seconds=60)
    slowest = max(times, default=float("inf"))
    is_met = len(times) == begun and not findings and slowest <= BOUND_SECONDS
    return Row(
        what=f"killed while verifying: {len(times)} of {begun} told, {len(findings)} lost or doubled; after",
        median=f"{statistics.median(times):.1f} s" if times else "",
        p99=f"{slowest:.1f} s",
        target=f"≤ lease ({LEASE_SECONDS:.0f} s here) + {BOUND_SECONDS - LEASE_SECONDS:.0f} s",
        met=verdict(is_met),
    )


async def run() -> list[Row]:
    """Measure."""
    return [*await _fail_over("sentinel"), *await _fail_over("cluster"), await _kill()]


if __name__ == "__main__":
    print_rows("Failover", asyncio.run(run()))
