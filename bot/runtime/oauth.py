"""The two pages by which a workspace installs the app: `/slack/install` and `/slack/oauth_redirect`.

What stands against a stranger's code in somebody's browser is the state: signed, ten minutes old at most, bound to a
cookie of the browser that began, and good once. The pages have no script, no style and no form; what is in front of them
(`bot.runtime.http`) sends the headers that forbid these.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final, Protocol
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from pydantic import SecretStr

from bot.domain.errors import StoreError
from bot.domain.reference import current_reference
from bot.runtime.course import Handler
from bot.runtime.manifest import REDIRECT_PATH, required_scopes
from bot.runtime.settings import Settings
from bot.slack.errors import SlackError
from bot.slack.installation import Installation
from bot.slack.oauth import Grant, OAuthClient
from bot.slack.stored_workspaces import Once, StoredWorkspaces, expiry
from bot.slack.workspaces import Workspace

log = structlog.get_logger(__name__)

INSTALL_PATH: Final = "/slack/install"
STATE_SECONDS: Final = 600
# Not a workspace: marks of installations that are under way belong to none yet.
_NOWHERE: Final = "INSTALLING"
_COOKIE: Final = "cw-bot-install"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_PLACE = re.compile(r"[TE][A-Z0-9]{1,31}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:]{2,39}\](:[0-9]{1,5})?", re.ASCII)
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST_CODE: Final = 512


class StateError(Exception):
    """The state does not belong here; the text is a stable word for the log."""


class States:
    """Makes and takes states. `key` is any secret that all replicas have, and that nobody else has."""

    def __init__(self, key: SecretStr, once: Once, *, clock: Callable[[], float] = time.time) -> None:
        self._key = hmac.digest(key.get_secret_value().encode(), b"cw-bot install state v1", hashlib.sha256)
        self._once = once
        self._clock = clock

    def issue(self, cookie: str) -> str:
        """A state for the browser that has this cookie."""
        nonce, issued = secrets.token_urlsafe(32), str(int(self._clock()))
        return f"{nonce}.{issued}.{self._sign(nonce, issued, cookie)}"

    async def redeem(self, state: str, cookie: str) -> None:
        """Take a state back. Raises `StateError` (`forged`, `expired`, `used`) and `StoreError`."""
        nonce, _, rest = state.partition(".")
        issued, _, signature = rest.partition(".")
        expected = self._sign(nonce, issued, cookie)
        if not cookie or not hmac.compare_digest(signature.encode(), expected.encode()):
            raise StateError("forged")
        # The signature is ours, so this is a number.
        if not 0 <= self._clock() - int(issued) <= STATE_SECONDS:
            raise StateError("expired")
        if not await self._once.first(_NOWHERE, f"state:{nonce}", secrets.token_hex(8), 2 * STATE_SECONDS):
            raise StateError("used")

    def _sign(self, nonce: str, issued: str, cookie: str) -> str:
        return hmac.digest(self._key, f"{nonce}.{issued}.{cookie}".encode(), hashlib.sha256).hex()


class Introduce(Protocol):
    """Asks Slack whose token it is."""

    async def __call__(self, token: SecretStr) -> Workspace:
        """The workspace; its `team_id` is the organization's where that installed the app. Raises `SlackError`."""
        ...


