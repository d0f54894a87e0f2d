"""Submissions of modals."""

from slack_bolt.async_app import AsyncApp

from handlers.services import Services
from handlers.views import credentials, edit, keys, remove, site, variables


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""
    site.register(app, services)
    credentials.register(app, services)
    edit.register(app, services)
    keys.register(app, services)
    remove.register(app, services)
    variables.register(app, services)
