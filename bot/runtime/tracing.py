"""Traces by OpenTelemetry, where the extra `otel` is installed and OTEL_EXPORTER_OTLP_ENDPOINT says where they go.

A request or a job is a span, in it each use case, in it each call to Slack, ConnectWise and Redis. Names are of our own
code, of Slack's methods and of Redis's commands; attributes are the reference, the outcome and the type of an error.
Nothing that was typed is in either, and no exception is recorded with its text. Without traces `NO_TRACING` stands here,
and calls are made as if this file did not exist.
"""

import asyncio
import functools
import inspect
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final, Protocol, TypeVar

import structlog

from bot import __version__
from bot.domain.calls import Begin, End

log = structlog.get_logger(__name__)

T = TypeVar("T")

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_SERVICE: Final = "cw-bot"


class Tracing(Protocol):
    """Where spans go."""

    def span(self, name: str, *, reference: str = "") -> AbstractContextManager[None]:
        """A span for what happens in here."""
        ...

    def calls(self, kind: str, begin: Begin) -> Begin:
        """The same `Begin`, with a span for each call that is part of something."""
        ...

    def follow(self, services: Iterable[object]) -> None:
        """From now on each use case of these is a span."""
        ...

    async def close(self) -> None:
        """Send what is left."""
        ...


class _NoTracing:
    def span(self, name: str, *, reference: str = "") -> AbstractContextManager[None]:  # noqa: ARG002 - the protocol's
        return nullcontext()

    def calls(self, kind: str, begin: Begin) -> Begin:  # noqa: ARG002 - the protocol's
        return begin

    def follow(self, services: Iterable[object]) -> None:
        """Nobody looks."""

    async def close(self) -> None:
        """There is nothing left."""


NO_TRACING: Final[Tracing] = _NoTracing()


class OpenTelemetryTracing:
    """Spans of an OpenTelemetry `TracerProvider`, which is shut down with the bot."""

    def __init__(self, provider: Any) -> None:
        from opentelemetry.trace import get_current_span

        self._get_current_span = get_current_span
        self._provider = provider
        self._tracer = provider.get_tracer(_SERVICE, __version__)

    @contextmanager
    def span(self, name: str, *, reference: str = "") -> Iterator[None]:
        """A span for what happens in here."""
        attributes = {"cw_bot.reference": reference} if reference else {}
        with self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                raise

    def calls(self, kind: str, begin: Begin) -> Begin:
        """The same `Begin`, with a span for each call that is part of something; polling is nobody's business."""

        def begin_span(name: str) -> End:
            end = begin(name)
            if not self._get_current_span().get_span_context().is_valid:
                return end
            span = self._tracer.start_span(f"{kind} {name}")

            def end_span(outcome: str) -> None:
                span.set_attribute("cw_bot.outcome", outcome)
                span.end()
                end(outcome)

            return end_span

        return begin_span

    def follow(self, services: Iterable[object]) -> None:
        """From now on each use case of these is a span."""
        for service in services:
            kind = type(service)
            for name, _ in inspect.getmembers(kind, inspect.iscoroutinefunction):
                if not name.startswith("_"):
                    setattr(service, name, self._followed(f"{kind.__name__}.{name}", getattr(service, name)))

    async def close(self) -> None:
        """Send what is left."""
        await asyncio.to_thread(self._provider.shutdown)

    def _followed(self, name: str, method: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
        @functools.wraps(method)
        async def followed(*args: Any, **options: Any) -> T:
            with self.span(name):
                return await method(*args, **options)

        return followed


def open_tracing() -> Tracing:
    """What the environment asks for; `NO_TRACING` where it asks for nothing, or where the extra is not installed."""
    if not os.environ.get(ENDPOINT):
        return NO_TRACING
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("tracing_not_installed", fix="pip install 'cw-bot[otel]'")
        return NO_TRACING
    named = Resource.create({SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME", _SERVICE)})
    provider = TracerProvider(resource=named)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OpenTelemetryTracing(provider)
