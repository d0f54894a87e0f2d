"""App Home: the dashboard, for people who prefer looking to typing."""

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.domain.people import Actor
from handlers.payload import Body, read_id
from handlers.services import Services
from handlers.surface import publish_home


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def open_home(event: dict[str, Any], body: Body) -> None:
        if event.get("tab", "home") != "home":
            return
        actor = Actor(user_id=read_id(event.get("user")), team_id=read_id(body.get("team_id")))
        services.spawn(publish_home(services, actor), name="publish-home")

    app.event("app_home_opened")(open_home)
