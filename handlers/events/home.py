"""App Home: the dashboard, for people who prefer looking to typing."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp

from bot.domain.errors import CwBotError
from bot.domain.people import Actor
from bot.services.access import Action
from bot.slack.errors import SlackError
from handlers.blocks.home import build_home, build_home_refusal
from handlers.blocks.kit import JSON
from handlers.payload import Body
from handlers.services import Services

log = structlog.get_logger(__name__)


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def open_home(event: dict[str, Any], body: Body) -> None:
        if event.get("tab", "home") != "home":
            return
        actor = Actor(user_id=str(event["user"]), team_id=str(body.get("team_id", "")))
        services.spawn(_publish(services, actor), name="publish-home")

    app.event("app_home_opened")(open_home)


async def _publish(services: Services, actor: Actor) -> None:
    try:
        await services.gateway.publish_home(actor.team_id, actor.user_id, await _build(services, actor))
    except SlackError as error:
        log.warning("home_not_shown", slack=error.error, user=actor.user_id)


async def _build(services: Services, actor: Actor) -> JSON:
    try:
        await services.access.require(actor, Action.STATUS)
        return build_home(await services.status.overview(actor.team_id))
    except CwBotError as error:
        return build_home_refusal(error)
