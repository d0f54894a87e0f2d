"""Which workspaces the bot serves, and with which token."""

from dataclasses import dataclass

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


class Workspaces:
    """The one workspace whose token is in the settings."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def find(self, team_id: str) -> Workspace | None:
        """The workspace, or None where the bot is not installed."""
        return self._workspace if team_id == self._workspace.team_id else None

    async def get(self, team_id: str) -> Workspace:
        """The workspace. Raises `RevokedError` where the bot is not installed."""
        found = await self.find(team_id)
        if found is None:
            raise RevokedError("authorize", "not_installed")
        return found

    async def token(self, team_id: str) -> str:
        """The token of a workspace. Raises `RevokedError` where the bot is not installed."""
        return (await self.get(team_id)).bot_token.get_secret_value()


async def introduce(client: AsyncWebClient, token: SecretStr) -> Workspace:
    """Ask Slack whose token this is (`auth.test`). Raises `SlackError`; `RevokedError` where it is not valid."""
    try:
        answer = await client.auth_test()
    except SlackApiError as error:
        raise error_from("auth.test", error.response) from None
    except (aiohttp.ClientError, TimeoutError, SlackRequestError) as error:
        # The texts of network errors hold addresses and headers: the type says enough.
        raise SlackError("auth.test", "unreachable") from RuntimeError(type(error).__name__)
    return Workspace(
        team_id=str(answer["team_id"]),
        bot_id=str(answer.get("bot_id", "")),
        bot_user_id=str(answer["user_id"]),
        bot_token=token,
    )
