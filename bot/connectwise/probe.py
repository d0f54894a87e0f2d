"""Evidence of how a connection was opened: DNS, TCP and TLS, each with its time and its failure.

The guard reports every step here; whoever makes a call listens. A call that finds an open connection hears
nothing.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from bot.connectwise.errors import mapped
from bot.domain.errors import ConnectWiseError
from bot.domain.evidence import Stage, StageName

_listener: ContextVar[Callable[[Stage], None] | None] = ContextVar("connection_listener", default=None)


@contextlib.contextmanager
def listening(listener: Callable[[Stage], None] | None) -> Iterator[None]:
    """Let `listener` hear of every step that connections opened in here go through."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextlib.contextmanager
def staged(name: StageName) -> Iterator[None]:
    """Tell that a step begins and how it ends; failures become `ConnectWiseError`.

    A cancelled step stays begun.
    """
    started = time.perf_counter()
    _tell(Stage(name))
    try:
        with mapped(name):
            yield
    except ConnectWiseError as error:
        _tell(Stage(name, elapsed_ms(started), error))
        raise
    _tell(Stage(name, elapsed_ms(started)))


def elapsed_ms(started: float) -> int:
    """Whole milliseconds since a reading of `time.perf_counter`."""
    return round((time.perf_counter() - started) * 1000)


def _tell(stage: Stage) -> None:
    listener = _listener.get()
    if listener is not None:
        listener(stage)
