"""HTTP over the guarded network, with bodies that cannot hurt: aiohttp's connections, and nothing else of its comforts.

Bodies are read whole and capped twice, as they come and as they unpack. Unpacking is ours because the usual ones unpack
each chunk without a bound, and a "gzip, gzip" answer of a few kilobytes grows to gigabytes.
"""

import asyncio
import ssl
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import certifi
from yarl import URL

from bot.connectwise.errors import AnswerTooBigError
from bot.connectwise.guard import (
    MAX_ADDRESSES,
    Guard,
    GuardedResolver,
    GuardedSockets,
    Resolver,
    StagedHandshake,
)
from bot.connectwise.probe import Dialling
from bot.connectwise.refusals import Reply

MAX_BODY_BYTES: Final = 2 * 1024 * 1024
_GZIP_WINDOW: Final = 31  # zlib's number for "a gzip header, the largest window"
# Long enough between the questions of one check. What is left is closed all at once, so it must not be many.
_KEEPALIVE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and counts that bound every call.

    `connect_seconds` bounds the look-up of a name, and TCP and TLS together; with several addresses to try, all of it
    takes at most twice as long. `total_seconds` bounds one try, however slowly its answer drips.
    """

    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    total_seconds: float = 15.0
    in_flight: int = 10


def trust(ca_bundle: Path | None = None) -> ssl.SSLContext:
    """The certificates to believe: the system's, certifi's, and a bundle of one's own beside them.

    Verification itself has no switch. Raises `OSError` or `ssl.SSLError` where the bundle cannot be read.
    """
    context = ssl.create_default_context()
    # Python's own lower bound; a distribution's Python may leave it to the system.
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    context.load_verify_locations(certifi.where())
    if ca_bundle is not None:
        context.load_verify_locations(ca_bundle)
    context.sslobject_class = StagedHandshake
    return context


class Wires:
    """GET requests to hosts that may be dialled: https only, no redirects, no proxies, no cookies.

    Belongs to the event loop of its first request; `close` it there.

    Args:
        guard: which addresses may be dialled.
        resolver: replaces the system's.
        ca_bundle: certificates to believe beside the usual ones (PEM).
        limits: the seconds of every request.
        max_body_bytes: the largest answer to read, packed and unpacked.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        resolver: Resolver | None = None,
        ca_bundle: Path | None = None,
        limits: Limits | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self._sockets = GuardedSockets(guard)
        self._limits = limits or Limits()
        self._resolver = GuardedResolver(guard, resolver=resolver, seconds=self._limits.connect_seconds)
        self._ca_bundle = ca_bundle
        self._max_body_bytes = max_body_bytes
        self._preparing = threading.Lock()
        self._trusted: ssl.SSLContext | None = None
        self._session: aiohttp.ClientSession | None = None

    def prepare(self) -> ssl.SSLContext:
        """Read the certificates to believe, once. It takes a while: in a thread, before somebody has to wait for it."""
        with self._preparing:
            trusted = self._trusted = self._trusted or trust(self._ca_bundle)
        return trusted

    async def get(self, url: URL, headers: Mapping[str, str]) -> Reply:
        """The answer, whole. Raises `ConnectWiseError` for whatever the network does."""
        session = self._session or self._open(await asyncio.to_thread(self.prepare))
        with Dialling():
            if url.scheme != "https":
                raise aiohttp.InvalidURL(url, "https only")
            async with (
                asyncio.timeout(self._limits.total_seconds),
                session.get(url, headers=headers, allow_redirects=False) as answer,
            ):
                return Reply(answer.status, answer.headers, await self._read(answer))

    async def close(self) -> None:
        """Close every connection; nothing is to be asked afterwards."""
        if self._session is not None:
            await self._session.close()

    def _open(self, trusted: ssl.SSLContext) -> aiohttp.ClientSession:
        if self._session is None:
            seconds = self._limits.connect_seconds
            self._session = aiohttp.ClientSession(
                connector=self._connector(trusted),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(
                    total=None, connect=2 * seconds, sock_connect=seconds, sock_read=self._limits.read_seconds
                ),
            )
        return self._session

    def _connector(self, trusted: ssl.SSLContext) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(
            resolver=self._resolver,
            socket_factory=self._sockets,
            ssl=trusted,
            # One look-up a connection: what was checked is what is dialled.
            use_dns_cache=False,
            # All addresses in one go, a quarter of a second apart, and then no second one.
            interleave=MAX_ADDRESSES,
            keepalive_timeout=_KEEPALIVE_SECONDS,
            # Whoever asks has waited for a turn of the site's and of everybody's (`bot.connectwise.client`).
            limit=0,
        )

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        packed = answer.headers.get("Content-Encoding", "").lower() == "gzip"
        unpack = _Gunzip(self._max_body_bytes) if packed else None
        raw_bytes = 0
        parts: list[bytes] = []
        async for chunk in answer.content.iter_any():
            raw_bytes += len(chunk)
            if raw_bytes > self._max_body_bytes:
                raise AnswerTooBigError
            parts.append(unpack.feed(chunk) if unpack else chunk)
        return b"".join(parts)


class _Gunzip:
    """Unpacks gzip up to a size. What is no gzip passes as nothing: the answer is then simply not JSON."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._unpacker = zlib.decompressobj(_GZIP_WINDOW)
        self._broken = False

    def feed(self, chunk: bytes) -> bytes:
        if self._broken:
            return b""
        try:
            part = self._unpacker.decompress(chunk, self._left + 1)
        except zlib.error:
            self._broken = True
            return b""
        self._left -= len(part)
        if self._left < 0:
            raise AnswerTooBigError
        return part
