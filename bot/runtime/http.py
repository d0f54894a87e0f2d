"""The HTTP server: Slack's requests behind the signature, health, metrics."""

import asyncio
import errno
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.runtime.admission import Admission, Turned, is_handshake
from bot.runtime.course import Courses
from bot.runtime.logging import outline
from bot.runtime.metrics import Metrics
from bot.runtime.replays import Replays
from bot.runtime.routing import RoutedApp
from bot.slack.signature import RequestVerifier
from handlers.payload import read_actor

log = structlog.get_logger(__name__)

BODY_LIMIT_BYTES: Final = 1_000_000
BODY_SECONDS: Final = 10.0
_MOST_FIELDS: Final = 100
_JSON: Final = "application/json"

# Nothing here is meant for a browser: no frame, no script, no cache, no guessing, and no word about the software.
SECURITY_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Server": "cw-bot",
}
# Headers are not part of what Slack signs, and Bolt obeys some (`X-Slack-Bolt-Lazy-Only`): these alone go on.
_HEADERS_FOR_BOLT: Final = ("content-type", "x-slack-retry-num", "x-slack-retry-reason")
_KINDS: Final = frozenset({"block_actions", "view_submission", "view_closed", "block_suggestion"})

Check = Callable[[], Awaitable[bool]]


class _RefusedError(Exception):
    """A request that goes no further. Carries nothing of it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def build_server(
    *,
    app: RoutedApp,
    verifier: RequestVerifier | None,
    admission: Admission,
    replays: Replays,
    metrics: Metrics,
    is_ready: Check,
    courses: Courses,
) -> web.Application:
    """The routes. Without a verifier (Socket Mode without a signing secret) nothing is taken over HTTP."""
    door = _Door(app, verifier, admission=admission, replays=replays, metrics=metrics)

    async def live(_: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def ready(_: web.Request) -> web.Response:
        is_it = await is_ready()
        return web.Response(text="ready\n" if is_it else "not ready\n", status=200 if is_it else 503)

    async def measured(_: web.Request) -> web.Response:
        return web.Response(body=metrics.render(), headers={"Content-Type": metrics.content_type})

    async def harden(_: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(SECURITY_HEADERS)

    server = web.Application(client_max_size=BODY_LIMIT_BYTES)
    server.on_response_prepare.append(harden)
    server.router.add_post("/slack/events", courses.around(door.admit))
    server.router.add_get("/livez", live)
    server.router.add_get("/readyz", ready)
    server.router.add_get("/metrics", measured)
    return server


class _Door:
    """Lets Slack's own requests in.

    In this order, each before the next is looked at: the form of the signature's headers, the size, the signature, the
    encoding and shape of the body, the workspace and app it is for, whether it was here before.
    """

    def __init__(
        self,
        app: RoutedApp,
        verifier: RequestVerifier | None,
        *,
        admission: Admission,
        replays: Replays,
        metrics: Metrics,
    ) -> None:
        self._app = app
        self._verifier = verifier
        self._admission = admission
        self._replays = replays
        self._metrics = metrics

    async def admit(self, request: web.Request) -> web.Response:
        """Answer one request."""
        try:
            raw, signature = await self._read_genuine(request)
            started = time.perf_counter()
            body = read_body(raw, request.content_type)
            answer = await self._answer(request, body, signature)
        except _RefusedError as refused:
            self._metrics.refused.labels(reason=refused.reason).inc()
            log.warning("request_refused", reason=refused.reason)
            return web.Response(status=refused.status, text="refused\n")
        except Exception as error:  # noqa: BLE001 - by its outline: what an error says here may be what was typed
            log.error("door_failed", error=type(error).__name__, at=outline(error))  # noqa: TRY400 - as above
            return web.Response(status=500, text="failed\n")
        self._metrics.acks.labels(kind=name_kind(body)).observe(time.perf_counter() - started)
        return answer

    async def _read_genuine(self, request: web.Request) -> tuple[bytes, str]:
        """The body, once it is proved to be Slack's."""
        verifier = self._verifier
        if verifier is None:
            raise _RefusedError(404, "no_signing_secret")
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not verifier.is_plausible(timestamp=timestamp, signature=signature, now=time.time()):
            raise _RefusedError(401, "signature")
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            # Slack packs nothing; aiohttp would unpack it before anybody has proved who sends it.
            raise _RefusedError(415, "encoding")
        raw = await _read_whole(request)
        if not verifier.is_genuine(raw, timestamp=timestamp, signature=signature, now=time.time()):
            raise _RefusedError(401, "signature")
        return raw, signature

    async def _answer(self, request: web.Request, body: dict[str, Any], signature: str) -> web.Response:
        turned = await self._admission.judge(body)
        if turned is not None:
            return _turn_away(turned)
        if _counts(body) and not await self._replays.is_first(read_actor(body).team_id, signature):
            raise _RefusedError(401, "replay")
        return _as_response(await self._dispatch(request, body))

    async def _dispatch(self, request: web.Request, body: dict[str, Any]) -> BoltResponse:
        try:
            if (answer := await self._app.deliver(body)) is not None:
                return answer
            headers: dict[str, str | Sequence[str]] = {
                name: [request.headers[name]] for name in _HEADERS_FOR_BOLT if name in request.headers
            }
            # The parsed body goes in as it does from a socket: Bolt's own reading of forms takes any text with the word
            # "payload" in it for an interaction.
            bolt_request = AsyncBoltRequest(
                body=body, headers=headers, context={"is_admitted": True}, mode="socket_mode"
            )
            return await self._app.async_dispatch(bolt_request)
        except Exception as error:  # noqa: BLE001 - signed, yet not Slack's: Bolt reads shapes without looking
            log.warning("request_unreadable", error=type(error).__name__, at=outline(error))
            raise _RefusedError(400, "unreadable") from None


