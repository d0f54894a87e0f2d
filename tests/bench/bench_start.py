"""How long the start takes: from the command to a ready `/readyz`, a process of its own each time."""

import asyncio
import os
import re
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from tests.bench.bench_ack import SECRET, slack_stub
from tests.bench.rows import Row, print_rows

TIMES = 5


async def _start_once(api_url: str, folder: str) -> tuple[float, int]:
    """Seconds to ready, and resident memory in bytes."""
    environment = {
        "PATH": os.environ["PATH"],
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": api_url,
        "CW_BOT_DATA_DIR": folder,
        "CW_BOT_PORT": "0",
    }
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", env=environment, stderr=asyncio.subprocess.PIPE
    )
    if process.stderr is None:
        raise RuntimeError("no standard error")
    url = ""
    while line := (await process.stderr.readline()).decode():
        if found := re.search(r"ready on (\S+)", line):
            url = found[1]
            break
    async with aiohttp.ClientSession() as session, session.get(f"{url}/readyz") as answer:
        if answer.status != 200:
            raise RuntimeError(f"/readyz answered {answer.status}")
    taken = time.perf_counter() - started
    resident = _resident_bytes(process.pid)
    process.send_signal(signal.SIGTERM)
    await process.wait()
    return taken, resident


def _resident_bytes(pid: int) -> int:
    """What the process holds in memory, as the kernel says."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def run() -> list[Row]:
    """Measure."""
    async with slack_stub() as api_url:
        with tempfile.TemporaryDirectory(prefix="cw-bench-") as folder:
            taken = [await _start_once(api_url, folder) for _ in range(TIMES)]
    return [
        Row(
            what="start to /readyz",
            median=f"{statistics.median(it[0] for it in taken):.2f} s",
            target="≤ 1.5 s",
        ),
        Row(
            what="resident memory, idle",
            median=f"{statistics.median(it[1] for it in taken) / 1e6:.0f} MB",
            target="≤ 90 MB",
        ),
    ]


if __name__ == "__main__":
    print_rows("Start", asyncio.run(run()))
