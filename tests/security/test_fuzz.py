"""Fuzzing the front door, with and without the signing secret: never a 5xx, and nothing of what was sent in the log.

The examples are the same in every run (`derandomize`), so that CI fails for a change and not by chance.
"""

import asyncio
import io
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.runtime.logging import configure_logging
from bot.runtime.redaction import Redactor
from bot.sandbox.slack.signing import sign
from handlers.ids import Action, Callback, Menu
from tests.runtime.door import SECRET, Front, front
from tests.security.matrix import ROWS, Row
from tests.security.mutations import CANARY, CHANGES, VALUES, mutate, places
from tests.security.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    """All that is logged at DEBUG, by whichever library."""
    stream = io.StringIO()
    loud = [
        logging.getLogger(it)
        for it in ("slack_bolt", "slack_sdk", "aiohttp", "aiohttp.server", "aiohttp.client")
    ]
    handler = configure_logging(level="DEBUG", style="json", redactor=Redactor(), stream=stream)
    for logger in loud:
        logger.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(logging.WARNING)
        for logger in loud:
            logger.setLevel(logging.NOTSET)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def door() -> AsyncIterator[Front]:
    async with front() as it:
        yield it


def _assert_calm(status: int, text: str, logged: str) -> None:
    assert status < 500, (status, text)
    assert "Traceback" not in text
    assert CANARY not in logged, logged[max(0, logged.index(CANARY) - 600) :][:1200]


_KINDS = st.sampled_from(
    [
        "application/x-www-form-urlencoded",
        "application/json",
        "application/json; charset=utf-7",
        "text/plain",
        "multipart/form-data; boundary=x",
        "",
    ]
)
_FORMS = st.dictionaries(
    st.sampled_from(["payload", "command", "team_id", "user_id", "text", "ssl_check", "type", CANARY]),
    st.one_of(st.text(max_size=30), VALUES.map(json.dumps)),
    max_size=6,
).map(lambda it: urlencode(it, errors="replace").encode())
_BODIES = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=40).map(lambda it: b"payload=" + it),
    _FORMS,
    VALUES.map(lambda it: json.dumps(it).encode()),
    VALUES.map(
        lambda it: b'{"type": "block_actions", "team": {"id": "T1HOME"}, "x": %s}' % json.dumps(it).encode()
    ),
    VALUES.map(lambda it: b"payload=" + urlencode({"": json.dumps(it)}, errors="replace").encode()[1:]),
)


@given(body=_BODIES, kind=_KINDS)
@example(body=b"payload=" + b"%5B" * 5000, kind="application/x-www-form-urlencoded")
@example(body=b'{"type":"event_callback","event":null}', kind="application/json")
@example(body=b'{"type":"view_submission","view":5,"team":{"id":"T1HOME"}}', kind="application/json")
@_bounded(250)
async def test_no_signed_body_whatever_it_is_ends_in_a_fault(door: Front, body: bytes, kind: str) -> None:
    with _logged() as stream:
        # Each at a time of its own: the same bytes again would be a replay.
        status, text = await door.send(body, headers={"Content-Type": kind})
    _assert_calm(status, text, stream.getvalue())


_HEADER_VALUES = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60),
    st.sampled_from(["", "0", "-1", "9" * 40, "1e9", "v0=", "v0=" + "0" * 64, "v1=" + "0" * 64, CANARY]),
)
_HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "X-Slack-Request-Timestamp",
            "X-Slack-Signature",
            "X-Slack-Retry-Num",
            "X-Slack-Retry-Reason",
            "X-Slack-Bolt-Lazy-Only",
            "X-Slack-Bolt-Lazy-Function-Name",
            "Content-Type",
            "Content-Encoding",
            "X-Forwarded-For",
            "Cookie",
            "Accept-Encoding",
            "User-Agent",
            "X-Http-Method-Override",
        ]
    ),
    _HEADER_VALUES,
    max_size=6,
)


@given(headers=_HEADERS, is_signed=st.booleans())
@_bounded(150)
async def test_no_header_ends_in_a_fault_and_none_lets_an_unsigned_body_in(
    door: Front, headers: dict[str, str], is_signed: bool
) -> None:
    body = urlencode({"command": "/cw-setup", "text": CANARY, "team_id": "T1HOME", "n": str(time.time_ns())})
    before = len(door.heard)
    with _logged() as stream:
        status, text = await door.send(body, headers=headers, secret=SECRET if is_signed else "other")
    _assert_calm(status, text, stream.getvalue())
    if not is_signed:
        # 415 comes before the body is read, and so before the signature can be.
        assert status in (401, 415)
        assert len(door.heard) == before


