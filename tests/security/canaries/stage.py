"""A sandbox in which every secret is a canary, and everything that the bot gives off is kept to be searched."""

import base64
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bot.runtime.logging import configure_logging
from bot.runtime.tracing import OpenTelemetryTracing
from bot.sandbox.bench import Sandbox
from bot.sandbox.slack import Person
from bot.sandbox.slack.delivery import Ack
from bot.store.embedded import EmbeddedRedis
from bot.store.local_key import FILE_NAME
from handlers.ids import Callback
from tests.journeys.steps import key_fields
from tests.security.canaries import search

# Typed by people. With everything in them that some encoding writes differently.
WRONG_KEY = 'Canary7/Wrong+Key&9"x'
OTHER_KEY = "Canary3=Other%5Key"
CLIENT_ID = "c0ffee00-1234-4abc-8def-0ca0a21e5001"
WRONG_CLIENT_ID = "Canary-no-GUID-77"
PASSPHRASE = "Canary horse battery 1"

# Nothing is measured here: a busy machine's acks may take their time.
_PATIENCE = 30.0


class Stage:
    """Wraps a started sandbox. `log` is what is written, `own` what our own records hold before anything is masked."""

    def __init__(
        self, sandbox: Sandbox, folder: Path, log: io.StringIO, own: list[str], spans: InMemorySpanExporter
    ) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.log = log
        self.own = own
        self._exporter = spans
        self.acks: list[Any] = []
        self.revealed: list[tuple[str, bytes]] = []
        self.extra: dict[str, bytes] = {}
        self.more_secrets: dict[str, str | bytes] = {}
        self._keep_acks()

    def secrets(self) -> dict[str, str | bytes]:
        """Every canary by the name that a hit is reported under."""
        site, slack = self.sandbox.connectwise, self.sandbox.slack
        app = slack.workspace.app
        pairs = {
            "public key": site.public_key,
            "private key": site.private_key,
            "second public key": site.second_public_key,
            "second private key": site.second_private_key,
            "wrong key": WRONG_KEY,
            "other key": OTHER_KEY,
            "client ID": CLIENT_ID,
            "wrong client ID": WRONG_CLIENT_ID,
        }
        logins = {
            "login": f"{site.company}+{site.public_key}:{site.private_key}",
            "wrong login": f"{site.company}+{site.public_key}:{WRONG_KEY}",
        }
        basic = {f"Basic {name}": base64.b64encode(it.encode()) for name, it in logins.items()}
        tokens = {f"bot token of {it}": held.bot_token for it, held in slack.workspace.installations.items()}
        ours = {
            "signing secret": app.signing_secret,
            "client secret": app.client_secret,
            "app token": app.app_token,
            "passphrase": PASSPHRASE,
        }
        return {**pairs, **logins, **basic, **tokens, **ours, **self._root_keys(), **self.more_secrets}

    async def gather(self) -> dict[str, bytes]:
        """Everything by place. Ends the bot, so that its last words and the append-only file are whole."""
        metrics = [bot.metrics.render() for bot in self.sandbox.bots]
        await self.sandbox.stop_bot()
        spans = [it.to_json(indent=None) for it in self._exporter.get_finished_spans()]
        async with EmbeddedRedis(self.folder) as server:
            store = await search.read_store(server.url)
        calls = [[call.method, dict(call.args)] for call in self.sandbox.slack.calls]
        urls = [[it.path, it.query] for it in self.sandbox.connectwise.requests]
        return {
            "the log": self.log.getvalue().encode(),
            "our own records, not masked": "\n".join(self.own).encode(),
            "Slack calls": _as_bytes(calls),
            "acks": _as_bytes(self.acks),
            "ConnectWise's URLs": _as_bytes(urls),
            "metrics": b"\n".join(metrics),
            "traces": "\n".join(spans).encode(),
            "the store": store,
            "the store's files": search.read_files(self.folder),
            **self.extra,
        }

    async def hits(self) -> list[str]:
        """What was found where; empty is good."""
        places = await self.gather()
        empty = sorted(name for name, content in places.items() if not content and name != "stdout")
        assert set(empty) <= {"stderr"}, f"nothing was gathered of {empty}"
        return search.find(self.secrets(), places)

    def _keep_acks(self) -> None:
        delivery = self.sandbox.slack.delivery
        for name in ("command", "interaction", "event"):
            setattr(delivery, name, self._keeping(getattr(delivery, name)))

    def _keeping(self, send: Any) -> Any:
        async def sent(payload: Mapping[str, Any], **more: Any) -> Ack:
            ack: Ack = await send(payload, **more)
            answer = [ack.status, ack.body, dict(ack.headers or {})]
            if dict(payload.get("view") or {}).get("callback_id") == Callback.REVEAL:
                self.revealed.append((payload["user"]["id"], _as_bytes(answer)))
            else:
                self.acks.append(answer)
            return ack

        return sent

    def _root_keys(self) -> dict[str, str | bytes]:
        lines = (self.folder / FILE_NAME).read_text().split() if (self.folder / FILE_NAME).exists() else []
        encoded = [it.partition(":")[2] for it in lines]
        return {
            **{f"encryption key {number}": it for number, it in enumerate(encoded)},
            **{
                f"encryption key {number}, as bytes": base64.b64decode(it)
                for number, it in enumerate(encoded)
            },
        }


