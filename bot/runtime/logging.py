"""One formatter for our records and everybody else's, with redaction in it.

Events are constant snake_case names; values are ids, keys, counts and durations, never objects and never bodies.
"""

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from pathlib import PurePath
from types import TracebackType
from typing import Any, TextIO

import structlog

from bot.domain.reference import current_reference
from bot.runtime.redaction import Redactor

_log = structlog.get_logger(__name__)

# These print request bodies, payloads or response_urls when something is wrong, or at DEBUG.
_LOUD = (
    "slack_bolt",
    "slack_sdk",
    "aiohttp",
    "redis",
    "asyncio",
    "opentelemetry",
    "urllib3",
)


def configure_logging(
    *, level: str, style: str, redactor: Redactor, stream: TextIO | None = None
) -> logging.Handler:
    """Send everything that is logged through one redacting formatter; the handler, so that a test can take it off."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_reference,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        # First of all: what nobody will read is not put together.
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    target = stream or sys.stderr
    final: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(
            colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    handler = _Handler(target)
    handler.setFormatter(
        _RedactingFormatter(
            redactor,
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _Redact(redactor),
                final,
            ],
        )
    )
    root = logging.getLogger()
    for old in list(root.handlers):
        if getattr(old, "cw_bot", False):
            root.removeHandler(old)
    handler.cw_bot = True  # type: ignore[attr-defined]  # marks ours, so that a second start replaces it
    root.addHandler(handler)
    root.setLevel(level)
    for name in _LOUD:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    return handler


def install_crash_reports() -> Callable[[], None]:
    """What nobody catches is logged, and so redacted, instead of printed; returns what takes that back.

    Exceptions of the main thread, of others and of destructors, and warnings. (`faulthandler` needs nothing of this: it
    prints names of files and functions, never a value.)
    """
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    sys.excepthook = _report_crash
    threading.excepthook = _report_thread
    sys.unraisablehook = _report_unraisable
    logging.captureWarnings(capture=True)

    def undo() -> None:
        logging.captureWarnings(capture=False)
        sys.excepthook, threading.excepthook, sys.unraisablehook = before

    return undo


def outline(error: BaseException, *, most: int = 8) -> list[str]:
    """Where an error came from, the innermost place last, and nothing of what it says."""
    frames = traceback.extract_tb(error.__traceback__)[-most:]
    return [f"{PurePath(it.filename).name}:{it.lineno} {it.name}" for it in frames]


def report_loop(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """For `loop.set_exception_handler`: asyncio's own prints the repr of tasks, and so what they were called with."""
    error = context.get("exception")
    _log.error(
        "loop_failed",
        message=str(context.get("message", "")),
        error=type(error).__name__ if error else "",
        exc_info=error if isinstance(error, Exception) else None,
    )


def _report_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    _log.critical("crashed", error=kind.__name__, exc_info=(kind, error, trace))


def _report_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        _log.critical("thread_crashed", error=args.exc_type.__name__, exc_info=args.exc_value)


def _report_unraisable(args: "sys.UnraisableHookArgs") -> None:
    # Its object is left out: the repr of a coroutine's frame or of a session may hold anything.
    _log.error("unraisable", error=args.exc_type.__name__, exc_info=args.exc_value)


class _Handler(logging.StreamHandler[TextIO]):
    """Where a record cannot be formatted, logging would print its message and arguments as they are."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say that a line is missing, and nothing of it."""
        kind = sys.exc_info()[0]
        # Where the stream itself is closed or full, there is nowhere to say it; what was under way goes on.
        with suppress(OSError, ValueError):
            self.stream.write(
                f"log_line_lost logger={record.name} level={record.levelname} error={kind.__name__ if kind else ''}\n"
            )


def _add_reference(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Our lines and foreign ones alike say which request they belong to."""
    if reference := current_reference():
        event.setdefault("reference", reference)
    return event


class _Redact:
    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(
        self, _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        return {key: self._redactor.value(value, key) for key, value in event.items()}


class _RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """A last pass over the finished line: whatever a renderer put together is searched once more."""

    def __init__(self, redactor: Redactor, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.text(super().format(record))
