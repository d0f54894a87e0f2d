"""The door: accepts TCP connections as the network and TLS moods of the moment say."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncio.trsock import TransportSocket

_HANDSHAKE_SECONDS: Final = 10.0
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


def reset(connection: "socket.socket | TransportSocket") -> None:
    """Make the coming close of this socket a reset instead of a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


class Listener:
    """Listens on 127.0.0.1 and hands each connection to an HTTP protocol behind TLS.

    `network` is one of `open`, `refused` (nobody listens), `reset` (hung up at once), `silent` (accepted,
    never answered); `tls` names one of the contexts, or `plain` for a server that speaks no TLS at all.
    Both may change at any time with `behave`, which also drops the connections that are open.
    """

    def __init__(
        self, protocol: Callable[[], asyncio.Protocol], contexts: Mapping[str, ssl.SSLContext], port: int = 0
    ) -> None:
        self._protocol = protocol
        self._contexts = contexts
        self._network = "open"
        self._tls = "good"
        self._socket: socket.socket | None = None
        self._silenced: list[socket.socket] = []
        self._transports: set[asyncio.Transport] = set()
        self._handshakes: set[asyncio.Task[None]] = set()
        self.port = port

    def open(self) -> None:
        """Listen; the port stays the same from then on. Call it inside a running event loop."""
        if self._socket is not None:
            return
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", self.port))
        except OSError:
            listening.close()
            raise
        listening.listen(128)
        listening.setblocking(False)  # noqa: FBT003 - the socket module's own signature
        self.port = int(listening.getsockname()[1])
        self._socket = listening
        asyncio.get_running_loop().add_reader(listening.fileno(), self._accept)

    def behave(self, *, network: str, tls: str) -> None:
        """Change how connections are met, from now on and for those that are open."""
        if (network, tls) == (self._network, self._tls):
            return
        self._network, self._tls = network, tls
        self._drop()
        if network == "refused":
            self._stop_listening()
        else:
            self.open()

    async def close(self) -> None:
        """Stop listening and drop every connection. May be repeated."""
        self._stop_listening()
        self._drop()
        self._network, self._tls = "open", "good"
        handshakes = tuple(self._handshakes)
        for handshake in handshakes:
            handshake.cancel()
        await asyncio.gather(*handshakes, return_exceptions=True)

    def _stop_listening(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _drop(self) -> None:
        for silenced in self._silenced:
            silenced.close()
        self._silenced.clear()
        for transport in tuple(self._transports):
            transport.abort()
        self._transports.clear()

    def _accept(self) -> None:
        if self._socket is None:
            return
        try:
            connection, _ = self._socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        connection.setblocking(False)  # noqa: FBT003 - the socket module's own signature
        if self._network == "reset":
            reset(connection)
            connection.close()
        elif self._network == "silent":
            self._silenced.append(connection)
        else:
            handshake = asyncio.get_running_loop().create_task(self._welcome(connection))
            self._handshakes.add(handshake)
            handshake.add_done_callback(self._handshakes.discard)

    async def _welcome(self, connection: socket.socket) -> None:
        """Hand the connection to HTTP; a client that does not like the certificate is no failure of ours."""
        context = self._contexts.get(self._tls)
        with contextlib.suppress(OSError, ssl.SSLError):
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                self._protocol,
                connection,
                ssl=context,
                ssl_handshake_timeout=_HANDSHAKE_SECONDS if context else None,
            )
            self._transports = {it for it in self._transports if not it.is_closing()} | {transport}
