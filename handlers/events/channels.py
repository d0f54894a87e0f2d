"""What happens to a thread's channel: the bot is invited again, the channel comes out of the archive."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from handlers.payload import Body, read_id
from handlers.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def join(event: dict[str, Any], body: Body, context: AsyncBoltContext) -> None:
        """Messages of people who join are Slack's affair; the bot's own return means that it had been removed."""
        if event.get("user") != context.bot_user_id:
            return
        work = services.onboarding.rejoin(
            read_id(body.get("team_id")), read_id(event.get("channel")), joined_ts=str(event["event_ts"])
        )
        services.spawn(work, name="rejoin-channel")

    async def unarchive(event: dict[str, Any], body: Body) -> None:
        work = services.onboarding.revive(read_id(body.get("team_id")), read_id(event.get("channel")))
        services.spawn(work, name="revive-channel")

    async def ignore() -> None:
        """A thread is known by the channel's id, which a new name does not change; an archive is noticed by itself."""

    app.event("member_joined_channel")(join)
    for kind in ("channel_unarchive", "group_unarchive"):
        app.event(kind)(unarchive)
    for kind in ("channel_archive", "group_archive", "channel_rename", "group_rename"):
        app.event(kind)(ignore)
