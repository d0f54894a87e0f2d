"""The Web API: one module a family of methods, entered into the registry on import."""

from bot.sandbox.slack.web import apps, chat, conversations, people, views
from bot.sandbox.slack.web.registry import METHODS, Request, Slack

__all__ = ["METHODS", "Request", "Slack", "apps", "chat", "conversations", "people", "views"]
