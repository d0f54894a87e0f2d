"""The HTTP server: Slack's requests behind the signature, health, metrics."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from urllib.parse import parse_qs

import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.runtime.metrics import Metrics
from bot.slack.signature import RequestVerifier

log = structlog.get_logger(__name__)

BODY_LIMIT_BYTES: Final = 1_000_000
_HEADERS: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}

Check = Callable[[], Awaitable[bool]]


def build_server(
    *, app: AsyncApp, verifier: RequestVerifier | None, metrics: Metrics, is_ready: Check
) -> web.Application:
    """The routes. Without a verifier (Socket Mode without a signing secret) nothing is taken over HTTP."""
    door = _Door(app, verifier, metrics)

    async def live(_: web.Request) -> web.Response:
        return web.Response(text="alive\n", headers=_HEADERS)

    async def ready(_: web.Request) -> web.Response:
        is_it = await is_ready()
        return web.Response(
            text="ready\n" if is_it else "not ready\n", status=200 if is_it else 503, headers=_HEADERS
        )

    async def measured(_: web.Request) -> web.Response:
        return web.Response(body=metrics.render(), headers={**_HEADERS, "Content-Type": metrics.content_type})

    server = web.Application(client_max_size=BODY_LIMIT_BYTES)
    server.router.add_post("/slack/events", door.admit)
    server.router.add_get("/livez", live)
    server.router.add_get("/readyz", ready)
    server.router.add_get("/metrics", measured)
    return server


class _Door:
    """Lets Slack's own requests in: size, signature and encoding are proved before a byte is parsed or logged."""

    def __init__(self, app: AsyncApp, verifier: RequestVerifier | None, metrics: Metrics) -> None:
        self._app = app
        self._verifier = verifier
        self._metrics = metrics

    async def admit(self, request: web.Request) -> web.Response:
        """Answer one request."""
        started = time.perf_counter()
        if self._verifier is None:
            return self._refuse(404, "no_signing_secret")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return self._refuse(413, "too_large")
        if not self._is_genuine(self._verifier, request, body):
            return self._refuse(401, "signature")
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return self._refuse(400, "not_utf8")
        answer = await _dispatch(self._app, request, text)
        self._metrics.acks.labels(kind=_kind(text)).observe(time.perf_counter() - started)
        return answer

    @staticmethod
    def _is_genuine(verifier: RequestVerifier, request: web.Request, body: bytes) -> bool:
        return verifier.is_genuine(
            body,
            timestamp=request.headers.get("X-Slack-Request-Timestamp", ""),
            signature=request.headers.get("X-Slack-Signature", ""),
            now=time.time(),
        )

    def _refuse(self, status: int, reason: str) -> web.Response:
        self._metrics.refused.labels(reason=reason).inc()
        log.warning("request_refused", reason=reason)
        return web.Response(status=status, text="refused\n", headers=_HEADERS)


async def _dispatch(app: AsyncApp, request: web.Request, text: str) -> web.Response:
    headers: dict[str, str | Sequence[str]] = {name: [value] for name, value in request.headers.items()}
    try:
        bolt_request = AsyncBoltRequest(body=text, query=request.query_string, headers=headers)
    except ValueError:
        # Signed, yet not what Slack sends: there is nothing to answer but that.
        return web.Response(status=400, text="unreadable\n", headers=_HEADERS)
    answer = await app.async_dispatch(bolt_request)
    flat = {name: values[0] for name, values in answer.headers.items() if name.lower() != "content-type"}
    content_type = answer.first_headers().get("content-type", "text/plain; charset=utf-8")
    return web.Response(
        status=answer.status,
        body=answer.body.encode(),
        headers={**_HEADERS, **flat, "Content-Type": content_type},
    )


def _kind(text: str) -> str:
    if text.startswith("{"):
        return "event"
    if "command=" in text[:2000] and "payload=" not in text[:2000]:
        return "command"
    start = parse_qs(text[:400]).get("payload", [""])[0]
    for kind in ("block_actions", "view_submission", "view_closed", "block_suggestion"):
        if f'"type":"{kind}"' in start.replace(" ", ""):
            return kind
    return "other"
