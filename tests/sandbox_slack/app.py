"""A tiny Slack app made of aiohttp: it writes down what it is sent and answers as a test tells it to."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import SlackServer

Data = dict[str, Any]
Handler = Callable[[Data], Awaitable[Any]]


@dataclass
class Received:
    """One request of Slack's: its kind (`command`, a payload's type, or an event's type), content and envelope."""

    kind: str
    data: Data
    headers: dict[str, str]
    raw: bytes


@dataclass
class FakeApp:
    """`on[kind]` answers with None (an empty 200), an object, a text, or a `web.Response`."""

    slack: SlackServer
    received: list[Received] = field(default_factory=list)
    on: dict[str, Handler] = field(default_factory=dict)
    url: str = ""
    runner: web.AppRunner | None = None

    @property
    def client(self) -> AsyncWebClient:
        """The SDK's client, without its habit of sending again."""
        return AsyncWebClient(
            token=self.slack.bot_token, base_url=self.slack.api_url, retry_handlers=[], timeout=5
        )

    def kinds(self) -> list[str]:
        """What came, in order."""
        return [request.kind for request in self.received]

    def last(self, kind: str) -> Data:
        """The newest of a kind."""
        return next(request.data for request in reversed(self.received) if request.kind == kind)

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/slack/events", self._serve)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        host, port = self.runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/slack/events"

    async def stop(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        kind, data = _parse(request, raw, dict(await request.post()))
        self.received.append(Received(kind, data, dict(request.headers), raw))
        handler = self.on.get(kind)
        answer = await handler(data) if handler is not None else None
        if isinstance(answer, web.StreamResponse):
            return answer
        if isinstance(answer, str) or answer is None:
            return web.Response(text=answer or "")
        return web.json_response(answer)


def _parse(request: web.Request, raw: bytes, form: dict[str, Any]) -> tuple[str, Data]:
    if request.content_type == "application/json":
        envelope = json.loads(raw)
        kind = envelope["event"]["type"] if envelope["type"] == "event_callback" else envelope["type"]
        return kind, envelope
    if "payload" in form:
        payload = json.loads(form["payload"])
        return payload["type"], payload
    return "command", form


def plain(text: str) -> Data:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Data:
    return {"type": "mrkdwn", "text": text}


def section(text: str, **fields: Any) -> Data:
    return {"type": "section", "text": mrkdwn(text), **fields}


def button(text: str, action_id: str = "press", **fields: Any) -> Data:
    return {"type": "button", "text": plain(text), "action_id": action_id, **fields}


def actions(*elements: Data, block_id: str = "row") -> Data:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def typed(label: str, block_id: str, action_id: str = "typed", **element: Any) -> Data:
    box = {"type": "plain_text_input", "action_id": action_id, **element}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": box}


def option(text: str, value: str | None = None) -> Data:
    return {"text": plain(text), "value": value or text.lower()}


def modal(*blocks: Data, title: str = "Connect", **fields: Any) -> Data:
    body = {"type": "modal", "title": plain(title), "submit": plain("Next"), "blocks": list(blocks), **fields}
    return {name: value for name, value in body.items() if value is not None}
