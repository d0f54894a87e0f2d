"""`make bench`: every `bench_*.py` here, one table each. `ARGS=ack` runs those whose name holds the word.

`ARGS=profile` shows where the processor time goes instead. A module that fails is told of, the others go on, and the exit
code is 1.
"""

import asyncio
import importlib
import pkgutil
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import uvloop

from tests.bench.rows import Row, print_rows

_MOST_SECONDS = 120.0


def _modules(wanted: str) -> Iterator[str]:
    if wanted == "profile":
        yield wanted
        return
    for module in sorted(pkgutil.iter_modules([str(Path(__file__).parent)]), key=lambda it: it.name):
        if module.name.startswith("bench_") and wanted in module.name:
            yield module.name


async def _measure(name: str) -> tuple[str, list[Row]]:
    """Its title and its rows."""
    bench = importlib.import_module(f"tests.bench.{name}")
    async with asyncio.timeout(_MOST_SECONDS):
        rows: list[Row] = await bench.run()
    return (bench.__doc__ or name).strip().splitlines()[0], rows


def main() -> None:
    """Run them one after the other; `SystemExit` when one of them failed."""
    failed = []
    for name in _modules(sys.argv[1] if len(sys.argv) > 1 else ""):
        print(f"· {name.removeprefix('bench_')}", flush=True)
        try:
            print_rows(*uvloop.run(_measure(name)))
        except Exception:  # noqa: BLE001 - what one module cannot measure must not hide what the others do
            failed.append(name.removeprefix("bench_"))
            traceback.print_exc()
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
