"""A DNS server on this machine whose answers a test chooses, and a resolver that asks it over the wire."""

import asyncio
import ipaddress
import socket
import struct
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Self, cast

from bot.connectwise import Address

A, CNAME, AAAA = 1, 5, 28
_NAME_ERROR: Final = 3
_PATIENCE_SECONDS: Final = 10.0

# What a name leads to: addresses, or another name with a dot at its end. The last of several turns is for ever.
Records = Sequence[str]
Zone = Mapping[str, Sequence[Records]]


@dataclass(slots=True)
class NameServer(asyncio.DatagramProtocol):
    """Answers A and AAAA questions from a zone, chains of CNAMEs whole; counts the names that were asked for."""

    zone: Zone
    asked: list[str] = field(default_factory=list)
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        number, name, kind = _read_question(data)
        if kind == A:
            self.asked.append(name)
        turns = self.zone.get(name)
        # Both questions about a name belong to one look-up.
        turn = max(0, self.asked.count(name) - 1)
        answers = self._collect(name, kind, turn) if turns else []
        head = struct.pack("!HHHHHH", number, 0x8180 | (0 if turns else _NAME_ERROR), 1, len(answers), 0, 0)
        question = data[12 : 12 + len(_pack_name(name)) + 4]
        assert self.transport is not None
        self.transport.sendto(head + question + b"".join(answers), addr)

    def _collect(self, name: str, kind: int, turn: int) -> list[bytes]:
        turns = self.zone.get(name, [])
        found = []
        for record in turns[min(turn, len(turns) - 1)] if turns else []:
            if record.endswith("."):
                found.append(_pack_record(name, CNAME, _pack_name(record[:-1])))
                found += self._collect(record[:-1], kind, 0)
                continue
            address = ipaddress.ip_address(record)
            if (A if address.version == 4 else AAAA) == kind:
                found.append(_pack_record(name, kind, address.packed))
        return found


class WireResolver:
    """What a stub resolver does: numbers in any form that the C library reads are addresses, names are asked for."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(self, host: str, port: int) -> Sequence[Address]:
        """Every address. Raises `socket.gaierror`."""
        try:
            # The C library's own reading of 0x7f.1, 017700000001, 127.1, fe80::1%lo and the like.
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            found = []
        if found:
            return [Address(str(it[4][0]), port) for it in found]
        answers = [await self._ask(host, kind) for kind in (A, AAAA)]
        addresses = [it for answer in answers for it in answer]
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [Address(it, port) for it in addresses]

    async def _ask(self, host: str, kind: int) -> list[str]:
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[bytes] = loop.create_future()

        class Client(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002 - asyncio's interface
                if not answered.done():
                    answered.set_result(data)

        transport, _ = await loop.create_datagram_endpoint(Client, remote_addr=("127.0.0.1", self._port))
        try:
            name = host.rstrip(".").lower()
            head = struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0)
            transport.sendto(head + _pack_name(name) + struct.pack("!HH", kind, 1))
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return _read_addresses(await answered)
        finally:
            transport.close()


@dataclass(slots=True)
class Listener:
    """A real listener on this machine that counts who comes."""

    port: int = 0
    came: int = 0

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        """On a free port of 127.0.0.1 and 127.0.0.2."""
        made = cls()

        async def welcome(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            made.came += 1
            writer.close()

        first = await asyncio.start_server(welcome, "127.0.0.1", 0)
        made.port = first.sockets[0].getsockname()[1]
        second = await asyncio.start_server(welcome, "127.0.0.2", made.port)
        async with first, second:
            yield made


def _pack_name(name: str) -> bytes:
    labels = name.encode("idna") if not name.isascii() else name.encode()
    return b"".join(bytes([len(it)]) + it for it in labels.split(b".")) + b"\0"


def _pack_record(name: str, kind: int, data: bytes) -> bytes:
    return _pack_name(name) + struct.pack("!HHIH", kind, 1, 0, len(data)) + data


def _read_name(data: bytes, at: int) -> tuple[str, int]:
    labels = []
    while size := data[at]:
        labels.append(data[at + 1 : at + 1 + size].decode())
        at += 1 + size
    return ".".join(labels), at + 1


def _read_question(data: bytes) -> tuple[int, str, int]:
    name, at = _read_name(data, 12)
    (kind,) = struct.unpack_from("!H", data, at)
    return struct.unpack_from("!H", data)[0], name, kind


def _read_addresses(data: bytes) -> list[str]:
    (count,) = struct.unpack_from("!H", data, 6)
    at = _read_name(data, 12)[1] + 4
    found = []
    for _ in range(count):
        at = _read_name(data, at)[1]
        kind, _, _, size = struct.unpack_from("!HHIH", data, at)
        at += 10
        if kind in (A, AAAA):
            found.append(str(ipaddress.ip_address(data[at : at + size])))
        at += size
    return found
