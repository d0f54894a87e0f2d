"""Traces: a request with the use cases and calls in it; off and free unless they are asked for; nothing typed in them."""

import asyncio
import sys
from pathlib import Path

import pytest

from bot.domain.calls import unwatched
from bot.runtime.tracing import ENDPOINT, NO_TRACING, OpenTelemetryTracing, open_tracing
from bot.sandbox.bench import Sandbox
from tests.journeys.steps import PATIENCE, key_fields, reach_keys, see_in_thread, submit

pytest.importorskip("opentelemetry.sdk", reason="the extra `otel` is not installed")

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_span_id


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What a bot started from here on sends."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("bot.runtime.bot.open_tracing", lambda: OpenTelemetryTracing(provider))
    return exporter


def line(span: ReadableSpan, by_id: dict[str, ReadableSpan]) -> list[str]:
    """The names from the outermost span to this one."""
    names = [span.name]
    while span.parent is not None:
        span = by_id[format_span_id(span.parent.span_id)]
        names.append(span.name)
    return names[::-1]


async def test_a_request_holds_its_use_cases_and_these_their_calls(
    spans: InMemorySpanExporter, tmp_path: Path
) -> None:
    async with Sandbox(data_dir=tmp_path / "data", settings={"cw_bot_check_interval": 1}) as sandbox:
        ben = sandbox.slack.person("ben")
        await reach_keys(sandbox, ben)
        assert (await submit(ben, key_fields(sandbox))).ok
        sandbox.connectwise.set(answers="down")
        await see_in_thread(ben, "does not answer")
        typed = [*map(str, key_fields(sandbox).values()), "Production", "psa.brightwater.example"]
        typed += [sandbox.slack.bot_token, sandbox.connectwise.crib()["Company ID"]]
    finished = spans.get_finished_spans()
    by_id = {format_span_id(it.context.span_id): it for it in finished if it.context}
    lines = {" > ".join(line(it, by_id)) for it in finished}
    for expected in (
        "request > Access.require > slack users.info",
        "request > CredentialsService.hand_in > connectwise GET",
        "request > CredentialsService.hand_in > redis EVALSHA",
        "request > SetupService.hand_in_site > slack chat.postMessage",
        "job check_instance > connectwise GET",
    ):
        assert expected in lines, "\n".join(sorted(lines))
    assert {it.split(" ")[0] for it in lines} == {"request", "job"}, "polling is nobody's business"
    for span in finished:
        assert set(span.attributes or ()) <= {"cw_bot.reference", "cw_bot.outcome", "error.type"}
        assert not span.events, "an exception's text may hold anything"
        shown = span.to_json()
        assert not [it for it in typed if it in shown]


async def test_a_span_of_something_that_fails_holds_the_errors_type_and_not_its_text() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing = OpenTelemetryTracing(provider)

    def fail() -> None:
        raise LookupError("Canary9Private8Key7")

    with pytest.raises(LookupError), tracing.span("failing"):
        fail()
    await tracing.close()
    (span,) = exporter.get_finished_spans()
    assert (span.attributes or {})["error.type"] == "LookupError"
    assert "Canary" not in span.to_json()


def test_without_an_endpoint_nothing_is_imported_and_nothing_stands_in_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(ENDPOINT, raising=False)
    assert open_tracing() is NO_TRACING
    assert NO_TRACING.calls("slack", unwatched) is unwatched


def test_with_an_endpoint_and_without_the_extra_the_bot_says_so_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    assert open_tracing() is NO_TRACING


async def test_with_an_endpoint_spans_are_sent_there(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(
        "opentelemetry.exporter.otlp.proto.http", reason="the extra's exporter is not installed"
    )
    asked: asyncio.Queue[bytes] = asyncio.Queue()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.put_nowait(await reader.readline())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    tracing = open_tracing()
    with tracing.span("request", reference="0123abcd"):
        pass
    await tracing.close()
    async with asyncio.timeout(PATIENCE):
        assert (await asked.get()).startswith(b"POST /v1/traces ")
    server.close()