class InstallPages:
    """Serves both pages."""

    def __init__(
        self,
        *,
        oauth: OAuthClient,
        workspaces: StoredWorkspaces,
        states: States,
        scopes: Sequence[str],
        introduces: Introduce,
        public_url: str = "",
    ) -> None:
        self._oauth = oauth
        self._workspaces = workspaces
        self._states = states
        self._scopes = scopes
        self._introduces = introduces
        self._public_url = public_url.rstrip("/")

    def routes(self, around: Callable[[Handler], Handler]) -> list[web.RouteDef]:
        """For the bot's server; `around` is put around each."""
        return [
            web.get(INSTALL_PATH, around(self.begin), allow_head=False),
            web.get(REDIRECT_PATH, around(self.finish), allow_head=False),
        ]

    async def begin(self, request: web.Request) -> web.Response:
        """Send the person to Slack's consent page. A second tab shares the first one's cookie."""
        base = self._base_url(request)
        name = _cookie_name(base)
        cookie = request.cookies.get(name, "")
        if not _TOKEN.fullmatch(cookie):
            cookie = secrets.token_urlsafe(32)
        team_id = request.query.get("team", "")
        url = self._oauth.consent_url(
            state=self._states.issue(cookie),
            redirect_uri=base + REDIRECT_PATH,
            scopes=self._scopes,
            team_id=team_id if _PLACE.fullmatch(team_id) else "",
        )
        response = web.Response(status=302, headers={"Location": url})
        response.set_cookie(
            name,
            cookie,
            max_age=STATE_SECONDS,
            path="/",
            secure=base.startswith("https:"),
            httponly=True,
            samesite="Lax",  # Slack leads back by a link, which brings it along
        )
        return response

    async def finish(self, request: web.Request) -> web.Response:
        """Slack leads the person back here, with a code or with a refusal."""
        base = self._base_url(request)
        name = _cookie_name(base)
        try:
            await self._states.redeem(request.query.get("state", ""), request.cookies.get(name, ""))
        except StateError as error:
            log.warning("install_refused", reason=str(error))
            return _stale()
        except StoreError as error:
            log.warning("install_failed", key=error.key)
            return _later()
        answer = await self._conclude(request, base)
        answer.del_cookie(name, path="/", secure=base.startswith("https:"), httponly=True, samesite="Lax")
        return answer

    async def _conclude(self, request: web.Request, base: str) -> web.Response:
        if request.query.get("error"):
            log.info("install_declined")
            return _declined()
        code = request.query.get("code", "")
        if not 0 < len(code) <= _LONGEST_CODE:
            return _stale()
        try:
            grant = await self._oauth.exchange(code, redirect_uri=base + REDIRECT_PATH)
            installation = await self._examine(grant)
            await self._workspaces.add(installation)
        except SlackError as error:
            log.warning("install_failed", slack=error.error, method=error.method)
            return _failed(error.error)
        except StoreError as error:
            log.warning("install_failed", key=error.key)
            return _later()
        log.info("workspace_installed", team=installation.id, organization=installation.is_organization)
        return _installed(installation)

    async def _examine(self, grant: Grant) -> Installation:
        """Whose token it is, in Slack's own words once more: the id is what separates workspaces from each other."""
        place = grant.place
        found = await self._introduces(grant.access_token)
        if place is None or place.id != found.team_id or not _PLACE.fullmatch(place.id):
            raise SlackError("auth.test", "other_workspace")
        now = datetime.now(UTC)
        return Installation(
            id=place.id,
            name=place.name,
            app_id=grant.app_id,
            bot_id=found.bot_id,
            bot_user_id=grant.bot_user_id or found.bot_user_id,
            bot_token=grant.access_token,
            refresh_token=grant.refresh_token,
            expires_at=expiry(grant, now),
            scopes=tuple(it for it in grant.scope.split(",") if it),
            is_organization=grant.is_enterprise_install,
            installed_by=grant.authed_user.id,
            confirmed_at=now,
        )

    def _base_url(self, request: web.Request) -> str:
        """Where the browser sees us.

        Without CW_BOT_PUBLIC_URL what the browser says is believed: it can only mislead itself, and Slack leads to no
        other address than those that the app's settings name.
        """
        if self._public_url:
            return self._public_url
        host = request.headers.get("Host", "")
        if not _HOST.fullmatch(host):
            raise web.HTTPBadRequest(text="refused\n")
        is_local = urlsplit(f"//{host}").hostname in _LOCAL
        return f"{'http' if is_local else 'https'}://{host}"


def build_pages(
    settings: Settings, workspaces: StoredWorkspaces, oauth: OAuthClient, once: Once, *, introduces: Introduce
) -> InstallPages:
    """The pages of a bot with these settings."""
    return InstallPages(
        oauth=oauth,
        workspaces=workspaces,
        states=States(settings.slack_client_secret, once),
        scopes=required_scopes(reads_groups=bool(settings.cw_bot_setup_usergroups)),
        introduces=introduces,
        public_url=settings.cw_bot_public_url,
    )


def _cookie_name(base: str) -> str:
    # The prefix keeps another host of the same domain from setting it; browsers take it over TLS alone.
    return f"__Host-{_COOKIE}" if base.startswith("https:") else _COOKIE


def _page(status: int, title: str, text: str, link: tuple[str, str] | None = None) -> web.Response:
    way_on = f'<p><a href="{escape(link[0])}" rel="noreferrer">{escape(link[1])}</a></p>' if link else ""
    body = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title></head>"
        f"<body><main><h1>{escape(title)}</h1><p>{escape(text)}</p>{way_on}</main></body></html>\n"
    )
    return web.Response(status=status, text=body, content_type="text/html", charset="utf-8")


_AGAIN: Final = (INSTALL_PATH, "Start again")


def _installed(installation: Installation) -> web.Response:
    where = installation.name or "your workspace"
    return _page(
        200,
        f"Installed in {where}",
        "Open Slack, type /invite @cw-bot in your team's channel, then /cw-setup.",
        (f"https://slack.com/app_redirect?app={installation.app_id}", "Open Slack"),
    )


def _declined() -> web.Response:
    return _page(
        200, "Nothing was installed", "You declined at Slack. You can come back at any time.", _AGAIN
    )


def _stale() -> web.Response:
    return _page(
        400,
        "This link is no longer good",
        "An installation must be ended within ten minutes, in the browser that began it, and only once. "
        "Nothing was installed.",
        _AGAIN,
    )


def _failed(word: str) -> web.Response:
    return _page(
        502,
        "Slack did not complete the installation",
        f"It answered: {word}. Nothing was installed. If it says so again, tell whoever runs this bot. "
        f"Reference: {current_reference()}",
        _AGAIN,
    )


def _later() -> web.Response:
    return _page(
        503,
        "Not just now",
        "The bot cannot reach its store. Nothing was installed; try again soon. "
        f"Reference: {current_reference()}",
        _AGAIN,
    )
