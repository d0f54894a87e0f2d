"""The Web API over HTTP: decoding, tokens, scopes, rates, moods, answers, and the log of calls."""

import json
from email.utils import formatdate
from typing import Any

from aiohttp import web

from bot.sandbox.slack.bad_days import Answer, BadDays, Dropped, hang_up, rate_limited
from bot.sandbox.slack.calls import CallLog, redact
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.model import Call, Installation, Json
from bot.sandbox.slack.moods import Limits
from bot.sandbox.slack.web import METHODS, Request, Slack
from bot.sandbox.slack.web.registry import Method

_OAUTH = "oauth.v2.access"
_SCOPES_OF_CALLERS = {"app": ("connections:write",)}


class Dispatcher:
    """Serves `/api/{method}`."""

    def __init__(self, slack: Slack, *, bad_days: BadDays, limits: Limits, calls: CallLog) -> None:
        self._slack = slack
        self._bad_days = bad_days
        self._limits = limits
        self._calls = calls

    async def serve(self, http: web.Request) -> web.StreamResponse:
        """One call."""
        name = http.match_info["method"]
        args, token = await _read(http)
        installation = self._slack.workspace.installation_by_token(token)
        try:
            answer = await self._bad_days.answer(name, args, lambda: self._answer(name, args, token))
        except Dropped:
            self._note(name, args, installation, Answer(0, "", error="connection_dropped"))
            return hang_up(http)
        self._note(name, args, installation, answer)
        # As every web server does; here by the workspace's clock, which is Slack's.
        headers = {**answer.headers, "Date": formatdate(self._slack.workspace.clock.now(), usegmt=True)}
        if isinstance(answer.body, str):
            return web.Response(status=answer.status, text=answer.body, headers=headers)
        return web.json_response(answer.body, status=answer.status, headers=headers)

    def _note(self, name: str, args: Json, installation: Installation | None, answer: Answer) -> None:
        team_id = installation.team_id if installation is not None else None
        now = self._slack.workspace.clock.now()
        self._calls.add(Call(name, redact(args), team_id, answer.status, answer.error, now))

    def _answer(self, name: str, args: Json, token: str) -> Answer:
        try:
            return self._perform(name, args, token)
        except ApiError as error:
            if error.error == "ratelimited":
                return rate_limited(int(str(error.fields.get("retry_after"))))
            return Answer(200, error.as_answer(), error=error.error)

    def _perform(self, name: str, args: Json, token: str) -> Answer:
        method = METHODS.get(name)
        if method is None:
            raise ApiError("unknown_method", req_method=name)
        installation = self._authorize(method, token)
        team_id = installation.team_id if installation is not None else "app"
        wait = self._limits.wait_for(name, team_id, args)
        if wait is not None:
            raise ApiError("ratelimited", retry_after=wait)
        body = {"ok": True, **method.handler(Request(self._slack, args, installation))}
        scopes = (
            installation.scopes if installation is not None else _SCOPES_OF_CALLERS.get(method.caller, ())
        )
        headers = {"X-OAuth-Scopes": ",".join(scopes), "X-Accepted-OAuth-Scopes": method.scope or ""}
        return Answer(200, body, headers)

    def _authorize(self, method: Method, token: str) -> Installation | None:
        if method.caller == "anybody":
            return None
        if not token:
            raise ApiError("not_authed")
        if method.caller == "app":
            if token != self._slack.workspace.app.app_token:
                known = self._slack.workspace.installation_by_token(token) is not None
                raise ApiError("not_allowed_token_type" if known else "invalid_auth")
            return None
        installation = self._slack.workspace.installation_by_token(token)
        if installation is None:
            is_app_token = token == self._slack.workspace.app.app_token
            raise ApiError("not_allowed_token_type" if is_app_token else "invalid_auth")
        if installation.is_revoked:
            raise ApiError("token_revoked")
        if method.scope is not None and method.scope not in installation.scopes:
            provided = ",".join(installation.scopes)
            raise ApiError("missing_scope", needed=method.scope, provided=provided)
        return installation


async def _read(http: web.Request) -> tuple[Json, str]:
    """The arguments (query, form or JSON) and the token (header, or argument)."""
    args: Json = dict(http.query)
    if http.content_type == "application/json":
        try:
            body = json.loads(await http.text() or "{}")
        except ValueError:
            raise web.HTTPOk(
                text=json.dumps({"ok": False, "error": "invalid_json"}), content_type="application/json"
            ) from None
        args |= body if isinstance(body, dict) else {}
    else:
        form = await http.post()
        args |= {name: value for name, value in form.items() if isinstance(value, str)}
    token = _token(http, args)
    return args, token


def _token(http: web.Request, args: dict[str, Any]) -> str:
    scheme, _, value = http.headers.get("Authorization", "").partition(" ")
    given = str(args.pop("token", "") or "")
    if scheme.lower() == "bearer" and value:
        return value
    if scheme.lower() == "basic" and value:
        _client_credentials(value, args)
    return given


def _client_credentials(value: str, args: dict[str, Any]) -> None:
    """oauth.v2.access may carry the client's id and secret as HTTP Basic."""
    import base64

    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return
    args.setdefault("client_id", client_id)
    args.setdefault("client_secret", secret)
