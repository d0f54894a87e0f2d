"""A stand-in for a ConnectWise Manage site, over real TLS, with switches for everything that goes wrong."""

import asyncio
import contextlib
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web

from bot.sandbox.connectwise import answers
from bot.sandbox.connectwise.answers import Answer
from bot.sandbox.connectwise.certificates import Certificates
from bot.sandbox.connectwise.faults import fault_body, misbehave
from bot.sandbox.connectwise.gateway import API_ROOT, DISCOVERY, Call, Gateway
from bot.sandbox.connectwise.identity import (
    ADMIN_PAIR,
    CLIENT_ID,
    COMPANY,
    COMPANY_NAME,
    FIRST_PAIR,
    SECOND_PAIR,
)
from bot.sandbox.connectwise.limiter import Limiter
from bot.sandbox.connectwise.listener import Listener
from bot.sandbox.connectwise.moods import Moods
from bot.sandbox.connectwise.world import ADMIN_MEMBER, API_MEMBER, build

_REMEMBERED: Final = 2000
_SHOWN: Final = 25
_NORMAL: Final = "normal"
_LONGEST_URL: Final = 2000


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request that the site met. Header names are as sent, values are never kept.

    `member` is whose keys it carried (empty: nobody's), `status` is 0 where no whole answer left.
    """

    method: str
    path: str
    query: dict[str, str]
    header_names: tuple[str, ...]
    member: str
    status: int
    duration_seconds: float


class ConnectWiseSite:
    """A ConnectWise site on 127.0.0.1.

    Args:
        port: where to listen; 0 takes any free port, which then stays the same.
        extra_names: further host names that the good certificate shall be valid for.
        clock: seconds, for the rate limiter and durations.

    Use it as an async context manager, or `start` and `close` it.
    """

    company = COMPANY
    client_id = CLIENT_ID
    member = API_MEMBER
    public_key, private_key = FIRST_PAIR.public, FIRST_PAIR.private
    second_public_key, second_private_key = SECOND_PAIR.public, SECOND_PAIR.private
    admin_member = ADMIN_MEMBER
    admin_public_key, admin_private_key = ADMIN_PAIR.public, ADMIN_PAIR.private

    def __init__(
        self,
        *,
        port: int = 0,
        extra_names: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.requests: deque[RequestRecord] = deque(maxlen=_REMEMBERED)
        self._clock = clock
        self._moods = Moods()
        self._gateway = Gateway(build(), self._moods)
        self._limiter = Limiter(clock)
        self._faults_left: int | None = None
        self._certificates = Certificates(extra_names)
        self._server: web.Server | None = None
        self._listener = Listener(self._protocol, self._certificates.contexts, port)
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def ca_pem(self) -> str:
        """The certificate authority to trust, as PEM."""
        return self._certificates.ca_pem

    @property
    def ca_path(self) -> Path:
        """A file with `ca_pem`, there from `start` to `close`."""
        if self._folder is None:
            raise RuntimeError("The site has not been started.")
        return Path(self._folder.name) / "ca.pem"

    @property
    def port(self) -> int:
        """The port; 0 before the first start where any free one was asked for."""
        return self._listener.port

    @property
    def host(self) -> str:
        """`localhost:PORT`."""
        return f"localhost:{self.port}"

    @property
    def url(self) -> str:
        """`https://localhost:PORT`."""
        return f"https://{self.host}"

    async def start(self) -> Self:
        """Listen. Raises OSError if the port is taken."""
        self._server = web.Server(self._handle, access_log=None, handler_cancellation=True)
        try:
            self._listener.open()
        except OSError:
            await self._server.shutdown()
            self._server = None
            raise
        self._folder = tempfile.TemporaryDirectory(prefix="cw-sandbox-")
        self.ca_path.write_text(self.ca_pem, encoding="ascii")
        self._behave()
        return self

    async def close(self) -> None:
        """Stop listening, drop every connection and remove the CA file. May be repeated."""
        await self._listener.close()
        if self._server is not None:
            await self._server.shutdown(timeout=1)
            self._server = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def describe(self) -> dict[str, Any]:
        """Everything a page needs: address, crib sheet, switches and the latest requests."""
        return {
            "title": "ConnectWise",
            "host": self.host,
            "url": self.url,
            "ca_path": str(self.ca_path) if self._folder else "",
            "crib": self.crib(),
            "moods": self._moods.describe(),
            "requests": [
                {
                    "method": record.method,
                    "path": record.path,
                    "member": record.member,
                    "status": record.status,
                    "duration_ms": round(record.duration_seconds * 1000),
                }
                for record in list(self.requests)[-_SHOWN:]
            ],
        }

    def crib(self) -> dict[str, str]:
        """What somebody types into the product to connect to this site."""
        return {
            "Site": self.host,
            "Company ID": COMPANY,
            "Company name": COMPANY_NAME,
            "API member ID": API_MEMBER,
            "Public key": self.public_key,
            "Private key": self.private_key,
            "Second public key": self.second_public_key,
            "Second private key": self.second_private_key,
            "Client ID": CLIENT_ID,
            "Admin API member ID": ADMIN_MEMBER,
            "Admin public key": self.admin_public_key,
            "Admin private key": self.admin_private_key,
        }

    def set(self, **values: Any) -> None:
        """Change some switches, all or none. Raises ValueError with a sentence on an unknown id or value.

        `reset=True` puts all of them back first.
        """
        if values.pop("reset", False):
            self.reset()
        self._moods.set(values)
        if {"answers", "answers_times", "answers_where", "answers_paths"} & values.keys():
            self._faults_left = int(self._moods["answers_times"]) or None
        if "rate_limit" in values:
            self._limiter.reset()
        self._behave()

    def mood(self, mood_id: str) -> Any:
        """The present value of one switch."""
        return self._moods[mood_id]

    def reset(self) -> None:
        """Every switch at its default; the record of requests is kept."""
        self._moods.reset()
        self._faults_left = None
        self._limiter.reset()
        self._behave()

    def _behave(self) -> None:
        if self._server is not None:
            self._listener.behave(network=self._moods["network"], tls=self._moods["tls"])

    def _protocol(self) -> asyncio.Protocol:
        if self._server is None:
            raise ConnectionAbortedError("The site is closing.")
        return self._server()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        call = Call(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            headers={name.casefold(): value for name, value in request.headers.items()},
            host=request.host,
        )
        async with self._recorded(call, request) as status:
            if self._moods["latency"]:
                await asyncio.sleep(self._moods["latency"])
            response = await self._respond(call, request)
            status.append(response.status if _is_whole(request) else 0)
            return response

    @contextlib.asynccontextmanager
    async def _recorded(self, call: Call, request: web.BaseRequest) -> AsyncIterator[list[int]]:
        started, status = self._clock(), list[int]()
        try:
            yield status
        finally:
            self.requests.append(
                RequestRecord(
                    method=call.method,
                    path=call.path,
                    query=dict(call.query),
                    header_names=tuple(request.headers),
                    member=self._gateway.caller_of(call),
                    status=status[0] if status else 0,
                    duration_seconds=self._clock() - started,
                )
            )

    async def _respond(self, call: Call, request: web.BaseRequest) -> web.StreamResponse:
        wait = self._limiter.admit(self._moods["rate_limit"])
        if wait:
            return _as_response(answers.throttled(wait))
        if len(request.path_qs) > _LONGEST_URL:
            return _as_response(answers.html(414, "Request-URI Too Large", "The address is too long."))
        fault = self._take_fault(call)
        if fault == _NORMAL:
            return _as_response(self._gateway.answer(call, self.host))
        body = fault_body(fault, self._moods)
        return _as_response(body) if body is not None else await misbehave(fault, request, self._moods)

    def _is_chosen(self, path: str) -> bool:
        """Whether the answers of the switch are for this path of the API (or for any, where none is named)."""
        chosen, below_root = self._moods["answers_paths"], path.partition(API_ROOT)[2].casefold() + "/"
        return not chosen or any(below_root.startswith(f"{it.casefold()}/") for it in chosen)

    def _take_fault(self, call: Call) -> str:
        """Which answer of the switch this request gets; the last of a limited number switches it off."""
        fault, where = str(self._moods["answers"]), self._moods["answers_where"]
        is_discovery = call.path.casefold().startswith(DISCOVERY)
        if where != "everywhere" and (where == "companyinfo") is not is_discovery:
            return _NORMAL
        if not self._is_chosen(call.path):
            return _NORMAL
        if fault != _NORMAL and self._faults_left is not None:
            self._faults_left -= 1
            if self._faults_left == 0:
                self._moods.set({"answers": _NORMAL})
        return fault


def _is_whole(request: web.BaseRequest) -> bool:
    return request.transport is not None and not request.transport.is_closing()


def _as_response(answer: Answer) -> web.Response:
    return web.Response(
        status=answer.status,
        body=answer.body,
        headers={"Content-Type": answer.content_type, **answer.headers},
    )
