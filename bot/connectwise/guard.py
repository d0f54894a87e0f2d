"""Which addresses may be dialled: the guard that stands where connections are opened.

A name that somebody typed must not lead the bot into its own network. So the name is resolved once, every
answer is held against our own list, and one of the checked addresses is dialled, never the name again.
"""

import asyncio
import contextlib
import ipaddress
import select
import socket
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import httpcore

from bot.connectwise.errors import NameUnknownError, TargetRefusedError
from bot.connectwise.probe import staged

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

HTTPS_PORT: Final = 443
_MAX_TRIED: Final = 4
_LEAST_ATTEMPT_SECONDS: Final = 0.5

# `ipaddress.is_global` is not enough: it lets multicast, NAT64, 6to4, site-local and IPv4-compatible
# addresses pass.
_DENIED_IPV4: Final = tuple(
    ipaddress.IPv4Network(it)
    for it in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and one cloud's metadata service
        "127.0.0.0/8",
        "168.63.129.16/32",  # another cloud's host agent
        "169.254.0.0/16",  # link-local, and the usual metadata service
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# IPv6 is told the other way round: only 2000::/3 is handed out, and of it not these.
_GLOBAL_IPV6: Final = ipaddress.IPv6Network("2000::/3")
_DENIED_IPV6: Final = tuple(
    ipaddress.IPv6Network(it)
    for it in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3ffe::/16",  # the retired 6bone
        "3fff::/20",  # documentation
    )
)


@dataclass(frozen=True, slots=True)
class Address:
    """One answer of a resolver: a literal address and the port to dial there."""

    ip: str
    port: int


class Resolver(Protocol):
    """Turns a name into addresses. Raises `OSError` (usually `socket.gaierror`) where it cannot."""

    async def resolve(self, host: str, port: int) -> Sequence[Address]:
        """Every address of the host."""
        ...


class SystemResolver:
    """The operating system's own resolver."""

    async def resolve(self, host: str, port: int) -> Sequence[Address]:
        """Every address of the host, in the system's order of preference."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        return tuple(dict.fromkeys(Address(str(info[4][0]), port) for info in found))


def is_public(address: IPAddress) -> bool:
    """Whether an address belongs to the public internet, by our own list."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _DENIED_IPV4)
    return address in _GLOBAL_IPV6 and not any(address in network for network in _DENIED_IPV6)


class Guard:
    """Judges resolved addresses. `allowed_networks` may be dialled although not public, on any port."""

    def __init__(self, allowed_networks: Iterable[IPNetwork] = ()) -> None:
        self._allowed = tuple(allowed_networks)

    def check(self, addresses: Sequence[Address]) -> None:
        """Raise `TargetRefusedError` unless every address may be dialled."""
        if not addresses or not all(self._is_fine(address) for address in addresses):
            raise TargetRefusedError

    def _is_fine(self, address: Address) -> bool:
        try:
            ip = ipaddress.ip_address(address.ip)
        except ValueError:
            return False
        if any(ip in network for network in self._allowed):
            return True
        return address.port == HTTPS_PORT and is_public(ip)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """httpcore's network, behind the guard; tells the listener of `probe.listening` how each step went."""

    def __init__(
        self,
        guard: Guard,
        *,
        resolver: Resolver | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._guard = guard
        self._resolver = resolver or SystemResolver()
        self._network = network or httpcore.AnyIOBackend()
        self._leftovers: set[asyncio.Task[None]] = set()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check every answer, dial one of them."""
        with staged("dns"):
            addresses = await self._resolve(host, port, timeout)
            self._guard.check(addresses)
        with staged("tcp"):
            stream = await self._dial(addresses[:_MAX_TRIED], timeout, local_address, socket_options)
        return _StagedStream(stream)

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 - httpcore's interface
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - same
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002 - same
    ) -> httpcore.AsyncNetworkStream:
        """Never: ConnectWise does not live in a file."""
        raise TargetRefusedError

    async def sleep(self, seconds: float) -> None:
        """Wait, for httpcore's own purposes."""
        await self._network.sleep(seconds)

    async def aclose(self) -> None:
        """Wait for connections that nobody wants any more; each is bounded by its own time-out."""
        await asyncio.gather(*self._leftovers)

    async def _resolve(self, host: str, port: int, seconds: float | None) -> Sequence[Address]:
        try:
            async with asyncio.timeout(seconds):
                return await self._resolver.resolve(host, port)
        except TimeoutError:
            raise NameUnknownError(temporary=True) from None
        except socket.gaierror as error:
            raise NameUnknownError(temporary=error.errno == socket.EAI_AGAIN) from error
        except (
            OSError,
            UnicodeError,
        ):  # a label that is too long or empty is a UnicodeError of the idna codec
            raise NameUnknownError(temporary=False) from None

    async def _dial(
        self,
        addresses: Sequence[Address],
        seconds: float | None,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        options = tuple(socket_options or ())
        # The first address must not eat the others' time: the second may be the one with a route.
        share = None if seconds is None else max(seconds / len(addresses), _LEAST_ATTEMPT_SECONDS)
        failure: Exception = TargetRefusedError()
        for address in addresses:
            try:
                return await self._connect(address, share, local_address, options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _connect(
        self,
        address: Address,
        seconds: float | None,
        local_address: str | None,
        options: Sequence[httpcore.SOCKET_OPTION],
    ) -> httpcore.AsyncNetworkStream:
        connecting = asyncio.ensure_future(
            self._network.connect_tcp(address.ip, address.port, seconds, local_address, options)
        )
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            # Cancelled at the wrong moment anyio loses the socket it has just connected, so it is let finish.
            leftover = asyncio.ensure_future(_discard(connecting))
            self._leftovers.add(leftover)
            leftover.add_done_callback(self._leftovers.discard)
            raise


async def _discard(connecting: "asyncio.Future[httpcore.AsyncNetworkStream]") -> None:
    with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
        await (await connecting).aclose()


class _StagedStream(httpcore.AsyncNetworkStream):
    """A stream that tells how its TLS handshake went.

    It also knows its socket: httpcore asks each connection that lies idle whether it is readable (which means that it was
    closed) before every request, and anyio collects all that it knows of a stream to answer.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._socket = stream.get_extra_info("socket")

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
    ) -> httpcore.AsyncNetworkStream:
        try:
            with staged("tls"):
                return _StagedStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))
        except BaseException:  # httpcore closes it after an error, and forgets it when it is cancelled
            await self._stream.aclose()
            raise

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - same
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - same
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> object:
        if info == "is_readable" and self._socket is not None:
            return _is_readable(self._socket)
        return self._stream.get_extra_info(info)


def _is_readable(connected: socket.socket) -> bool:
    number = connected.fileno()
    if number < 0:
        return True
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))
