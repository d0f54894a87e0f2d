"""What a workspace, or a whole Enterprise Grid organization, gave when it installed the app."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, SecretStr, SerializationInfo, ValidationError, field_serializer

from bot.slack.workspaces import Workspace


class Installation(BaseModel):
    """One installation. `id` is the workspace's, or the organization's (`E…`) where it installed for all of its own.

    `refresh_token` and `expires_at` are set where the app rotates its tokens. `confirmed_at` is when Slack last gave or
    renewed the token.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: str
    name: str = ""
    app_id: str = ""
    bot_id: str
    bot_user_id: str
    bot_token: SecretStr
    refresh_token: SecretStr = SecretStr("")
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    is_organization: bool = False
    installed_by: str = ""
    confirmed_at: datetime

    @field_serializer("bot_token", "refresh_token")
    def _mask(self, secret: SecretStr, info: SerializationInfo) -> str:
        revealed = isinstance(info.context, dict) and info.context.get("reveal") is True
        return secret.get_secret_value() if revealed else str(secret)

    def as_document(self) -> dict[str, Any]:
        """As JSON with its tokens in clear, to be sealed by whoever keeps it."""
        return self.model_dump(mode="json", context={"reveal": True})

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self | None:
        """From what was kept; None where it is no installation."""
        try:
            return cls.model_validate(document)
        except ValidationError:
            return None

    def as_workspace(self, team_id: str) -> Workspace:
        """How a workspace is served by it."""
        return Workspace(
            team_id=team_id,
            bot_id=self.bot_id,
            bot_user_id=self.bot_user_id,
            bot_token=self.bot_token,
            app_id=self.app_id,
            confirmed_at=self.confirmed_at,
        )
