"""Where the app is installed, as `bot.services.workspaces` asks for it."""

from datetime import datetime

from bot.slack.gateway import SlackGateway
from bot.slack.workspaces import Workspaces


class InstalledWorkspaces:
    """The workspaces in memory, and the clients that hold their tokens."""

    def __init__(self, workspaces: Workspaces, gateway: SlackGateway) -> None:
        self._workspaces = workspaces
        self._gateway = gateway

    async def confirmed_at(self, team_id: str) -> datetime | None:
        """When the workspace's token was last seen to work; None where there is none."""
        workspace = await self._workspaces.find(team_id)
        return workspace.confirmed_at if workspace is not None else None

    async def members(self, enterprise_id: str) -> list[str]:
        """The workspaces that are served by an organization's installation."""
        return await self._workspaces.members(enterprise_id)

    async def forget(self, team_id: str) -> None:
        """Drop the token, and every client that was made with it."""
        workspace = await self._workspaces.find(team_id)
        await self._workspaces.forget(team_id)
        if workspace is not None:
            self._gateway.forget(workspace.bot_token.get_secret_value())
