"""A row of the table, and how samples become one."""

import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypedDict

from rich.console import Console
from rich.table import Table


class Row(TypedDict, total=False):
    """What was measured. Times are milliseconds; `ratio` is median over baseline."""

    what: str
    median: str
    p99: str
    baseline: str
    ratio: str
    target: str


def milliseconds(samples: Sequence[float]) -> tuple[float, float]:
    """Median and 99th percentile of seconds, in milliseconds."""
    ordered = sorted(samples)
    return statistics.median(ordered) * 1000, ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000


async def sample(work: Callable[[], Awaitable[object]], times: int, *, warm_up: int = 20) -> list[float]:
    """How long each of so many calls takes, one after the other, in seconds."""
    for _ in range(warm_up):
        await work()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - started)
    return taken


def compare(what: str, ours: Sequence[float], baseline: Sequence[float], *, target: str) -> Row:
    """A row of both."""
    median, p99 = milliseconds(ours)
    bare, _ = milliseconds(baseline)
    return Row(
        what=what,
        median=f"{median:.2f} ms",
        p99=f"{p99:.2f} ms",
        baseline=f"{bare:.2f} ms",
        ratio=f"{median / bare:.2f}",
        target=target,
    )


def print_rows(title: str, rows: Sequence[Row]) -> None:
    """As a table."""
    table = Table(title=title, title_justify="left")
    for column in ("what", "median", "p99", "baseline", "ratio", "target"):
        table.add_column(column)
    for row in rows:
        table.add_row(
            *(str(row.get(column, "")) for column in ("what", "median", "p99", "baseline", "ratio", "target"))
        )
    Console(width=150).print(table)
