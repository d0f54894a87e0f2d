"""The steps of opening a connection are told as they are, on whichever event loop the bot runs."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvloop
from yarl import URL

from bot.connectwise import Address, Limits
from bot.connectwise.guard import Guard
from bot.connectwise.probe import listening
from bot.connectwise.transport import Wires
from bot.domain.errors import ConnectWiseError
from bot.domain.evidence import Stage
from tests.connectwise.conftest import LOOPBACK, Names

Loop = Callable[[], asyncio.AbstractEventLoop]
Serve = Callable[[socket.socket], None]
SOON = Limits(connect_seconds=0.4, read_seconds=5, total_seconds=10)
PATIENT = Limits(connect_seconds=10, read_seconds=10, total_seconds=20)


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> Loop:
    made: Loop = request.param
    return made


def _answer(peer: socket.socket) -> None:
    while peer.recv(4096):
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull")


def _hang_up(_: socket.socket) -> None:
    """Nothing at all."""


def _wait(peer: socket.socket) -> None:
    while peer.recv(4096):
        pass


def _speak_plainly(peer: socket.socket) -> None:
    peer.sendall(b"220 mail.test ESMTP\r\n")
    _wait(peer)


@contextlib.contextmanager
def _serving(serve: Serve, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server for one connection, in a thread of its own."""

    def accept() -> None:
        with contextlib.suppress(OSError):  # a client that does not like us
            peer, _ = bound.accept()
            with context.wrap_socket(peer, server_side=True) if context else peer as it:
                serve(it)

    with socket.create_server(("127.0.0.1", 0)) as bound:
        bound.settimeout(20)
        thread = threading.Thread(target=accept)
        thread.start()
        yield bound.getsockname()[1]
        thread.join()


async def _heard(port: int, trusted: Path | None, limits: Limits, *, times: int = 1) -> list[tuple[str, str]]:
    """Every step that was told, each with how it stood; and the key that came of it all."""
    names = Names({"cw.test": [[Address("127.0.0.1", port)]]})
    wires = Wires(Guard(LOOPBACK), resolver=names, ca_bundle=trusted, limits=limits)
    heard: list[tuple[str, str]] = []

    def hear(it: Stage) -> None:
        how = it.error.key if it.error else "ok" if it.duration_ms is not None else "begun"
        heard.append((it.name, how))

    try:
        with listening(hear):
            for _ in range(times):
                reply = await wires.get(URL(f"https://cw.test:{port}/x"), {})
                assert (reply.status, reply.body) == (200, b"null")
    except ConnectWiseError as error:
        heard.append(("in the end", error.key))
    finally:
        await wires.close()
    return heard


def _tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


UP_TO_TLS = [("dns", "begun"), ("dns", "ok"), ("tcp", "begun"), ("tcp", "ok"), ("tls", "begun")]


def test_a_connection_is_told_step_by_step_and_used_again_in_silence(loop: Loop, certificate: Path) -> None:
    async def play() -> list[tuple[str, str]]:
        with _serving(_answer, _tls(certificate)) as port:
            return await _heard(port, certificate, PATIENT, times=3)

    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(play()) == [*UP_TO_TLS, ("tls", "ok")]


@pytest.mark.parametrize(
    ("serve", "key"),
    [(_hang_up, "tls_cut"), (_wait, "tls_timeout"), (_speak_plainly, "tls_not_spoken")],
    ids=["hangs up", "says nothing", "speaks no TLS"],
)
def test_who_answers_but_not_in_tls_fails_at_tls(loop: Loop, serve: Serve, key: str) -> None:
    async def play() -> list[tuple[str, str]]:
        with _serving(serve) as port:
            return await _heard(port, None, SOON if serve is _wait else PATIENT)

    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(play()) == [*UP_TO_TLS, ("tls", key), ("in the end", key)]


def test_a_certificate_that_is_not_believed_fails_at_tls(loop: Loop, certificate: Path) -> None:
    async def play() -> list[tuple[str, str]]:
        with _serving(_answer, _tls(certificate)) as port:
            return await _heard(port, None, PATIENT)

    with asyncio.Runner(loop_factory=loop) as runner:
        told = runner.run(play())
    assert told == [*UP_TO_TLS, ("tls", "tls_self_signed"), ("in the end", "tls_self_signed")]


def test_a_port_that_nobody_listens_at_fails_at_tcp(loop: Loop) -> None:
    async def play() -> list[tuple[str, str]]:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            return await _heard(bound.getsockname()[1], None, PATIENT)

    with asyncio.Runner(loop_factory=loop) as runner:
        told = runner.run(play())
    assert told == [*UP_TO_TLS[:3], ("tcp", "tcp_refused"), ("in the end", "tcp_refused")]
