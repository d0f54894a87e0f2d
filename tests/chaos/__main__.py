"""`make chaos`: storms on every kind of store, kills and failovers, in numbers; exits with 1 where anything was found.

--seed N       what the storms draw from (a fresh one where none is given; it is printed)
--seconds N    how long each storm rages
--kills N      how many hand-ins lose the bot that verifies them
--store NAME   one, sentinel or cluster; all where none is given
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos.drills import BOUND_SECONDS, LEASE_SECONDS, fail_over_under_load, hire, kill_mid_verification
from tests.chaos.stores import STORES
from tests.chaos.storm import Storm
from tests.chaos.world import build_world

_AT_ONCE = 4
_FAILOVERS = 5
_REST_SECONDS = 120.0

Result = tuple[str, str, list[str]]


async def storm(store: str, *, seed: int, seconds: float) -> Result:
    """A storm on a kind of store."""
    with tempfile.TemporaryDirectory(prefix="cw-chaos-") as folder:
        building = build_world(
            Path(folder), seed=seed, store=store, skews=(0.0, 10.0, -10.0), check_interval=2.0
        )
        async with building.open() as world:
            raging = Storm(world, random.Random(seed), seconds, people=4)
            await raging.rage()
            findings = await world.come_to_rest(patience_seconds=_REST_SECONDS)
            if findings:
                print(await world.explain())
            acked = sum(it.is_acked for it in world.promises)
            said = f"{acked} of {len(world.promises)} acknowledged, {raging.happened.total()} troubles"
            return f"storm on {store}", said, findings


async def kills(number: int, *, seed: int) -> Result:
    """Hand-ins whose bot is killed while it verifies them."""
    times: list[float] = []
    begun = 0
    with tempfile.TemporaryDirectory(prefix="cw-chaos-") as folder:
        async with build_world(Path(folder), seed=seed).open() as world:
            players = hire(world, min(number, _AT_ONCE))
            for round_number in range(-(-number // len(players))):
                killed = await kill_mid_verification(world, players, round_name=f"R{round_number}")
                times, begun = times + killed.seconds, begun + killed.begun
                print(f"  {len(times)} of {begun}", flush=True)
            findings = await world.come_to_rest(patience_seconds=_REST_SECONDS)
    said = f"{len(times)} of {begun} ended"
    if times:
        said += f", median {statistics.median(times):.1f} s, last {max(times):.1f} s (lease {LEASE_SECONDS:.0f} s)"
        late = sum(it > BOUND_SECONDS for it in times)
        said += f", {late} later than {BOUND_SECONDS:.0f} s"
    return "killed while verifying", said, findings + ["lost: a verdict"] * (begun - len(times))


async def failovers(store: str, *, seed: int) -> Result:
    """Failovers while people work."""
    with tempfile.TemporaryDirectory(prefix="cw-chaos-") as folder:
        async with build_world(Path(folder), seed=seed, store=store).open() as world:
            found = await fail_over_under_load(world, failovers=_FAILOVERS, people=6)
    gaps = ", ".join(f"{it:.1f}" for it in found.gaps)
    said = f"{found.acked} acknowledged, {found.lost} lost; gaps {gaps} s"
    return f"failovers on {store}", said, found.findings


async def play(options: argparse.Namespace) -> list[Result]:
    """One after the other, saying which."""
    stores = [options.store] if options.store else list(STORES)
    works: list[tuple[str, Any]] = [
        *((f"storm on {it}", storm(it, seed=options.seed, seconds=options.seconds)) for it in stores),
        ("killed while verifying", kills(options.kills, seed=options.seed)),
        *((f"failovers on {it}", failovers(it, seed=options.seed)) for it in stores if it != "one"),
    ]
    results = []
    for what, work in works:
        print(f"· {what}", flush=True)
        results.append(await work)
    return results


def main() -> None:
    """Play it all and print what came of it."""
    parser = argparse.ArgumentParser(prog="make chaos", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--store", choices=list(STORES), default="")
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.seconds:.0f} s each", flush=True)
    results = asyncio.run(play(options))
    table = Table(title=f"Chaos, seed {options.seed}", title_justify="left")
    for column in ("what", "how it went", "found"):
        table.add_column(column)
    for what, said, findings in results:
        table.add_row(what, said, "\n".join(findings) or "nothing")
    Console(width=150).print(table)
    sys.exit(any(findings for _, _, findings in results))


if __name__ == "__main__":
    main()
