"""`make bench`: every `bench_*.py` here, one table each. `ARGS=ack` runs those whose name holds the word.

`ARGS=profile` shows where the processor time goes instead.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

import uvloop

from tests.bench.rows import print_rows


def _modules(wanted: str) -> Iterator[str]:
    if wanted == "profile":
        yield wanted
        return
    for module in sorted(pkgutil.iter_modules([str(Path(__file__).parent)]), key=lambda it: it.name):
        if module.name.startswith("bench_") and wanted in module.name:
            yield module.name


def main() -> None:
    """Run them one after the other."""
    for name in _modules(sys.argv[1] if len(sys.argv) > 1 else ""):
        print(f"· {name.removeprefix('bench_')}", flush=True)
        bench = importlib.import_module(f"tests.bench.{name}")
        title = (bench.__doc__ or name).strip().splitlines()[0]
        print_rows(title, uvloop.run(bench.run()))


if __name__ == "__main__":
    main()
