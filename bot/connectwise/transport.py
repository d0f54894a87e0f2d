"""HTTP over the guarded network, with bodies that cannot hurt: httpcore's pool behind httpx's seam.

Bodies are read whole and capped twice, as they come and as they unpack. Unpacking is ours because httpx
unpacks each chunk without a bound, and a "gzip, gzip" answer of a few kilobytes grows to gigabytes.
"""

import ssl
import zlib
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Final

import certifi
import httpcore
import httpx

from bot.connectwise.errors import AnswerTooBigError

MAX_BODY_BYTES: Final = 2 * 1024 * 1024
_GZIP_WINDOW: Final = 31  # zlib's number for "a gzip header, the largest window"
_KEEPALIVE_SECONDS: Final = 15.0
_RECOUNTED: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def trust(ca_bundle: Path | None = None) -> ssl.SSLContext:
    """The certificates to believe: the system's, certifi's, and a bundle of one's own beside them.

    Verification itself has no switch. Raises `OSError` or `ssl.SSLError` where the bundle cannot be read.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if ca_bundle is not None:
        context.load_verify_locations(ca_bundle)
    return context


class GuardedTransport(httpx.AsyncBaseTransport):
    """httpx's way onto the guarded network; https only, no redirects, no proxies, no cookies of its own."""

    def __init__(
        self,
        *,
        network: httpcore.AsyncNetworkBackend,
        trusted: ssl.SSLContext,
        max_connections: int,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self._max_body_bytes = max_body_bytes
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted,
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=_KEEPALIVE_SECONDS,
            network_backend=network,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and read its answer whole. Raises httpcore's errors and `AnswerTooBigError`."""
        if request.url.scheme != "https" or not isinstance(request.stream, httpx.AsyncByteStream):
            raise httpx.InvalidURL("https only")
        url = request.url
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        try:
            headers = httpx.Headers(answer.headers)
            body = await self._read(answer.stream, headers)
        finally:
            await answer.aclose()
        kept = [(name, value) for name, value in headers.multi_items() if name.lower() not in _RECOUNTED]
        return httpx.Response(answer.status, headers=kept, content=body)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    async def _read(self, stream: object, headers: httpx.Headers) -> bytes:
        if not isinstance(stream, AsyncIterable):
            raise httpcore.LocalProtocolError("not an asynchronous body")
        unpack = (
            _Gunzip(self._max_body_bytes) if headers.get("content-encoding", "").lower() == "gzip" else None
        )
        raw_bytes = 0
        parts: list[bytes] = []
        async for chunk in stream:
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
