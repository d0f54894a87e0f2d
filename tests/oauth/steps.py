"""What somebody with a browser does to install the app."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import aiohttp

from bot.sandbox.bench import Sandbox


@dataclass(frozen=True)
class Page:
    """What the browser shows."""

    status: int
    text: str
    headers: Mapping[str, str]
    location: str = ""

    @property
    def title(self) -> str:
        """The heading."""
        found = re.search("<h1>(.*?)</h1>", self.text)
        return found[1] if found else ""


class Browser:
    """A browser with its own cookies, in front of one bot."""

    def __init__(self, sandbox: Sandbox) -> None:
        assert sandbox.bot is not None
        self.base = sandbox.bot.url
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()

    async def get(self, url: str, *, follow: bool = False, **headers: str) -> Page:
        """Open an address, or a path of the bot's."""
        address = url if "://" in url else self.base + url
        async with self.session.get(address, allow_redirects=follow, headers=headers) as answer:
            text = await answer.text()
            return Page(answer.status, text, dict(answer.headers), answer.headers.get("Location", ""))

    async def install(self, team_id: str) -> Page:
        """The whole way: our link, Slack's consent, back to us."""
        return await self.get(f"/slack/install?team={team_id}", follow=True)

    async def begin(self, team_id: str = "") -> dict[str, str]:
        """Only up to Slack's consent page: what is in its address."""
        page = await self.get(f"/slack/install?team={team_id}" if team_id else "/slack/install")
        assert page.status == 302, page
        return {name: values[0] for name, values in parse_qs(urlsplit(page.location).query).items()}

    async def return_with(self, **query: str) -> Page:
        """Back from Slack with this in the address."""
        async with self.session.get(
            f"{self.base}/slack/oauth_redirect", params=query, allow_redirects=False
        ) as answer:
            return Page(answer.status, await answer.text(), dict(answer.headers))


def oauth_settings(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    """Settings of a bot that workspaces install by themselves, without a token of its own."""
    app = sandbox.slack.workspace.app
    return {
        "slack_bot_token": "",
        "slack_client_id": app.client_id,
        "slack_client_secret": app.client_secret,
        **more,
    }
