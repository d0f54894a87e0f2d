"""What the sandbox's page in the browser is served: its files, the state, changes as they happen, and what is done."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from bot.sandbox.slack.doings import Doings
from bot.sandbox.slack.interactions import Interactions
from bot.sandbox.slack.modals import Modals
from bot.sandbox.slack.model import Channel, Json, Message, User, View
from bot.sandbox.slack.outcomes import Result
from bot.sandbox.slack.payloads import Container
from bot.sandbox.slack.state import state_for
from bot.sandbox.slack.workspace import SlackWorkspace

HEARTBEAT_SECONDS = 15.0
_LOCAL = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": ("default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'"),
    "X-Content-Type-Options": "nosniff",
}
_Act = Callable[[User, Json], Awaitable[Json]]


class Panel(Protocol):
    """Something that a side panel of the page shows and steers."""

    def describe(self) -> dict[str, Any]:
        """Its settings and state, as JSON."""
        ...

    def set(self, **values: Any) -> None:
        """Change settings. Raises ValueError with a sentence for what it does not take."""
        ...


class Page:
    """The routes of the page."""

    def __init__(
        self,
        workspace: SlackWorkspace,
        interactions: Interactions,
        doings: Doings,
        modals: Modals,
        *,
        panels: Mapping[str, Panel],
        folder: Path,
    ) -> None:
        self._workspace = workspace
        self._interactions = interactions
        self._doings = doings
        self._modals = modals
        self._panels = panels
        self._folder = folder.resolve()
        self._is_closing = False
        self._acts: dict[str, _Act] = {
            "command": self._command,
            "say": self._say,
            "click": self._click,
            "submit": self._submit,
            "close": self._close,
            "suggest": self._suggest,
            "home": self._home,
            "invite": self._invite,
            "delete_message": self._delete_message,
            "archive": self._archive,
            "unarchive": self._archive,
            "remove_bot": self._remove_bot,
            "rename": self._rename,
        }

    def add_routes(self, app: web.Application) -> None:
        """Enter them, last of all: any other address names a file of the page, which links to them relatively."""
        app.router.add_get("/", self._index)
        app.router.add_get("/static/{path:.+}", self._static)
        app.router.add_get("/sandbox/state", self._state)
        app.router.add_get("/sandbox/events", self._events)
        app.router.add_post("/sandbox/act", self._act)
        app.router.add_get("/sandbox/panel/{name}", self._panel)
        app.router.add_post("/sandbox/panel/{name}", self._set_panel)
        app.router.add_get("/{path:.+}", self._static)

    def close(self) -> None:
        """End the streams."""
        self._is_closing = True
        self._workspace.changes.note()

    # --- files -------------------------------------------------------------------------------------------------

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return self._file(request, "index.html")

    async def _static(self, request: web.Request) -> web.StreamResponse:
        return self._file(request, request.match_info["path"])

    def _file(self, request: web.Request, path: str) -> web.StreamResponse:
        _require_local(request)
        wanted = (self._folder / path).resolve()
        if not wanted.is_relative_to(self._folder) or not wanted.is_file():
            raise web.HTTPNotFound(headers=_HEADERS)
        return web.FileResponse(wanted, headers=_HEADERS)

    # --- state and changes ---------------------------------------------------------------------------------------

    async def _state(self, request: web.Request) -> web.StreamResponse:
        _require_local(request)
        user = self._user(request.query.get("user", ""))
        return _json(state_for(self._workspace, user, panels=sorted(self._panels)))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        _require_local(request)
        user = self._user(request.query.get("user", ""))
        response = web.StreamResponse(headers={**_HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        told = -1
        while not self._is_closing:
            rev = self._workspace.changes.rev_for(user.id)
            line = f"data: {json.dumps({'rev': rev})}\n\n" if rev > told else ": still here\n\n"
            told = rev
            try:
                await response.write(line.encode())
            except ConnectionError:
                break
            await self._next_change(user, told)
        return response

    async def _next_change(self, user: User, told: int) -> None:
        changes = self._workspace.changes
        try:
            await changes.wait_for(
                lambda: self._is_closing or changes.rev_for(user.id) > told, timeout_seconds=HEARTBEAT_SECONDS
            )
        except TimeoutError:
            return
        # One turn of the loop, so that a burst of changes is told once.
        await asyncio.sleep(0.02)

    # --- acting ------------------------------------------------------------------------------------------------

    async def _act(self, request: web.Request) -> web.StreamResponse:
        body = await _read(request)
        act = self._acts.get(str(body.get("type")))
        if act is None:
            raise _refusal(400, f"unknown type: {body.get('type')}")
        user = self._user(str(body.get("user") or ""))
        try:
            return _json(await act(user, body))
        except LookupError as error:
            raise _refusal(404, str(error.args[0]) if error.args else "not found") from None

    async def _command(self, user: User, body: Json) -> Json:
        channel, text = self._channel(user, body), str(body.get("text", ""))
        if text.startswith("/invite"):
            return _told(self._doings.invite_named(user, channel, text.removeprefix("/invite").strip()))
        result = await self._interactions.command(user, channel, text, thread_ts=body.get("thread_ts"))
        return {**_told(result), "text": result.text}

    async def _say(self, user: User, body: Json) -> Json:
        channel, text = self._channel(user, body), str(body.get("text", ""))
        if not text.strip():
            return {"ok": False, "error": "There is nothing to send."}
        return _told(self._doings.say(user, channel, text, thread_ts=body.get("thread_ts")))

    async def _click(self, user: User, body: Json) -> Json:
        container = self._container(user, body.get("container"))
        result = await self._interactions.click(
            user,
            container,
            str(body.get("block_id")),
            str(body.get("action_id")),
            value=_mapping(body.get("value")),
            values=_mapping(body.get("values")),
        )
        return _told(result)

    async def _submit(self, user: User, body: Json) -> Json:
        view = self._view(user, str(body.get("view_id")))
        result = await self._interactions.submit(user, view, _mapping(body.get("values")))
        return {**_told(result), "response_action": result.response_action, "errors": result.errors}

    async def _close(self, user: User, body: Json) -> Json:
        view = self._view(user, str(body.get("view_id")))
        return _told(await self._interactions.close(user, view, clear=bool(body.get("clear"))))

    async def _suggest(self, user: User, body: Json) -> Json:
        container = self._container(user, body.get("container"))
        ids = str(body.get("block_id")), str(body.get("action_id"))
        result = await self._interactions.suggest(user, container, *ids, str(body.get("text", "")))
        return {**_told(result), **result.as_json()}

    async def _home(self, user: User, body: Json) -> Json:
        del body
        return _told(self._doings.open_home(user))

    async def _invite(self, user: User, body: Json) -> Json:
        return _told(self._doings.invite_bot(user, self._channel(user, body)))

    async def _delete_message(self, user: User, body: Json) -> Json:
        return _told(self._doings.delete_message(user, self._channel(user, body), str(body.get("ts"))))

    async def _archive(self, user: User, body: Json) -> Json:
        act = self._doings.archive if body["type"] == "archive" else self._doings.unarchive
        return _told(act(user, self._channel(user, body)))

    async def _remove_bot(self, user: User, body: Json) -> Json:
        return _told(self._doings.remove_bot(user, self._channel(user, body)))

    async def _rename(self, user: User, body: Json) -> Json:
        return _told(self._doings.rename(user, self._channel(user, body), str(body.get("name", ""))))

    # --- panels ------------------------------------------------------------------------------------------------

    async def _panel(self, request: web.Request) -> web.StreamResponse:
        _require_local(request)
        return _json(self._named_panel(request).describe())

    async def _set_panel(self, request: web.Request) -> web.StreamResponse:
        body = await _read(request)
        panel = self._named_panel(request)
        try:
            panel.set(**body)
        except (ValueError, TypeError) as error:
            raise _refusal(400, str(error)) from None
        self._workspace.changes.note()
        return _json(panel.describe())

    def _named_panel(self, request: web.Request) -> Panel:
        panel = self._panels.get(request.match_info["name"])
        if panel is None:
            raise _refusal(404, "there is no such panel")
        return panel

    # --- finding -----------------------------------------------------------------------------------------------

    def _user(self, user_id: str) -> User:
        """The person who looks; without one named, the team's owner."""
        owners = (u for u in self._workspace.users.values() if u.role == "owner")
        user = self._workspace.users.get(user_id) if user_id else next(owners)
        if user is None or user.role == "bot":
            raise _refusal(404, "nobody here has that id")
        return user

    def _channel(self, user: User, body: Json) -> Channel:
        channel = self._workspace.channel(str(body.get("channel", "")))
        if not channel.is_visible_to(user):
            raise LookupError("there is no such channel")
        self._workspace.mark_read(user, channel)
        return channel

    def _view(self, user: User, view_id: str) -> View:
        found = (view for view in self._modals.stack(user.id) if view.id == view_id)
        view = next(found, None)
        if view is None:
            raise LookupError("this modal is closed")
        return view

    def _container(self, user: User, given: Any) -> Container:
        where = given if isinstance(given, dict) else {}
        if where.get("home"):
            home = self._workspace.homes.get(user.id)
            if home is None:
                raise LookupError("there is no Home tab yet")
            return Container(view=home)
        if where.get("view_id"):
            return Container(view=self._view(user, str(where["view_id"])))
        return Container(message=self._message(user, where))

    def _message(self, user: User, where: Json) -> Message:
        channel = self._channel(user, where)
        seen = (m for m in channel.messages if m.ephemeral_to in (None, user.id))
        message = next((m for m in seen if m.ts == where.get("ts")), None)
        if message is None:
            raise LookupError("this message is gone")
        return message


