"""Socket Mode's server side: tickets, hello, envelopes, acknowledgements, disconnects."""

import asyncio
import json
import secrets
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web

from bot.sandbox.slack.clock import Changes
from bot.sandbox.slack.model import Json

MOST_CONNECTIONS = 10


class Sockets:
    """The app's open Socket Mode connections; any of them may be given any payload, so they take turns.

    `accepted` counts every connection there ever was.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._tickets: set[str] = set()
        self.accepted = 0
        self._open: list[web.WebSocketResponse] = []
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._turn = count()

    @property
    def is_open(self) -> bool:
        """Whether any connection is there."""
        return bool(self._open)

    @property
    def connections(self) -> int:
        """How many connections are there."""
        return len(self._open)

    def issue_ticket(self) -> str:
        """A one-time ticket for the URL of apps.connections.open."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request, *, app_id: str) -> web.StreamResponse:
        """One connection, until either side closes it."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden
        self._tickets.discard(ticket)
        if len(self._open) >= MOST_CONNECTIONS:
            raise web.HTTPTooManyRequests
        socket = web.WebSocketResponse(heartbeat=None)
        await socket.prepare(request)
        self._open.append(socket)
        hello = {
            "type": "hello",
            "num_connections": len(self._open),
            "connection_info": {"app_id": app_id},
            "debug_info": {"host": "applink-sandbox", "approximate_connection_time": 18_060},
        }
        try:
            await socket.send_json(hello)
            self.accepted += 1
            self._changes.note()
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._take_ack(str(message.data))
        finally:
            if socket in self._open:
                self._open.remove(socket)
        return socket

    async def send(self, kind: str, payload: Json, *, accepts: bool, **extra: Any) -> Any:
        """Send an envelope and wait for its acknowledgement; gives the acknowledgement's payload (None if empty).

        Raises ConnectionError when no connection takes it.
        """
        envelope_id = secrets.token_hex(16)
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": accepts,
            **extra,
        }
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = future
        try:
            await self._next().send_json(envelope)
            return await future
        finally:
            del self._waiting[envelope_id]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every connection to go (`warning`, `refresh_requested`, `link_disabled`) and close it."""
        for socket in list(self._open):
            await socket.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}
            )
            if reason != "warning":
                if socket in self._open:
                    self._open.remove(socket)
                await socket.close()

    def _next(self) -> web.WebSocketResponse:
        if not self._open:
            raise ConnectionError("no socket is open")
        return self._open[next(self._turn) % len(self._open)]

    def _take_ack(self, text: str) -> None:
        try:
            ack = json.loads(text)
        except ValueError:
            return
        future = self._waiting.get(str(ack.get("envelope_id")))
        if future is not None and not future.done():
            payload = ack.get("payload")
            future.set_result(payload or None)
