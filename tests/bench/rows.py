"""A row of the table, how samples become one, and whether it reaches what is asked for."""

import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypedDict

from rich.console import Console
from rich.table import Table

_COLUMNS = ("what", "median", "p99", "baseline", "ratio", "target", "met")

Work = Callable[[], Awaitable[object]]


class Row(TypedDict, total=False):
    """What was measured; `ratio` is its median over the baseline's. `met` says whether the target is reached."""

    what: str
    median: str
    p99: str
    baseline: str
    ratio: str
    target: str
    met: str


def verdict(reached: bool) -> str:
    """The table's word for it."""
    return "met" if reached else "falls short"


def milliseconds(samples: Sequence[float]) -> tuple[float, float]:
    """Median and 99th percentile of seconds, in milliseconds."""
    ordered = sorted(samples)
    return statistics.median(ordered) * 1000, ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000


async def sample(work: Work, times: int, *, warm_up: int = 20) -> list[float]:
    """How long each of so many calls takes, one after the other, in seconds."""
    return (await interleave([work], times, warm_up=warm_up))[0]


async def interleave(works: Sequence[Work], times: int, *, warm_up: int = 20) -> list[list[float]]:
    """The same of several, taking turns: what else the machine does meanwhile is done to all of them."""
    for work in works:
        for _ in range(warm_up):
            await work()
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(times):
        for work, seconds in zip(works, taken, strict=True):
            started = time.perf_counter()
            await work()
            seconds.append(time.perf_counter() - started)
    return taken


def compare(
    what: str,
    ours: Sequence[float],
    baseline: Sequence[float],
    *,
    target: str,
    at_most: float | None = None,
    p99_ms: float | None = None,
) -> Row:
    """A row of both. `at_most` is what the ratio may be, `p99_ms` what the slowest of a hundred may take."""
    median, p99 = milliseconds(ours)
    bare, bare_p99 = milliseconds(baseline)
    row = Row(
        what=what,
        median=f"{median:.2f} ms",
        p99=f"{p99:.2f} ms",
        baseline=f"{bare:.2f} ms (p99 {bare_p99:.2f})",
        ratio=f"{median / bare:.2f}",
        target=target,
    )
    if at_most is not None:
        row["met"] = verdict(median / bare <= at_most and (p99_ms is None or p99 <= p99_ms))
    return row


def print_rows(title: str, rows: Sequence[Row]) -> None:
    """As a table."""
    table = Table(title=title, title_justify="left")
    for column in _COLUMNS:
        table.add_column(column)
    for row in rows:
        table.add_row(*(str(row.get(column, "")) for column in _COLUMNS))
    Console(width=170).print(table)
