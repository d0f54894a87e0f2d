"""A small HTTPS server of one's own, and sites that may reach it."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.connectwise import Address, ConnectWiseSites, Limits

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
# A machine under load takes its time; only who waits for just that gives up soon.
PATIENT = Limits(connect_seconds=10, read_seconds=10, total_seconds=20)
SHORT = Limits(connect_seconds=0.5, read_seconds=0.3, total_seconds=0.6)
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Names:
    """A resolver of one's own: each name to the next of its lists of addresses, the last one for ever."""

    answers: dict[str, list[list[Address]]]
    asked: list[str] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> list[Address]:
        self.asked.append(host)
        turns = self.answers[host]
        found = turns.pop(0) if len(turns) > 1 else turns[0]
        return [Address(it.ip, it.port or port) for it in found]


class Sleeper:
    """Waits no time at all, and remembers how long it was meant to."""

    def __init__(self) -> None:
        self.naps: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.naps.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for cw.test, to serve with and to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cw.test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("cw.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "cw.test.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@dataclass(slots=True)
class Server:
    """An HTTPS server at `cw.test` whose answer a test chooses; it keeps what it was asked."""

    port: int
    handler: Handler | None = None
    requests: list[web.BaseRequest] = field(default_factory=list)

    def answer(
        self, status: int = 200, body: bytes | str = b"{}", headers: dict[str, str] | None = None
    ) -> None:
        """Answer everything like this from now on."""

        async def handle(_: web.BaseRequest) -> web.Response:
            return web.Response(status=status, body=body, headers=headers)

        self.handler = handle

    def answer_in_turn(self, *responses: Callable[[], web.Response]) -> None:
        """One answer after another, the last one for ever."""
        left = list(responses)

        async def handle(_: web.BaseRequest) -> web.Response:
            return (left.pop(0) if len(left) > 1 else left[0])()

        self.handler = handle


@pytest.fixture
async def server(certificate: Path) -> AsyncIterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    made = Server(port=0)

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        made.requests.append(request)
        assert made.handler is not None
        return await made.handler(request)

    web_server = web.Server(handle, access_log=None)
    listening = await asyncio.get_running_loop().create_server(web_server, "127.0.0.1", 0, ssl=context)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    listening.close()
    await web_server.shutdown(0.1)
    await listening.wait_closed()


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


def sites_of(server: Server, certificate: Path, sleeper: Sleeper, limits: Limits) -> ConnectWiseSites:
    return ConnectWiseSites(
        allowed_networks=LOOPBACK,
        ca_bundle=certificate,
        resolver=Names({"cw.test": [[Address("127.0.0.1", server.port)]]}),
        limits=limits,
        sleep=sleeper,
    )


@pytest.fixture
async def sites(server: Server, certificate: Path, sleeper: Sleeper) -> AsyncIterator[ConnectWiseSites]:
    """Sites that know cw.test, trust it, and never really sleep."""
    made = sites_of(server, certificate, sleeper, PATIENT)
    yield made
    await made.close()


@pytest.fixture
async def hasty_sites(server: Server, certificate: Path, sleeper: Sleeper) -> AsyncIterator[ConnectWiseSites]:
    """The same, and soon out of patience."""
    made = sites_of(server, certificate, sleeper, SHORT)
    yield made
    await made.close()
