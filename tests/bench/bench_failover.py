"""Failovers of Redis while people hand in: what was lost, and how long nobody was answered."""

import asyncio
import statistics
import tempfile
from pathlib import Path

from tests.bench.rows import Row, print_rows
from tests.chaos.drills import LEASE_SECONDS, fail_over_under_load, hire, kill_mid_verification
from tests.chaos.world import build_world

_FAILOVERS = 3
_PEOPLE = 4
_KILLED_AT_ONCE = 10


async def _fail_over(store: str) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="cw-bench-") as folder:
        async with build_world(Path(folder), seed=1, store=store).open() as world:
            found = await fail_over_under_load(world, failovers=_FAILOVERS, people=_PEOPLE)
    return [
        Row(
            what=f"failovers on {store}: acknowledged and lost",
            median=f"{found.lost} of {found.acked}",
            target="0",
        ),
        Row(
            what=f"failovers on {store}: nobody answered for",
            median=f"{statistics.median(found.gaps):.1f} s",
            p99=f"{max(found.gaps):.1f} s",
            target="≤ 5 s",
        ),
    ]


async def _kill() -> Row:
    with tempfile.TemporaryDirectory(prefix="cw-bench-") as folder:
        async with build_world(Path(folder), seed=1).open() as world:
            killed = await kill_mid_verification(world, hire(world, _KILLED_AT_ONCE), round_name="B")
            doubled = await world.come_to_rest(patience_seconds=60)
    return Row(
        what=f"killed while verifying: verdict in the thread, {killed} once each, {len(doubled)} doubled",
        median=f"{statistics.median(killed.seconds):.1f} s",
        p99=f"{max(killed.seconds):.1f} s",
        target=f"≤ lease ({LEASE_SECONDS:.0f} s here) + 2 s",
    )


async def run() -> list[Row]:
    """Measure."""
    return [*await _fail_over("sentinel"), *await _fail_over("cluster"), await _kill()]


if __name__ == "__main__":
    print_rows("Failover", asyncio.run(run()))