_REQUEST_LINES = st.sampled_from(
    [
        b"POST /slack/events HTTP/1.1",
        b"POST /slack/events HTTP/1.0",
        b"POST /slack/events HTTP/9.9",
        b"POST http://elsewhere.example/slack/events HTTP/1.1",
        b"GET /slack/events?payload=" + CANARY.encode() + b" HTTP/1.1",
        b"POST /%2e%2e/" + CANARY.encode() + b" HTTP/1.1",
        b"BREW /slack/events HTTP/1.1",
        b"POST " + b"/x" * 5000 + b" HTTP/1.1",
    ]
)
_RAW_HEADERS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                b"Host: x",
                b"Content-Length: 3",
                b"Content-Length: -3",
                b"Content-Length: 99999999999999999999",
                b"Content-Length: 3\r\nContent-Length: 4",
                b"Transfer-Encoding: chunked",
                b"Transfer-Encoding: chunked, identity",
                b"Transfer-Encoding: chunked\r\nContent-Length: 3",
                b"Expect: 100-continue",
                b"Connection: upgrade\r\nUpgrade: websocket",
                b" folded: " + CANARY.encode(),
                b"X: " + b"a" * 9000,
                b"X\x00Y: 1",
            ]
        ),
        st.binary(max_size=20).map(lambda it: b"X-A: " + it.replace(b"\n", b"").replace(b"\r", b"")),
    ),
    max_size=5,
)


@given(line=_REQUEST_LINES, headers=_RAW_HEADERS, body=st.binary(max_size=20))
@_bounded(120)
async def test_no_bytes_on_the_wire_end_in_a_fault(
    door: Front, line: bytes, headers: Sequence[bytes], body: bytes
) -> None:
    with _logged() as stream:
        answer = await _speak(door, b"\r\n".join([line, *headers, b"", body]))
    status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 400
    _assert_calm(status, answer.decode("latin-1"), stream.getvalue())
    assert CANARY not in answer.decode("latin-1")
    assert b"python" not in answer.lower()


async def _speak(door: Front, raw: bytes) -> bytes:
    """What is answered to some bytes: head and as much of the body as came with it; empty where the door just closed."""
    host, port = door.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(raw)
        return await reader.readuntil(b"\r\n\r\n") + await reader.read(1)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
    finally:
        writer.close()


@given(row=st.sampled_from(ROWS), changes=CHANGES)
@_bounded(200)
async def test_no_genuine_payload_with_something_wrong_in_it_ends_in_a_fault(
    on: Stage, row: Row, changes: list[tuple[float, str, Any]]
) -> None:
    """By an admin, so that it gets as far as it can; every kind of request, properly signed."""
    await _send_mutant(on, mutate(row.build(on, on.sender("ben")), changes))
    await on.restore()


# One of each shape; of what a person sees in a modal the bot reads nothing but ids and types.
_SHAPES = [
    next(it for it in ROWS if it.surface == "command"),
    next(it for it in ROWS if it.id == Action.TAKE_STEP),
    next(it for it in ROWS if it.id == Action.HAND_OVER),
    next(it for it in ROWS if it.entry == Menu.EDIT),
    next(it for it in ROWS if it.id == Callback.EDIT),
    next(it for it in ROWS if it.surface == "options"),
    next(it for it in ROWS if it.surface == "home"),
]


@pytest.mark.parametrize("row", _SHAPES, ids=lambda it: str(it.name))
async def test_whatever_is_wrong_in_one_place_of_a_payload_is_no_fault(on: Stage, row: Row) -> None:
    size = len(list(places(row.build(on, on.sender("ben")))))
    for number in range(0, size, max(1, size // 40)):
        for odd in (f"{CANARY}\n\ud800", {CANARY: [CANARY]}, None):
            body = deepcopy(row.build(on, on.sender("ben")))
            holder, key = list(places(body))[number]
            holder[key] = odd
            await _send_mutant(on, body)
    await on.restore()


async def _send_mutant(on: Stage, body: dict[str, Any]) -> None:
    with _logged() as stream:
        status, text = await _post(on, body)
        await on.rest()
    _assert_calm(status, text, stream.getvalue())


async def _post(on: Stage, body: dict[str, Any]) -> tuple[int, str]:
    assert on.sandbox.bot is not None
    if "command" in body:
        form = {key: it if isinstance(it, str) else json.dumps(it) for key, it in body.items()}
        raw = urlencode(form, errors="replace").encode()
    elif body.get("type") == "event_callback" or "event" in body:
        raw = json.dumps(body).encode()
    else:
        raw = urlencode({"payload": json.dumps(body)}).encode()
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json" if raw[:1] == b"{" else "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": sign(on.sandbox.slack.signing_secret, timestamp, raw),
    }
    session = on.sandbox.slack.delivery._session
    assert session is not None
    async with session.post(f"{on.sandbox.bot.url}/slack/events", data=raw, headers=headers) as answer:
        return answer.status, await answer.text()
