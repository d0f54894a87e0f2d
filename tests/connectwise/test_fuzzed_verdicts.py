"""A ConnectWise that answers anything at all: there is always a report, and it never blames us for it."""

import asyncio
import base64
import gzip
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from bot.connectwise import ConnectWiseSites
from bot.domain.catalogue import entries
from bot.domain.instance import Filter, Profile
from bot.domain.report import LAYERS, Report, State
from bot.sandbox.connectwise.gateway import Call, Gateway
from bot.sandbox.connectwise.identity import CLIENT_ID, COMPANY, FIRST_PAIR
from bot.sandbox.connectwise.moods import Moods
from bot.sandbox.connectwise.world import API_MEMBER, build
from bot.services.verification import Target, Verifier
from tests.connectwise.conftest import Server
from tests.verification.conftest import keys

ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e308,
    10**400,
    "",
    "x" * 3000,
    "\x00\u202e",
    [],
    {},
    [[]],
    {"name": {}},
    [None],
)
STATUSES = (
    200,
    200,
    200,
    201,
    204,
    206,
    301,
    304,
    400,
    401,
    403,
    404,
    405,
    409,
    418,
    429,
    500,
    502,
    503,
    599,
)
HEADERS: tuple[dict[str, str], ...] = (
    {}, {}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "br"}, {"Content-Type": "text/html"},
    {"Retry-After": "soon"}, {"Retry-After": "1e9"}, {"Location": "http://169.254.169.254/"},
    {"X-Request-Id": "\x7f" * 99}, {"Set-Cookie": "a=b"},
)  # fmt: skip


def twisted(value: Any, chance: random.Random) -> Any:
    """The same JSON with some of its values replaced by others."""
    if chance.random() < 0.15:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {name: twisted(it, chance) for name, it in value.items() if chance.random() > 0.05}
    if isinstance(value, list):
        return [twisted(it, chance) for it in value[:40]]
    return value


def _json(body: bytes, chance: random.Random) -> bytes:
    return json.dumps(twisted(json.loads(body), chance)).encode() if body[:1] in b"[{" else body


BODIES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    lambda body, _: body,
    _json,
    _json,
    _json,
    lambda body, chance: body[: chance.randrange(len(body) + 1)],
    lambda _, chance: chance.randbytes(chance.randrange(2000)),
    lambda body, _: gzip.compress(body),
    lambda _, chance: json.dumps(chance.choice(ODD)).encode(),
    lambda _, chance: b"[" * chance.randrange(100_000),
    lambda body, _: b"\xef\xbb\xbf" + body,
    lambda body, _: b"<html><script>alert(1)</script>" + body,
)


class Fuzzer:
    """Answers like ConnectWise, more or less."""

    def __init__(self, seed: int, *, how_odd: float) -> None:
        self.chance = random.Random(seed)
        self.how_odd = how_odd
        self._gateway = Gateway(build(), Moods())

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {name.casefold(): value for name, value in request.headers.items()}
        call = Call(request.method, request.path, dict(request.query), headers, request.host)
        real = self._gateway.answer(call, "cw.test")
        if self.chance.random() > self.how_odd:
            return web.Response(status=real.status, body=real.body, content_type="application/json")
        status = self.chance.choice(STATUSES)
        body = b"" if status in (204, 304) else self.chance.choice(BODIES)(real.body, self.chance)
        return web.Response(status=status, body=body, headers=self.chance.choice(HEADERS))


def target() -> Target:
    pair = keys(FIRST_PAIR.public, FIRST_PAIR.private)
    return Target("cw.test", COMPANY, API_MEMBER, pair, CLIENT_ID, Filter(conditions="id > 1"), Profile.FULL)


def check(report: Report) -> None:
    """A report of eight layers, each in words of the catalogue; never a bug of ours, never a key."""
    assert [layer.name for layer in report.layers] == list(LAYERS)
    for layer in report.layers:
        assert layer.summary
        assert layer.error_key is None or layer.error_key in entries()
        assert layer.error_key != "internal"
        assert (layer.error_key is None) is (layer.state in {State.OK, State.SKIPPED})
    told = report.model_dump_json()
    assert Report.model_validate_json(told) == report
    token = base64.b64encode(f"{COMPANY}+{FIRST_PAIR.public}:{FIRST_PAIR.private}".encode()).decode()
    assert not {it for it in (FIRST_PAIR.public, FIRST_PAIR.private, token) if it in told}


@pytest.mark.parametrize("how_odd", [0.2, 0.6, 1.0])
async def test_whatever_a_site_answers_there_is_a_report(
    sites: ConnectWiseSites, server: Server, how_odd: float
) -> None:
    verifier = Verifier(sites)
    for seed in range(12):
        server.handler = Fuzzer(seed, how_odd=how_odd)
        async with asyncio.timeout(60):
            check(await verifier.verify(target()))


async def test_the_same_site_without_anything_odd_is_verified(
    sites: ConnectWiseSites, server: Server
) -> None:
    server.handler = Fuzzer(0, how_odd=0)
    report = await Verifier(sites).verify(target())
    assert {layer.state for layer in report.layers} <= {State.OK, State.WARN, State.UNKNOWN}
    check(report)
