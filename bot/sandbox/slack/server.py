"""The server: Slack's Web API, response_urls, Socket Mode and the sandbox's page on one port of 127.0.0.1."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.sandbox.slack.bad_days import BadDays
from bot.sandbox.slack.calls import CallLog
from bot.sandbox.slack.delivery import Ack, Delivery
from bot.sandbox.slack.doings import Doings
from bot.sandbox.slack.events import RETRY_SECONDS, Events
from bot.sandbox.slack.interactions import Interactions
from bot.sandbox.slack.modals import Modals
from bot.sandbox.slack.model import Installation, Team
from bot.sandbox.slack.moods import Limits, Mood, Moods
from bot.sandbox.slack.page import Page, Panel
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.person import Person
from bot.sandbox.slack.responses import Responses
from bot.sandbox.slack.signing import SignedRequest, signed_request
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.web import Slack
from bot.sandbox.slack.web.dispatch import Dispatcher
from bot.sandbox.slack.workspace import SlackWorkspace

MOST_BYTES = 2 * 1024 * 1024
_PAGE = Path(__file__).resolve().parent.parent / "page"


class SlackServer:
    """A Slack on 127.0.0.1; an async context manager.

    Args:
        workspace: who and what is in it; a default one when none is given.
        request_urls: where the app listens; several are used in turn. May be set later (`request_urls`).
        panels: what the page's side panels steer, by name.
        page: the folder of the page's files.
        call_log: a file to which every call is appended as a line of JSON, tokens blotted out.
        ack_seconds: how long Slack waits for an acknowledgement.
        retry_seconds: the pauses before an event is repeated.
    """

    def __init__(
        self,
        workspace: SlackWorkspace | None = None,
        *,
        request_urls: Sequence[str] = (),
        panels: Mapping[str, Panel] | None = None,
        page: Path = _PAGE,
        call_log: Path | None = None,
        ack_seconds: float = 3.0,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
    ) -> None:
        self.workspace = workspace or SlackWorkspace()
        self.calls = CallLog(call_log)
        self.moods = Moods()
        self.limits = Limits(self.workspace.clock)
        self.sockets = Sockets(self.workspace.changes)
        self.modals = Modals(self.workspace)
        self.payloads = Payloads(self.workspace)
        self.delivery = Delivery(self.workspace, self.sockets, ack_seconds=ack_seconds)
        self.delivery.request_urls = list(request_urls)
        self.events = Events(self.workspace, self.delivery, retry_seconds=retry_seconds)
        self.doings = Doings(self.workspace, self.events, self.payloads)
        self.interactions = Interactions(self.workspace, self.delivery, self.modals, self.payloads)
        slack = Slack(
            self.workspace, self.modals, self.payloads, self.doings, self.sockets, lambda: self.base_url
        )
        self._bad_days = BadDays(self.moods)
        self._dispatcher = Dispatcher(slack, bad_days=self._bad_days, limits=self.limits, calls=self.calls)
        self._page = Page(
            self.workspace, self.interactions, self.doings, self.modals, panels=panels or {}, folder=page
        )
        self._runner: web.AppRunner | None = None
        self.base_url = ""

    # --- life --------------------------------------------------------------------------------------------------

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        app = web.Application(client_max_size=MOST_BYTES)
        responses = Responses(self.workspace, self._bad_days, self.calls)
        app.router.add_route("*", "/api/{method}", self._dispatcher.serve)
        for kind in ("commands", "actions", "views"):
            app.router.add_post(f"/{kind}/{{team}}/{{number}}/{{secret}}", responses.serve)
        app.router.add_get("/link/", self._link)
        app.router.add_get("/oauth/v2/authorize", self._authorize)
        self._page.add_routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, bound = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{bound}"
        self.payloads.base_url = self.base_url
        await self.delivery.open()

    async def close(self) -> None:
        """Stop listening, give up on what is under way, close every connection."""
        self._bad_days.close()
        self._page.close()
        await self.events.close()
        await self.sockets.disconnect()
        await self.delivery.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _link(self, request: web.Request) -> web.StreamResponse:
        return await self.sockets.serve(request, app_id=self.workspace.app.id)

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        """The consent page, agreed to at once: back to the app with a code and the state (`team` picks a team)."""
        from urllib.parse import urlencode

        query = request.query
        if query.get("client_id") != self.workspace.app.client_id or not query.get("redirect_uri"):
            raise web.HTTPBadRequest(text="invalid_client_id or bad_redirect_uri")
        code = self.issue_oauth_code(query.get("team") or self.workspace.team.id)
        back = urlencode({"code": code, "state": query.get("state", "")})
        raise web.HTTPFound(f"{query['redirect_uri']}?{back}")

    # --- what tests and the demo ask for -------------------------------------------------------------------------

    @property
    def api_url(self) -> str:
        """The base address for API clients; ends with `/api/`."""
        return f"{self.base_url}/api/"

    @property
    def request_urls(self) -> list[str]:
        """Where the app listens; set it to run replicas, which get payloads in turn."""
        return self.delivery.request_urls

    @request_urls.setter
    def request_urls(self, urls: Sequence[str]) -> None:
        self.delivery.request_urls = list(urls)

    @property
    def installation(self) -> Installation:
        """The app in the home team: `bot_token`, `bot_user_id`, `bot_id`, `scopes`."""
        return self.workspace.installations[self.workspace.team.id]

    @property
    def bot_token(self) -> str:
        """The home team's bot token."""
        return self.installation.bot_token

    @property
    def app_token(self) -> str:
        """The app-level token for Socket Mode."""
        return self.workspace.app.app_token

    @property
    def signing_secret(self) -> str:
        """What requests to the app are signed with."""
        return self.workspace.app.signing_secret

    def person(self, key: str) -> Person:
        """Somebody to act as, by id or name. Raises LookupError."""
        user = self.workspace.user(key)
        return Person(user, self.workspace, self.interactions, self.doings, self.modals)

    def add_team(self, name: str, domain: str, *, installed: bool = True) -> Team:
        """Another workspace; its token is `workspace.installations[team.id].bot_token`."""
        return self.workspace.add_team(name, domain, installed=installed)

    def issue_oauth_code(self, team_id: str) -> str:
        """A code that oauth.v2.access exchanges once for a fresh token of that team."""
        code = self.workspace.new_hash()
        self.workspace.oauth_codes[code] = team_id
        return code

    def fail(self, method: str, **mood: Any) -> None:
        """Let a method, or `response_url`, misbehave; the keywords are the fields of `Mood`."""
        self.moods.set(method, Mood(**mood))

    def heal(self, method: str | None = None) -> None:
        """Take moods back."""
        self.moods.heal(method)

    def signed_request(
        self,
        body: Mapping[str, Any] | str | bytes,
        *,
        secret: str | None = None,
        timestamp: float | None = None,
        as_json: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> SignedRequest:
        """Headers and body as Slack sends them, with another secret, time or headers where a test wants them."""
        return signed_request(
            body,
            secret=self.signing_secret if secret is None else secret,
            timestamp=time.time() if timestamp is None else timestamp,
            as_json=as_json,
            headers=headers,
        )

    async def deliver(self, payload: Mapping[str, Any]) -> Ack:
        """An interaction payload as it is, for tests of payloads that no person can cause."""
        return await self.delivery.interaction(dict(payload))

    async def settle(self) -> None:
        """Wait until every event (with its repetitions) has been delivered."""
        await self.events.settle()

    def uninstall(self, team_id: str | None = None, *, tokens_first: bool = True) -> None:
        """Remove the app from a team; app_uninstalled and tokens_revoked set out in the chosen order (`settle` waits)."""
        self.doings.uninstall(team_id or self.workspace.team.id, tokens_first=tokens_first)

    def revoke_tokens(self, team_id: str | None = None) -> None:
        """Kill a team's token; tokens_revoked sets out (`settle` waits)."""
        self.doings.revoke_tokens(team_id or self.workspace.team.id)
