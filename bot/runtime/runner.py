"""The HTTP server's runner: what is no HTTP is refused as curtly as everything else.

aiohttp's own answer to bytes that it cannot parse repeats them, names the software, and prints them into the log.
"""

from typing import Any

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from bot.runtime.http import SECURITY_HEADERS

log = structlog.get_logger(__name__)


class QuietRunner(web.AppRunner):
    """Runs an application; faults in front of it and behind it are told by their type alone."""

    def __init__(self, app: web.Application, **settings: Any) -> None:
        super().__init__(app, access_log=None, handle_signals=False, **settings)

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        # What `Application._make_handler` has put together, with another class to make the connections' handlers.
        settings = made._kwargs  # noqa: SLF001 - aiohttp has no other door to it
        return _Server(made.request_handler, request_factory=made.request_factory, **settings)


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return _Handler(self, loop=self._loop, **self._kwargs)


class _Handler(RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 - aiohttp's interface
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - same: it repeats what was sent
    ) -> web.StreamResponse:
        kind = type(exc).__name__ if exc else ""
        if status < 500:
            # Its text holds the bytes; strangers send them by the thousand.
            log.debug("request_malformed", error=kind)
        else:
            log.error("request_failed", error=kind, exc_info=exc)
        response = web.Response(status=status, text="refused\n", headers=SECURITY_HEADERS)
        response.force_close()
        return response
