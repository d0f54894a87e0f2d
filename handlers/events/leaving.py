"""`app_uninstalled` and `tokens_revoked`: the workspace's secrets are destroyed, in either order."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from slack_bolt.async_app import AsyncApp

from handlers.payload import Body, read_id, read_organization
from handlers.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def leave(event: dict[str, Any], body: Body) -> None:
        if event.get("type") == "tokens_revoked" and not _names_bot_tokens(event):
            return  # a person took their own token back; the bot's still works
        happened_at = datetime.fromtimestamp(int(body.get("event_time") or 0), UTC)
        # Awaited: should the store be away, Slack hears of it and tells us again.
        if organization := read_organization(body):
            await services.leaving.leave_organization(organization, happened_at=happened_at)
            return
        await services.leaving.leave(read_id(body.get("team_id")), happened_at=happened_at)

    app.event("app_uninstalled")(leave)
    app.event("tokens_revoked")(leave)


def _names_bot_tokens(event: Mapping[str, Any]) -> bool:
    tokens = event.get("tokens")
    return isinstance(tokens, Mapping) and bool(tokens.get("bot"))
