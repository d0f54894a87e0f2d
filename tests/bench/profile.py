"""Where the processor time goes: what a bot's own code and the libraries below it had of a sweep and of `/cw-status all`.

While there is work to do: what is waited for does not count. Under the profiler everything takes about twice as long; the
shares are what matters.
"""

import asyncio
import pstats
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.bench.fleet import Fleet, fleet
from tests.bench.programs import Program
from tests.bench.requests import COMMAND, Sender
from tests.bench.rows import Row

_LIBRARIES = ("redis", "pydantic", "aiohttp", "yarl", "multidict", "slack_sdk", "slack_bolt", "structlog")
_COMPILED = {"_ssl": "TLS", "pydantic": "pydantic", "cryptography": "cryptography"}
_NO_WORK = ("importlib", "asyncio/runners.py")  # the start, and the wait for what happens next
_SHOWN = 12
_SECONDS = 15.0
_SETTLED_SECONDS = 1.0


async def _sweep(_town: Fleet, _bot: Program) -> None:
    await asyncio.sleep(_SECONDS)


async def _status(town: Fleet, bot: Program) -> None:
    command = {**COMMAND, "command": "/cw-status", "text": "all", "response_url": f"{town.slack.url}/respond"}
    await Sender(town.session, bot.url, command).send()
    asked = 0
    while (now := sum((await town.numbers())["asked"].values())) > asked or not asked:
        asked = now
        await asyncio.sleep(_SETTLED_SECONDS)


def _owner(file: str, function: str) -> str:
    parts = Path(file).parts
    if "site-packages" in parts:
        library = parts[parts.index("site-packages") + 1]
        return library if library in _LIBRARIES else "other libraries"
    if "bot" in parts or "handlers" in parts:
        folder = parts[parts.index("bot") if "bot" in parts else parts.index("handlers") :]
        return "/".join(folder[:2])
    return next((owner for word, owner in _COMPILED.items() if word in function), "Python's own")


def _shares(profile: Path) -> list[tuple[str, float]]:
    seconds: Counter[str] = Counter()
    statistics = pstats.Stats(str(profile)).stats  # type: ignore[attr-defined]  # the stubs do not know it
    for (file, _, function), (_, _, own, _, _) in statistics.items():
        if not any(it in file for it in _NO_WORK):
            seconds[_owner(file, function)] += own
    whole = sum(seconds.values())
    return [(owner, spent / whole) for owner, spent in seconds.most_common(_SHOWN)]


async def run() -> list[Row]:
    """Both, for a while each."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="cw-profile-") as folder:
        for what, work, instances, sites in (
            ("sweep", _sweep, 10_000, 1_000),
            ("/cw-status all", _status, 500, 50),
        ):
            profile = Path(folder) / "profile"
            async with fleet(answer_seconds=0.1) as town:
                seeded = await town.seed(instances, sites=sites)
                if work is _sweep:
                    await town.make_due(seeded)
                async with town.bot(profile=profile) as bot:
                    await work(town, bot)
            rows += [Row(what=f"{what}: {owner}", median=f"{share:.0%}") for owner, share in _shares(profile)]
            sys.stdout.flush()
    return rows