def _counts(body: dict[str, Any]) -> bool:
    """Whether a request may come only once.

    A select that asks for its options twice within a second sends the same bytes twice: nothing in them is unique, and
    they change nothing.
    """
    return not is_handshake(body) and body.get("type") != "block_suggestion"


def read_body(raw: bytes, content_type: str) -> dict[str, Any]:
    """A request's body as a dictionary: JSON, a form, or the JSON in a form's `payload`.

    Raises an error that is a refusal where it is none of these; nothing of the body is in it.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise _RefusedError(400, "not_utf8") from None
    try:
        if content_type == _JSON or text.startswith("{"):
            body = json.loads(text)
        else:
            body = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
            if "payload" in body and "command" not in body:
                body = json.loads(body["payload"])
    except (ValueError, RecursionError):
        raise _RefusedError(400, "unreadable") from None
    if not isinstance(body, dict):
        raise _RefusedError(400, "unreadable")
    return body


async def _read_whole(request: web.Request) -> bytes:
    if (request.content_length or 0) > BODY_LIMIT_BYTES:
        raise _RefusedError(413, "too_large")
    try:
        if request.content.is_eof():  # it came with its head, as nearly all do: there is nothing to wait for
            return await request.read()
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _RefusedError(413, "too_large") from None
    except TimeoutError:
        raise _RefusedError(408, "too_slow") from None


def _turn_away(turned: Turned) -> web.Response:
    if turned.status == 200:
        return web.Response(text=turned.body, content_type=_JSON if turned.body else "text/plain")
    return web.Response(status=turned.status, text="refused\n")


def _as_response(answer: BoltResponse) -> web.Response:
    content_type = answer.first_headers().get("content-type", "text/plain; charset=utf-8")
    return web.Response(
        status=answer.status,
        body=answer.body.encode("utf-8", "replace"),
        headers={"Content-Type": content_type},
    )


def explain_deafness(error: OSError) -> str:
    """Why the server cannot listen, as a sentence for the operator."""
    if error.errno == errno.EADDRINUSE:
        return "CW_BOT_PORT is taken by another program on this address. Set it to a free one."
    if error.errno == errno.EACCES:
        return "CW_BOT_PORT may not be listened on by this user. Set it to one above 1023."
    return (
        "CW_BOT_HOST is no address of this machine. Set it to 127.0.0.1, or to 0.0.0.0 for all that it has."
    )


def name_kind(body: Mapping[str, Any]) -> str:
    """What kind of payload it is, for the metric."""
    if "command" in body:
        return "command"
    kind = str(body.get("type", ""))
    if kind in _KINDS:
        return kind
    return "event" if kind == "event_callback" else "other"
