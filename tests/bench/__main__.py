"""`make bench`: every `bench_*.py` here, one table each. `ARGS=ack` runs those whose name holds the word."""

import importlib
import pkgutil
import sys
from pathlib import Path

import uvloop

from tests.bench.rows import print_rows


def main() -> None:
    """Run them one after the other."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    for module in sorted(pkgutil.iter_modules([str(Path(__file__).parent)]), key=lambda it: it.name):
        if module.name.startswith("bench_") and wanted in module.name:
            print(f"· {module.name.removeprefix('bench_')}", flush=True)
            bench = importlib.import_module(f"tests.bench.{module.name}")
            title = (bench.__doc__ or module.name).strip().splitlines()[0]
            print_rows(title, uvloop.run(bench.run()))


if __name__ == "__main__":
    main()