def _require_local(request: web.Request) -> None:
    """Only pages of this machine may ask: a foreign site that points its name at us is turned away."""
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    if host not in _LOCAL:
        raise _refusal(403, "this page is for this machine only")


async def _read(request: web.Request) -> Json:
    """A JSON body; the content type keeps forms of foreign sites out."""
    _require_local(request)
    if request.content_type != "application/json":
        raise _refusal(415, "send application/json")
    try:
        body = json.loads(await request.text())
    except ValueError:
        raise _refusal(400, "that is not JSON") from None
    if not isinstance(body, dict):
        raise _refusal(400, "that is not an object")
    return body


def _refusal(status: int, sentence: str) -> web.HTTPException:
    kinds: dict[int, type[web.HTTPException]] = {
        400: web.HTTPBadRequest,
        403: web.HTTPForbidden,
        404: web.HTTPNotFound,
        415: web.HTTPUnsupportedMediaType,
    }
    text = json.dumps({"ok": False, "error": sentence})
    return kinds[status](text=text, content_type="application/json", headers=_HEADERS)


def _json(body: Mapping[str, Any]) -> web.Response:
    return web.json_response(dict(body), headers=_HEADERS)


def _told(result: Result) -> Json:
    answer: Json = {"ok": result.ok}
    if result.error is not None:
        answer["error"] = result.error
    if result.ts is not None:
        answer["ts"] = result.ts
    return answer


def _mapping(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None
