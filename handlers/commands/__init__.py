"""Slash commands."""

from slack_bolt.async_app import AsyncApp

from handlers.commands import setup, status
from handlers.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""
    setup.register(app, services)
    status.register(app, services)
