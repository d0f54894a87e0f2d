"""Slack's side of an installation: the consent page's address, and tokens for codes and for refresh tokens.

Plain aiohttp: slack_sdk's `oauth_v2_access` hands aiohttp a `BasicAuth`, of which aiohttp 3.14 warns.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urljoin

import aiohttp
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from bot.domain.calls import Begin, unwatched
from bot.slack.errors import SlackError, error_from

METHOD: Final = "oauth.v2.access"
_TIMEOUT_SECONDS: Final = 10


class _Named(BaseModel):
    id: str
    name: str = ""


class _User(BaseModel):
    id: str = ""


class Grant(BaseModel):
    """What `oauth.v2.access` answers. Shows no token in its repr."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    access_token: SecretStr
    token_type: str = ""
    scope: str = ""
    bot_user_id: str = ""
    app_id: str = ""
    team: _Named | None = None
    enterprise: _Named | None = None
    is_enterprise_install: bool = False
    authed_user: _User = _User()
    refresh_token: SecretStr = SecretStr("")
    expires_in: int | None = None

    @property
    def place(self) -> _Named | None:
        """The workspace, or the organization where it installed the app for all of its own."""
        return self.enterprise if self.is_enterprise_install else self.team


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """Asks Slack in the app's own name. `session` is closed by whoever made it."""

    session: aiohttp.ClientSession
    client_id: str
    client_secret: SecretStr
    api_url: str
    begin: Begin = field(default=unwatched, repr=False)

    def consent_url(self, *, state: str, redirect_uri: str, scopes: Sequence[str], team_id: str = "") -> str:
        """Where the person is asked whether they want the app. `team_id` picks a workspace beforehand."""
        query = {
            "client_id": self.client_id,
            "scope": ",".join(scopes),
            "state": state,
            "redirect_uri": redirect_uri,
            **({"team": team_id} if team_id else {}),
        }
        return f"{urljoin(self.api_url, '../oauth/v2/authorize')}?{urlencode(query)}"

    async def exchange(self, code: str, *, redirect_uri: str) -> Grant:
        """The tokens for a code, which is good once. Raises `SlackError`."""
        return await self._ask({"code": code, "redirect_uri": redirect_uri})

    async def refresh(self, refresh_token: SecretStr) -> Grant:
        """Fresh tokens for a refresh token, which is good once. Raises `SlackError`."""
        token = refresh_token.get_secret_value()
        return await self._ask({"grant_type": "refresh_token", "refresh_token": token})

    async def _ask(self, form: Mapping[str, str]) -> Grant:
        login = f"{self.client_id}:{self.client_secret.get_secret_value()}".encode()
        headers = {"Authorization": f"Basic {base64.b64encode(login).decode()}"}
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
        end, status = self.begin(METHOD), "given_up"
        try:
            async with self.session.post(
                urljoin(self.api_url, METHOD),
                data=form,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                answer = await response.json(content_type=None)
                status = (
                    str(answer.get("error", "ok")) if isinstance(answer, Mapping) else "unreadable_answer"
                )
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            status = "unreachable"
            # Texts of network errors may hold what was sent: the type says enough.
            raise SlackError(METHOD, "unreachable") from RuntimeError(type(error).__name__)
        finally:
            end(status)
        return _read(answer)


def _read(answer: Any) -> Grant:
    if not isinstance(answer, Mapping) or answer.get("ok") is not True:
        raise error_from(METHOD, answer)
    try:
        grant = Grant.model_validate(answer)
    except ValidationError:
        raise SlackError(METHOD, "unreadable_answer") from None
    if grant.token_type != "bot" or not grant.access_token.get_secret_value():  # noqa: S105 - a kind, not a token
        raise SlackError(METHOD, "no_bot_token")
    return grant
