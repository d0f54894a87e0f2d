"""One formatter for our records and everybody else's, with redaction in it.

Events are constant snake_case names; values are ids, keys, counts and durations, never objects and never bodies.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from bot.runtime.redaction import Redactor

# These print request bodies, payloads or response_urls when something is wrong, or at DEBUG.
_LOUD = ("slack_bolt", "slack_sdk", "aiohttp", "httpx", "httpcore", "redis", "asyncio")


def configure_logging(
    *, level: str, style: str, redactor: Redactor, stream: TextIO | None = None
) -> logging.Handler:
    """Send everything that is logged through one redacting formatter; the handler, so that a test can take it off."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
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
    handler = logging.StreamHandler(target)
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