@asynccontextmanager
async def raise_stage(folder: Path, **arguments: Any) -> AsyncIterator[Stage]:
    """A started sandbox with an ear on it from the first moment; the bot has no client ID of its own."""
    settings = {"cw_client_id": "", **arguments.pop("settings", {})}
    sandbox = Sandbox(data_dir=folder, settings=settings, **arguments)
    with listen(sandbox) as (log, own), _traced() as spans:
        async with sandbox:
            sandbox.slack.delivery.ack_seconds = _PATIENCE
            for logger in _loggers():  # the bot has made some, and turned some down
                logger.setLevel(logging.DEBUG)
            yield Stage(sandbox, folder, log, own, spans)


class _Spans(InMemorySpanExporter):
    def shutdown(self) -> None:
        """A bot has ended; the next one sends its spans here too."""


@contextmanager
def _traced() -> Iterator[InMemorySpanExporter]:
    """Every bot sends its spans here."""
    exporter = _Spans()

    def open_tracing() -> OpenTelemetryTracing:
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        return OpenTelemetryTracing(provider)

    with patch("bot.runtime.bot.open_tracing", open_tracing):
        yield exporter


@contextmanager
def listen(sandbox: Sandbox) -> Iterator[tuple[io.StringIO, list[str]]]:
    """Everything that is logged, at DEBUG and by whichever library: as it is written, and ours as it was before."""
    stream, own = io.StringIO(), _Own()
    written = configure_logging(level="DEBUG", style="json", redactor=sandbox.redactor, stream=stream)
    root = logging.getLogger()
    root.addHandler(own)
    levels = {it: it.level for it in _loggers()}
    for logger in levels:
        logger.setLevel(logging.DEBUG)
    try:
        yield stream, own.said
    finally:
        for handler in (written, own):
            root.removeHandler(handler)
        for logger, level in levels.items():
            logger.setLevel(level)


def _loggers() -> list[logging.Logger]:
    libraries = ("slack_bolt", "slack_sdk", "aiohttp", "redis", "asyncio", "cw_bot.bolt")
    named = [logging.getLogger(it) for it in libraries]
    there = [it for it in logging.root.manager.loggerDict.values() if isinstance(it, logging.Logger)]
    return [*dict.fromkeys([*named, *there])]


class _Own(logging.Handler):
    """Our own records as they are put together; what an exception says is the formatter's to mask."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in ("bot", "handlers", "cw_bot"):
            message = record.msg if isinstance(record.msg, dict) else record.getMessage()
            shown = (
                {k: v for k, v in message.items() if k != "exc_info"}
                if isinstance(message, dict)
                else message
            )
            self.said.append(repr(shown))


def typed_keys(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    """What goes into modal 2, the client ID with it."""
    return key_fields(sandbox, **{"Client ID": CLIENT_ID, **changes})


def second_pair(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    """The API member's other keys."""
    site = sandbox.connectwise
    return {"Public key": site.second_public_key, "Private key": site.second_private_key, **changes}


def modal_text(person: Person) -> str:
    """What stands in the modal on top."""
    return person.modal.text if person.modal else ""


def _as_bytes(value: Any) -> bytes:
    return json.dumps(value, default=str, ensure_ascii=False).encode()
