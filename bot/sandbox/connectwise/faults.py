"""What comes instead of an answer: proxies, portals, throttles, and bodies that no parser likes."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

from aiohttp import web

from bot.sandbox.connectwise import answers
from bot.sandbox.connectwise.answers import Answer
from bot.sandbox.connectwise.listener import reset
from bot.sandbox.connectwise.moods import Moods

_HUGE_BYTES: Final = 10 * 1024 * 1024
_BOMB_BYTES: Final = 100 * 1024 * 1024
_CHUNK: Final = b" " * (1024 * 1024)
_GZIP: Final = 31  # zlib: the largest window, in a gzip envelope
_DRIPPED: Final = b'{"version":"v2026.1","isCloud":true,"cloudRegion":"NA"}'
_SYNTAX_ERROR: Final = "Condition Syntax Error (Line 1, Character 9) - Unrecognized value: =="
_NOISE: Final = bytes((i * 197 + 31) % 256 for i in range(512))


def _retry_after(moods: Moods) -> Answer:
    wish = moods["retry_after"]
    if wish == "date":
        at = datetime.now(UTC) + timedelta(seconds=30)
        return answers.throttled(30, format_datetime(at, usegmt=True))
    return answers.throttled(30, "") if wish == "absent" else answers.throttled(int(wish))


def _redirect() -> Answer:
    page = answers.html(302, "Found", "The document has moved.")
    return Answer(302, page.body, page.content_type, {"Location": "https://login.another-site.invalid/"})


@lru_cache(maxsize=1)
def _huge() -> Answer:
    return answers.as_json([{"id": 1, "name": "x" * 1000}] * (_HUGE_BYTES // 1000))


@lru_cache(maxsize=1)
def _bomb() -> Answer:
    """A hundred megabytes of blanks in gzip, made piece by piece so that nobody here has to hold them."""
    packer = zlib.compressobj(level=9, wbits=_GZIP)
    packed = [packer.compress(_CHUNK) for _ in range(_BOMB_BYTES // len(_CHUNK))]
    return Answer(200, b"".join([*packed, packer.flush()]), headers={"Content-Encoding": "gzip"})


_BODIES: Final[Mapping[str, Callable[[Moods], Answer]]] = {
    "down": lambda _: answers.html(503, "Service Unavailable", "We are down for maintenance."),
    "bad_gateway": lambda _: answers.html(502, "Bad Gateway", "The upstream server did not answer."),
    "timeout_500": lambda _: answers.timed_out(),
    "error_page": lambda _: answers.html(500, "Server Error", "Something went wrong."),
    "throttled": _retry_after,
    "firewall": lambda _: answers.html(403, "Access Denied", "Your address is not on the list."),
    "portal": lambda _: answers.html(200, "Welcome to the guest network", "Please accept the terms."),
    "redirect": lambda _: _redirect(),
    "ssl_required": lambda _: answers.ssl_required(),
    "cannot_route": lambda _: answers.cannot_route(),
    "condition_syntax": lambda _: answers.bad_condition(_SYNTAX_ERROR),
    "invalid_object": lambda _: answers.invalid("Company", "page", "page must be at least 1"),
    "unauthorized": lambda moods: answers.unauthorized(on_premises=moods["hosting"] == "on_premises"),
    "no_permission": lambda _: answers.forbidden(),
    "forbidden": lambda _: answers.not_allowed(),
    "no_endpoint": lambda _: answers.no_endpoint(),
    "not_found": lambda _: answers.not_found("Company", "7"),
    "not_found_page": lambda _: answers.html(404, "Not Found", "The resource cannot be found."),
    "empty": lambda _: Answer(200, b""),
    "not_json": lambda _: Answer(200, b"OK, but this is no JSON"),
    "truncated": lambda _: Answer(200, b'[{"id":1,"identifier":"Rewst","name":"Rew'),
    "wrong_types": lambda _: answers.as_json(
        {"CompanyName": 7, "Codebase": [], "IsCloud": {}, "id": "one", "count": "many"}
    ),
    "huge": lambda _: _huge(),
    "gzip_bomb": lambda _: _bomb(),
}


async def _hang_up(request: web.BaseRequest) -> web.StreamResponse:
    _abort(request)
    return web.Response()


def _abort(request: web.BaseRequest) -> None:
    transport = request.transport
    if transport is not None:
        socket = transport.get_extra_info("socket")
        if socket is not None:
            reset(socket)
        transport.abort()


async def _noise(request: web.BaseRequest) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.write(_NOISE)
        request.transport.close()
    return web.Response()


async def _cut(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": answers.JSON, "Content-Length": "5000"})
    await response.prepare(request)
    await response.write(b'[{"id":1,"identifier":"Rewst",')
    _abort(request)
    return response


async def _drip(request: web.BaseRequest, seconds: float) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"Content-Type": answers.JSON, "Content-Length": str(len(_DRIPPED))}
    )
    await response.prepare(request)
    for byte in _DRIPPED:
        await response.write(bytes([byte]))
        await asyncio.sleep(seconds)
    return response


Behaviour = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_BEHAVIOURS: Final[Mapping[str, Behaviour]] = {"reset": _hang_up, "random_bytes": _noise, "cut": _cut}


def fault_body(kind: str, moods: Moods) -> Answer | None:
    """The well-formed answer of a kind of the switch `answers`; None where the kind is something wilder."""
    maker = _BODIES.get(kind)
    return maker(moods) if maker else None


async def misbehave(kind: str, request: web.BaseRequest, moods: Moods) -> web.StreamResponse:
    """Do what no well-formed answer can express."""
    if kind == "drip":
        return await _drip(request, moods["drip_seconds"])
    return await _BEHAVIOURS[kind](request)
