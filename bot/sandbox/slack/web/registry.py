"""The table of Web API methods, and what each is handed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.doings import Doings
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.modals import Modals
from bot.sandbox.slack.model import Channel, Installation, Json
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.workspace import SlackWorkspace


@dataclass(frozen=True)
class Slack:
    """The parts of the server that methods work on."""

    workspace: SlackWorkspace
    modals: Modals
    payloads: Payloads
    doings: Doings
    sockets: Sockets
    base_url: Callable[[], str]


@dataclass(frozen=True)
class Request:
    """One authorized call: its arguments and whom the token speaks for (None for methods without a bot token)."""

    slack: Slack
    args: Mapping[str, Any]
    installation: Installation | None = None

    @property
    def bot(self) -> Installation:
        """The installation behind the bot token."""
        if self.installation is None:
            raise ApiError("not_authed")
        return self.installation

    @property
    def workspace(self) -> SlackWorkspace:
        """The workspace."""
        return self.slack.workspace

    def required(self, name: str) -> str:
        """A text argument. Raises invalid_arguments where it is missing."""
        value = self.args.get(name)
        if value in (None, ""):
            raise ApiError("invalid_arguments", [f"[ERROR] missing required field: {name}"])
        return str(value)

    def text(self, name: str) -> str | None:
        """An optional text argument."""
        value = self.args.get(name)
        return None if value in (None, "") else str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """An optional true-or-false argument, as JSON or as form text."""
        value = self.args.get(name)
        if value is None:
            return default
        return value if isinstance(value, bool) else str(value).lower() in ("1", "true")

    def structure(self, name: str, *, error: str = "invalid_arguments") -> Any:
        """An argument that is JSON: an object already, or its text in a form. Raises `error` when it is neither."""
        value = self.args.get(name)
        if not isinstance(value, str) or not value:
            return None if value == "" else value
        try:
            return json.loads(value)
        except ValueError:
            raise ApiError(error, [f"[ERROR] must be valid JSON [json-pointer:/{name}]"]) from None

    def channel(self, name: str = "channel") -> Channel:
        """The channel that an argument names, if the bot may know of it. Raises channel_not_found."""
        key = self.required(name)
        channels = self.workspace.channels
        found = channels.get(key) or next((c for c in channels.values() if f"#{c.name}" == key), None)
        if found is None or self.bot.team_id not in found.team_ids:
            raise ApiError("channel_not_found")
        if (found.is_private or found.is_im) and self.bot.bot_user_id not in found.members:
            raise ApiError("channel_not_found")
        return found


Handler = Callable[[Request], Json]


@dataclass(frozen=True)
class Method:
    """A method: its handler, the scope it needs (None: none), and whose token: bot, app, or anybody's."""

    handler: Handler
    scope: str | None = None
    caller: str = "bot"


METHODS: dict[str, Method] = {}


def method(name: str, *, scope: str | None = None, caller: str = "bot") -> Callable[[Handler], Handler]:
    """Enter a handler into the table."""

    def enter(handler: Handler) -> Handler:
        METHODS[name] = Method(handler, scope, caller)
        return handler

    return enter
