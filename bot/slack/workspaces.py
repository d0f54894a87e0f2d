"""Which workspaces the bot serves, and with which token.

One, whose token is in the settings (`OneWorkspace`); or many, which installed the app by themselves
(`bot.slack.stored_workspaces.StoredWorkspaces`).
"""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import aiohttp
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.errors import RevokedError, SlackError, error_from


@dataclass(frozen=True, slots=True)
class Workspace:
    """One installation of the app."""

    team_id: str
    bot_id: str
    bot_user_id: str
    bot_token: SecretStr
    app_id: str = ""  # empty where Slack would not say
    confirmed_at: datetime | None = None  # when the token was last seen to work


class Workspaces(Protocol):
    """The workspaces that have the bot."""

    @abstractmethod
    async def find(self, team_id: str, enterprise_id: str = "") -> Workspace | None:
        """The workspace, or None where the bot is not installed.

        `enterprise_id` is given where a genuine payload says that the organization installed the app for all its own.
        """
        ...

    @abstractmethod
    async def forget(self, team_id: str) -> None:
        """The workspace removed the app: its token leaves memory, and its requests are refused from now on."""
        ...

    async def members(self, enterprise_id: str) -> list[str]:  # noqa: ARG002 - there are none to begin with
        """The workspaces that are served by an organization's installation."""
        return []

    async def get(self, team_id: str, enterprise_id: str = "") -> Workspace:
        """The workspace. Raises `RevokedError` where the bot is not installed."""
        found = await self.find(team_id, enterprise_id)
        if found is None:
            raise RevokedError("authorize", "not_installed")
        return found

    async def token(self, team_id: str) -> str:
        """The token of a workspace. Raises `RevokedError` where the bot is not installed."""
        return (await self.get(team_id)).bot_token.get_secret_value()


class OneWorkspace(Workspaces):
    """The one workspace whose token is in the settings."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace: Workspace | None = workspace

    async def find(self, team_id: str, enterprise_id: str = "") -> Workspace | None:  # noqa: ARG002 - the protocol's
        """The workspace, or None where the bot is not installed."""
        known = self._workspace
        return known if known is not None and team_id == known.team_id else None

    async def forget(self, team_id: str) -> None:
        """The workspace removed the app."""
        if await self.find(team_id) is not None:
            self._workspace = None


async def introduce(client: AsyncWebClient, token: SecretStr) -> Workspace:
    """Ask Slack whose token this is (`auth.test`). Raises `SlackError`; `RevokedError` where it is not valid."""
    try:
        answer = await client.auth_test()
    except SlackApiError as error:
        raise error_from("auth.test", error.response) from None
    except (aiohttp.ClientError, TimeoutError, SlackRequestError) as error:
        # The texts of network errors hold addresses and headers: the type says enough.
        raise SlackError("auth.test", "unreachable") from RuntimeError(type(error).__name__)
    bot_id = str(answer.get("bot_id", ""))
    return Workspace(
        team_id=str(answer["team_id"]),
        bot_id=bot_id,
        bot_user_id=str(answer["user_id"]),
        bot_token=token,
        app_id=await _find_app_id(client, bot_id),
        confirmed_at=datetime.now(UTC),
    )


async def _find_app_id(client: AsyncWebClient, bot_id: str) -> str:
    """Which app the token belongs to (`bots.info`); empty where Slack would not say: then nothing is compared with it."""
    try:
        answer = await client.bots_info(bot=bot_id)
    except (SlackApiError, aiohttp.ClientError, TimeoutError, SlackRequestError):
        return ""
    return str((answer.get("bot") or {}).get("app_id", ""))
