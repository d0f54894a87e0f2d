"""Evidence of how a connection was opened: DNS, TCP and TLS, each with its time and its failure.

The guard and the handshake report every step here; whoever makes a call listens. A call that finds an open connection
hears nothing.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import Final

from bot.connectwise.errors import Where, from_exception, is_of_the_wire, safe_cause
from bot.domain.errors import ConnectWiseError
from bot.domain.evidence import Stage, StageName

Listener = Callable[[Stage], None]


class _Ear:
    """Whoever listens, for as long as they do.

    An open connection keeps a copy of the context that it was opened in; it must not keep a whole verification by it.
    """

    __slots__ = ("listener",)

    def __init__(self, listener: Listener | None) -> None:
        self.listener = listener


_NOBODY: Final = _Ear(None)
_ear: ContextVar[_Ear] = ContextVar("connection_ear", default=_NOBODY)
_dial: ContextVar["Dial | None"] = ContextVar("connection_dialled", default=None)


@contextlib.contextmanager
def listening(listener: Listener | None) -> Iterator[None]:
    """Let `listener` hear of every step that connections opened in here go through."""
    ear = _Ear(listener)
    token = _ear.set(ear)
    try:
        yield
    finally:
        ear.listener = None
        _ear.reset(token)


class Dial:
    """How far a call has come in opening a connection, if it has to open one at all.

    Steps are entered in their order; entering one ends the one before. A step that is cancelled stays begun.
    """

    def __init__(self, listener: Listener | None = None) -> None:
        self._listener = listener
        self._step: StageName | None = None
        self._started = 0.0
        self._ended: set[StageName] = set()

    @property
    def where(self) -> Where:
        """The step under way; without one it is the answer that is waited for."""
        return self._step or "answer"

    @property
    def has_begun(self) -> bool:
        """Whether any step was entered."""
        return self._step is not None or bool(self._ended)

    def enter(self, step: StageName) -> None:
        """A step begins. With several addresses it may begin once more, which is told once."""
        if step == self._step:
            return
        if step not in self._ended:
            self.done()
            self._tell(Stage(step))
        self._step, self._started = step, time.perf_counter()

    def done(self) -> None:
        """The step under way has succeeded."""
        step, self._step = self._step, None
        if step is not None and step not in self._ended:
            self._ended.add(step)
            self._tell(Stage(step, elapsed_ms(self._started)))

    def failed(self, error: ConnectWiseError) -> None:
        """The step under way, if there is one, ended like this."""
        if self._step is not None:
            self._tell(Stage(self._step, elapsed_ms(self._started), error))
            self._step = None

    def over(self) -> None:
        """The call has its answer, or none: nobody listens any more."""
        self._listener = None

    def _tell(self, stage: Stage) -> None:
        if self._listener is not None:
            self._listener(stage)


class Dialling:
    """Around one try of one call: failures become a `ConnectWiseError` that knows at which step it happened."""

    __slots__ = ("_dial", "_token")

    def __enter__(self) -> None:
        self._dial = Dial(_ear.get().listener)
        self._token = _dial.set(self._dial)

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        dial = self._dial
        try:
            if error is not None and is_of_the_wire(error):
                found = from_exception(error, dial.where)
                dial.failed(found)
                raise found from safe_cause(error)
            if isinstance(error, ConnectWiseError):
                dial.failed(error)
        finally:
            dial.over()
            _dial.reset(self._token)


def current_dial() -> Dial:
    """The one that belongs to whatever runs; one that nobody hears where there is none."""
    return _dial.get() or Dial()


def elapsed_ms(started: float) -> int:
    """Whole milliseconds since a reading of `time.perf_counter`."""
    return round((time.perf_counter() - started) * 1000)
