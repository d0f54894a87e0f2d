"""The door: accepts TCP connections as the network and TLS moods of the moment say."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncio.trsock import TransportSocket

_HANDSHAKE_SECONDS: Final = 10.0
_FAREWELL_SECONDS: Final = 5.0
_CHUNK_BYTES: Final = 4096
_CROWD: Final = 4
# No handshake with these ever succeeds.
_NEVER_SHAKEN: Final = frozenset({"no_common_cipher", "client_wanted"})
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


def reset(connection: "socket.socket | TransportSocket") -> None:
    """Make the coming close of this socket a reset instead of a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


def _refuse(connection: socket.socket, context: ssl.SSLContext) -> None:
    """Fail a handshake and say so, in a thread: asyncio closes a failed one before its last word is out."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    shaking = context.wrap_bio(incoming, outgoing, server_side=True)
    with connection, contextlib.suppress(OSError):
        connection.settimeout(_FAREWELL_SECONDS)
        while _wants_more(shaking):
            connection.sendall(outgoing.read())
            heard = connection.recv(_CHUNK_BYTES)
            if not heard:
                return
            incoming.write(heard)
        connection.sendall(outgoing.read())
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(_CHUNK_BYTES):  # what is left unread at a close takes the last word back
            pass


def _wants_more(shaking: ssl.SSLObject) -> bool:
    try:
        shaking.do_handshake()
    except ssl.SSLWantReadError:
        return True
    except ssl.SSLError:
        return False
    return False


class Listener:
    """Listens on 127.0.0.1 and hands each connection to an HTTP protocol behind TLS.

    `network` is one of `open`, `refused` (nobody listens), `reset` (hung up at once), `dropped` (no answer to a
    connection at all), `silent` (accepted, never answered), `cut` (hung up on the first word); `tls` names one
    of the contexts, or `plain` for a server that speaks no TLS at all.
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
        self._crowd: list[socket.socket] = []
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
        self._disperse()
        if network == "refused":
            self._stop_listening()
            return
        self.open()
        if network == "dropped":
            self._crowd_out()

    async def close(self) -> None:
        """Stop listening and drop every connection. May be repeated."""
        self._disperse()
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

    def _crowd_out(self) -> None:
        """Fill the queue of those who wait to be accepted: the system then drops whoever else knocks."""
        if self._socket is None:
            return
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.listen(0)
        for _ in range(_CROWD):
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            one.setblocking(False)  # noqa: FBT003 - the socket module's own signature
            one.connect_ex(("127.0.0.1", self.port))
            self._crowd.append(one)

    def _disperse(self) -> None:
        if self._crowd:
            self._stop_listening()
        for one in self._crowd:
            one.close()
        self._crowd.clear()

    def _drop(self) -> None:
        for silenced in self._silenced:
            silenced.close()
        self._silenced.clear()
        for transport in tuple(self._transports):
            # Closed twice, a TLS transport has let go of its connection; that of Python 3.11.2 still reaches for it.
            with contextlib.suppress(AttributeError):
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
            handshake = asyncio.get_running_loop().create_task(self._manner(connection))
            self._handshakes.add(handshake)
            handshake.add_done_callback(self._handshakes.discard)

    def _manner(self, connection: socket.socket) -> Coroutine[None, None, None]:
        if self._network == "cut":
            return self._cut(connection)
        if self._tls in _NEVER_SHAKEN:
            return asyncio.to_thread(_refuse, connection, self._contexts[self._tls])
        return self._welcome(connection)

    async def _cut(self, connection: socket.socket) -> None:
        """Hang up as soon as the client has said something."""
        try:
            await asyncio.get_running_loop().sock_recv(connection, 1)
            reset(connection)
        finally:
            connection.close()

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
