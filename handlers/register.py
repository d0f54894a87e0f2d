"""All listeners of all surfaces."""

from slack_bolt.async_app import AsyncApp

from handlers import actions, commands, events, options, views
from handlers.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Listen to everything; commands first, because Bolt tries listeners in this order."""
    commands.register(app, services)
    actions.register(app, services)
    views.register(app, services)
    options.register(app, services)
    events.register(app, services)
