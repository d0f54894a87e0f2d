"""Events."""

from slack_bolt.async_app import AsyncApp

from handlers.events import channels, home, leaving
from handlers.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""
    channels.register(app, services)
    home.register(app, services)
    leaving.register(app, services)
