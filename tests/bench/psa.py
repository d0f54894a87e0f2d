"""A ConnectWise that is light enough not to be what is measured: recorded answers over TLS, each after a while.

Every host name leads here. What it says was recorded from the sandbox's site when it started, so that whoever asks gets
whole answers. `/numbers`, over HTTP on the port that it prints first, tells what was asked of it.
"""

import asyncio
import ssl
import sys
from collections import Counter
from pathlib import Path
from typing import Final, cast

import aiohttp
import uvloop
from aiohttp import web

from bot.sandbox.connectwise import ConnectWiseSite
from bot.sandbox.connectwise.certificates import Certificates
from tests.bench.stub import serve_until_input_ends

API_ROOT: Final = "/v4_6_release/apis/3.0"
_LIST: Final = "?pageSize=1000"
ASKED: Final = (
    "/system/info",
    f"/system/mySecurity{_LIST}",
    "/system/myMembers",
    f"/system/apiMembers{_LIST}",
    f"/system/mySecurity/customizeItems/{_LIST}",
    "/service/boards?pageSize=1&fields=id",
    "/company/companies/count",
    "/company/companies?pageSize=5&fields=id,identifier,name",
)


async def record() -> dict[bytes, bytes]:
    """Whole answers, head and body, by their paths without a query."""
    answers = {}
    async with ConnectWiseSite() as site, aiohttp.ClientSession() as session:
        login = aiohttp.encode_basic_auth(f"{site.company}+{site.public_key}", site.private_key)
        company = f"/login/companyinfo/{site.company}"
        for path in (company, *(API_ROOT + it for it in ASKED)):
            headers = {"clientId": site.client_id, "Authorization": login}
            async with session.get(site.url + path, headers=headers, ssl=_trusting(site)) as answer:
                body = await answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{path} answered {answer.status}")
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            answers[path.partition("?")[0].encode()] = head % len(body) + body
    return answers


def _trusting(site: ConnectWiseSite) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=site.ca_pem)


class Numbers:
    """What was asked, by path; and the most that was under way at one host."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.under_way: Counter[bytes] = Counter()
        self.connections = 0
        self.most_at_one_host = 0

    def begin(self, path: bytes, host: bytes) -> None:
        """A request has come."""
        self.asked[path.decode().removeprefix(API_ROOT)] += 1
        self.under_way[host] += 1
        self.most_at_one_host = max(self.most_at_one_host, self.under_way[host])


class Psa(asyncio.Protocol):
    """One connection."""

    def __init__(self, answers: dict[bytes, bytes], numbers: Numbers, seconds: float) -> None:
        self._answers = answers
        self._numbers = numbers
        self._seconds = seconds
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Opened."""
        # uvloop's, which is no subclass of it
        self._transport = cast("asyncio.Transport", transport)
        self._numbers.connections += 1

    def data_received(self, data: bytes) -> None:
        """GETs alone come here: a head and nothing behind it."""
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head, self._held = self._held[:end], self._held[end + 4 :]
            path = head.split(b" ", 2)[1].partition(b"?")[0]
            host = next(it for it in head.split(b"\r\n") if it[:5].lower() == b"host:")
            is_last = b"\r\nConnection: close" in head
            self._numbers.begin(path, host)
            asyncio.get_running_loop().call_later(self._seconds, self._answer, path, host, is_last)

    def _answer(self, path: bytes, host: bytes, is_last: bool) -> None:
        self._numbers.under_way[host] -= 1
        answer = self._answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(
                answer.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) if is_last else answer
            )
            if is_last:
                self._transport.close()


async def _serve(seconds: float, authority: Path) -> None:
    answers, certificates, numbers = await record(), Certificates(), Numbers()
    server = await asyncio.get_running_loop().create_server(
        lambda: Psa(answers, numbers, seconds),
        "127.0.0.1",
        0,
        ssl=certificates.contexts["good"],
        backlog=1024,
    )
    port = server.sockets[0].getsockname()[1]

    async def tell(_: web.Request) -> web.Response:
        said = {
            "port": port,
            "asked": dict(numbers.asked),
            "connections": numbers.connections,
            "most_at_one_host": numbers.most_at_one_host,
        }
        numbers.most_at_one_host = 0
        return web.json_response(said)

    await asyncio.to_thread(authority.write_text, certificates.ca_pem)
    app = web.Application()
    app.router.add_get("/numbers", tell)
    await serve_until_input_ends(app)


def main() -> None:
    """Seconds that each answer takes, and where to put the authority to trust."""
    uvloop.run(_serve(float(sys.argv[1]), Path(sys.argv[2])))


if __name__ == "__main__":
    main()
