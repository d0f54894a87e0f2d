"""Answers made to hurt: whatever comes, it ends in a key, in bounded time and memory."""

import asyncio
import gzip
import json
import random
import zlib

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.connectwise import ConnectWiseSites
from bot.connectwise.errors import AnswerTooBigError
from bot.connectwise.refusals import Reply, explain_refusal, read_json
from bot.connectwise.transport import _Gunzip
from bot.domain.catalogue import entries
from bot.domain.errors import ConnectWiseError
from bot.domain.instance import Credentials
from tests.connectwise.conftest import Server

KEYS = Credentials(public_key=SecretStr("publicPUBLIC1234"), private_key=SecretStr("privatePRIVATE56"))
MEGABYTE = 1024 * 1024


async def outcome(sites: ConnectWiseSites) -> str:
    try:
        await sites.site("cw.test").login("acme", KEYS).my_security()
    except ConnectWiseError as error:
        return error.key
    return "answered"


async def test_an_answer_without_end_is_not_read_to_its_end(sites: ConnectWiseSites, server: Server) -> None:
    left = asyncio.Event()

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for _ in range(200):
                await response.write(b" " * MEGABYTE)
        except ConnectionError:
            left.set()
        return response

    server.handler = handle
    assert await outcome(sites) == "answer_too_big"
    async with asyncio.timeout(5):
        await left.wait()


@pytest.mark.parametrize("layers", [1, 2])
async def test_a_gzip_bomb_does_not_go_off(sites: ConnectWiseSites, server: Server, layers: int) -> None:
    body = b" " * (50 * MEGABYTE)
    for _ in range(layers):
        body = gzip.compress(body)
    server.answer(body=body, headers={"Content-Encoding": ", ".join(["gzip"] * layers)})
    # A double packing is not what was asked for, so nothing is unpacked at all.
    assert await outcome(sites) == ("answer_too_big" if layers == 1 else "answer_unreadable")


async def test_an_honest_gzip_is_read(sites: ConnectWiseSites, server: Server) -> None:
    server.answer(body=gzip.compress(b"[]"), headers={"Content-Encoding": "gzip"})
    assert await outcome(sites) == "answered"


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "nonsense"])
async def test_a_body_that_is_not_packed_as_it_says_is_unreadable(
    sites: ConnectWiseSites, server: Server, encoding: str
) -> None:
    server.answer(body=b"\x00\x01 nothing of the kind", headers={"Content-Encoding": encoding})
    assert await outcome(sites) == "answer_unreadable"


async def test_an_answer_that_drips_for_ever_is_given_up(
    hasty_sites: ConnectWiseSites, server: Server
) -> None:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while request.transport is not None and not request.transport.is_closing():
            await response.write(b" ")
            await asyncio.sleep(0.02)
        return response

    server.handler = handle
    assert await outcome(hasty_sites) == "answer_timeout"


async def test_an_answer_that_never_begins_is_given_up(hasty_sites: ConnectWiseSites, server: Server) -> None:
    over = asyncio.Event()

    async def handle(_: web.BaseRequest) -> web.Response:
        await over.wait()
        return web.Response()

    server.handler = handle
    assert await outcome(hasty_sites) == "answer_timeout"
    over.set()


async def test_an_answer_that_breaks_off_is_cut(sites: ConnectWiseSites, server: Server) -> None:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"[")
        assert request.transport is not None
        request.transport.close()
        return response

    server.handler = handle
    assert await outcome(sites) == "answer_cut"


async def test_what_is_no_http_is_cut(sites: ConnectWiseSites, server: Server) -> None:
    async def handle(request: web.BaseRequest) -> web.Response:
        assert isinstance(request.transport, asyncio.Transport)
        request.transport.write(bytes(range(256)))
        request.transport.close()
        return web.Response()

    server.handler = handle
    assert await outcome(sites) == "answer_cut"


async def test_random_bodies_end_in_a_key_of_the_catalogue(sites: ConnectWiseSites, server: Server) -> None:
    chance = random.Random(7)
    for _ in range(60):
        status = chance.choice([200, 201, 204, 301, 400, 401, 403, 404, 418, 429, 500, 503, 599])
        server.answer(status, b"" if status == 204 else chance.randbytes(chance.randrange(200)))
        key = await outcome(sites)
        assert key == "answered" or key in entries()


@given(
    status=st.integers(100, 999),
    body=st.one_of(
        st.binary(max_size=300),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda it: (
                st.lists(it) | st.dictionaries(st.sampled_from(["code", "message", "error", "errors"]), it)
            ),
        ).map(lambda it: json.dumps(it).encode()),
    ),
    retry_after=st.text(max_size=40),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_refusal_is_explained(status: int, body: bytes, retry_after: str) -> None:
    error = explain_refusal(Reply(status, {"retry-after": retry_after}, body))
    assert error.key in entries()
    assert len(error.message) <= 300
    assert error.message.isprintable() or not error.message
    assert error.retry_after is None or 0 <= error.retry_after <= 3600


@given(data=st.binary(max_size=5000), cut=st.integers(0, 5000), noise=st.binary(max_size=20))
def test_unpacking_is_bounded_whatever_comes(data: bytes, cut: int, noise: bytes) -> None:
    packed = zlib.compressobj(wbits=31)
    stream = (packed.compress(data) + packed.flush())[:cut] + noise
    unpack = _Gunzip(1000)
    out = b""
    try:
        for start in range(0, len(stream), 7):
            out += unpack.feed(stream[start : start + 7])
    except AnswerTooBigError:
        assert len(data) > 1000
    assert len(out) <= 1000


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda it: st.lists(it, max_size=4) | st.dictionaries(st.text(), it, max_size=4),
        max_leaves=20,
    )
)
def test_json_is_read_as_python_reads_it(value: object) -> None:
    body = json.dumps(value).encode()
    assert read_json(body) == json.loads(body) == value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('{"a": 1}'.encode("utf-16"), {"a": 1}),
        (b'"\\ud800"', "\ud800"),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'"\\u0000"', "\x00"),
    ],
    ids=["byte order mark", "utf-16", "half of a pair", "twice the same name", "zero"],
)
def test_json_that_is_not_quite_right_is_read_all_the_same(body: bytes, value: object) -> None:
    assert read_json(body) == value


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"\xff\xfe\xff", b"[" * 200_000, b"1 2"])
def test_what_is_no_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the kinds of it are the parsers' own
        read_json(body)
