"""Clicks."""

from slack_bolt.async_app import AsyncApp

from handlers.actions import credentials, filters, instances, onboarding, report, status, variables
from handlers.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""
    credentials.register(app, services)
    filters.register(app, services)
    instances.register(app, services)
    onboarding.register(app, services)
    report.register(app, services)
    status.register(app, services)
    variables.register(app, services)
