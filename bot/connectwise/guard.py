"""Which addresses may be dialled: the guard that stands where connections are opened.

A name that somebody typed must not lead the bot into its own network. So the name is resolved once, every
answer is held against our own list, and one of the checked addresses is dialled, never the name again.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.connectwise.errors import NameUnknownError, TargetRefusedError
from bot.connectwise.probe import Dial, current_dial

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

HTTPS_PORT: Final = 443
MAX_ADDRESSES: Final = 4  # of a name that are tried

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
        # Twice a connection, and about the same few addresses: the lists do not change while the bot runs.
        self._judge = lru_cache(maxsize=4096)(self._is_fine)

    def check(self, addresses: Sequence[Address]) -> None:
        """Raise `TargetRefusedError` unless every address may be dialled."""
        if not addresses or not all(map(self._judge, addresses)):
            raise TargetRefusedError

    def _is_fine(self, address: Address) -> bool:
        try:
            ip = ipaddress.ip_address(address.ip)
        except ValueError:
            return False
        if any(ip in network for network in self._allowed):
            return True
        return address.port == HTTPS_PORT and is_public(ip)


class GuardedResolver(AbstractResolver):
    """What aiohttp asks for the addresses of a name: only such as may be dialled, all of them, or none.

    Args:
        guard: the judge.
        resolver: replaces the system's.
        seconds: how long a look-up may take.
    """

    def __init__(self, guard: Guard, *, resolver: Resolver | None = None, seconds: float) -> None:
        self._guard = guard
        self._resolver = resolver or SystemResolver()
        self._seconds = seconds

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - aiohttp's interface
    ) -> list[ResolveResult]:
        """Look the name up once. Raises `NameUnknownError` and `TargetRefusedError`."""
        current_dial().enter("dns")
        addresses = await self._look_up(host, port)
        self._guard.check(addresses)
        return [_as_aiohttp_has_it(host, it) for it in addresses[:MAX_ADDRESSES]]

    async def close(self) -> None:
        """Nothing to close."""

    async def _look_up(self, host: str, port: int) -> Sequence[Address]:
        try:
            async with asyncio.timeout(self._seconds):
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


class GuardedSockets:
    """Makes every socket that is connected, and so has the last look: an address that was typed is never looked up."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def __call__(self, target: AddrInfoType) -> socket.socket:
        """A socket to be connected to what `getaddrinfo` would call this. Raises `TargetRefusedError`."""
        family, kind, protocol, _, address = target
        dial = current_dial()
        if not dial.has_begun:
            dial.enter("dns")
        self._guard.check([Address(str(address[0]), int(address[1]))])
        dial.enter("tcp")
        return socket.socket(family, kind, protocol)


class StagedHandshake(ssl.SSLObject):
    """A TLS connection that tells how its handshake goes; set as `SSLContext.sslobject_class`."""

    _dial: Dial | None = None

    def do_handshake(self) -> None:
        """One more step of it; waits by raising `ssl.SSLWantReadError`, as ever."""
        if self._dial is None:
            self._dial = current_dial()
            self._dial.enter("tls")
        super().do_handshake()
        self._dial.done()


def _as_aiohttp_has_it(host: str, address: Address) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address.ip,
        port=address.port,
        family=socket.AF_INET6 if ":" in address.ip else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )
