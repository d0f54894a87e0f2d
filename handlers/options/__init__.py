"""What selects offer, when they ask."""

from slack_bolt.async_app import AsyncApp

from handlers.options import variables
from handlers.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""
    variables.register(app, services)
