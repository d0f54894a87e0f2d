"""`cw-bot run` with short times, so that a test sees in seconds what else takes half a minute; and a wrong clock.

Nothing else is different: it is the command, with the settings of the environment.
"""

import asyncio
import datetime as dt
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


def set_clock(seconds: float) -> None:
    """Make this process's wall clock wrong. To be called before anything of the bot is imported."""
    real_time, real = time.time, dt.datetime

    class Skewed(real):  # type: ignore[misc, valid-type]
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return real.now(tz) + dt.timedelta(seconds=seconds)

    time.time = lambda: real_time() + seconds
    dt.datetime = Skewed  # type: ignore[misc]


def hurry() -> None:
    """Short leases, short repairs."""
    import handlers.threads
    from bot.domain import thread
    from bot.runtime import bot
    from bot.services import hand_in, monitor, onboarding, setup, worker
    from bot.slack import gateway

    hand_in.LEASE_SECONDS = 2.0  # type: ignore[attr-defined]
    setup.TAKE_OVER_AFTER = dt.timedelta(seconds=3)
    hand_in.RETRY_DELAYS_SECONDS = (0.5, 1.0, 1.0, 1.0, 1.0)
    hand_in.RETRY_DELAY_MAX_SECONDS = 1.0
    thread.INTENT_FRESH = handlers.threads.INTENT_FRESH = dt.timedelta(seconds=3)  # type: ignore[attr-defined, misc]
    handlers.threads._AGAIN_SECONDS = 1.0  # type: ignore[misc]
    onboarding._REPAIR_AFTER = dt.timedelta(seconds=4)  # type: ignore[misc]
    monitor._SAY_AGAIN_SECONDS = 1.0  # type: ignore[misc]
    worker.Worker.__init__.__kwdefaults__["lease_seconds"] = 2.0  # type: ignore[index]
    worker.Worker.__init__.__kwdefaults__["idle_seconds"] = 0.2  # type: ignore[index]
    worker._FAILED_SECONDS, worker._FAILED_MAX_SECONDS = 0.5, 2.0
    bot._SHOW_AGAIN_MAX_SECONDS = 2.0
    bot.DRAIN_SECONDS = 1.0
    gateway._BURST = 1000.0
    gateway.PATIENT_TIMEOUT_SECONDS = 2  # shorter than an intent is fresh, as it is in earnest


def tell_tasks() -> None:
    """On SIGUSR1, say on the standard error what every task waits for."""

    def tell(*_: object) -> None:
        for task in asyncio.all_tasks():
            frames = [f"{it.filename.rpartition('/')[2]}:{it.lineno}" for it in walk(task.get_coro())]
            sys.stderr.write(f"task {task.get_name()}: {' > '.join(frames)}\n")
        sys.stderr.flush()

    signal.signal(signal.SIGUSR1, tell)


@dataclass(frozen=True)
class Frame:
    filename: str
    lineno: int


def walk(work: Any) -> Iterator[Frame]:
    """The frames that a coroutine hangs in, the outermost first."""
    while work is not None:
        frame = getattr(work, "cr_frame", None) or getattr(work, "gi_frame", None)
        if frame is not None:
            yield Frame(frame.f_code.co_filename, frame.f_lineno)
        work = getattr(work, "cr_await", None) or getattr(work, "gi_yieldfrom", None)


def plant(name: str) -> None:
    """Plant a known bug; none where there is no name."""
    if name:
        from tests.chaos import plants

        plants.plant(name)


if __name__ == "__main__":
    tell_tasks()
    set_clock(float(os.environ.get("CHAOS_SKEW_SECONDS", "0")))
    hurry()
    plant(os.environ.get("CHAOS_PLANT", ""))
    from bot.__main__ import main

    sys.argv = ["cw-bot", "run"]
    main()
