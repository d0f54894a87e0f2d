"""The Slack app's manifest: the scopes, commands and events that the code uses, each with its reason, and no other.

`deploy/slack-manifest.yaml` is what `cw-bot manifest --socket` prints; a test compares both, and holds them against the
listeners and the Web API calls of the running bot.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from handlers.ids import Command

# Every Web API method and event that the bot uses is covered by these; what is told is why Slack should grant it.
SCOPES: Final[Mapping[str, str]] = {
    "commands": "/cw-setup and /cw-status",
    "chat:write": "the thread, and answers that one person alone sees",
    "users:read": "tells admins and guests apart, and which app a token belongs to",
    "channels:read": "hears when it is invited back into a channel, or when one comes out of the archive",
    "groups:read": "the same for private channels",
}
# Without these the bot does all it does, but some of it up to an hour later.
COMFORT_SCOPES: Final = frozenset({"channels:read", "groups:read"})
GROUP_SCOPE: Final = "usergroups:read"
GROUP_REASON: Final = "who is in the groups of CW_BOT_SETUP_USERGROUPS"
EVENTS: Final[Mapping[str, str]] = {
    "app_home_opened": "App Home",
    "member_joined_channel": "invited back: the thread goes on at once",
    "channel_unarchive": "likewise",
    "group_unarchive": "likewise",
    "app_uninstalled": "everything of the workspace is destroyed",
    "tokens_revoked": "likewise",
}
COMMANDS: Final[Mapping[Command, tuple[str, str]]] = {
    Command.SETUP: ("Connect a ConnectWise company", "[help]"),
    Command.STATUS: ("What works, what does not, and what to click", "[name | all | help]"),
}
EVENTS_PATH: Final = "/slack/events"
REDIRECT_PATH: Final = "/slack/oauth_redirect"

# Texts that mean themselves in YAML without quotation marks; all others are written as JSON strings, which are YAML too.
_PLAIN = re.compile(r"(?!true|false|null|yes|no|on|off)[a-z/][a-z0-9_./:-]*[a-z0-9]", re.ASCII)
_HEAD: Final = (
    "The Slack app, with the scopes it needs and no other. Create it at api.slack.com/apps → Create New App → "
    "From a manifest."
)
_SOCKET_NOTE: Final = (
    "Socket Mode: no public address is needed. For HTTP: cw-bot manifest --url https://bot.example.com"
)
_LONG: Final = (
    "Somebody types /cw-setup, the details go into modals, and a thread walks the whole team through role, API member "
    "and keys. Everything is checked against the live API, and the keys are kept sealed. Later /cw-status says what "
    "works, what does not, and what to click to mend it."
)


@dataclass(frozen=True, slots=True)
class ManifestOptions:
    """What differs between operators.

    Args:
        url: where Slack reaches the bot over HTTPS, without a path; empty for Socket Mode.
        spans_organization: whether an Enterprise Grid organization may install it once for all its workspaces.
        rotates_tokens: whether tokens expire and are refreshed. Slack does not let an app go back.
        reads_groups: whether user groups may be named in CW_BOT_SETUP_USERGROUPS.
    """

    url: str = ""
    spans_organization: bool = False
    rotates_tokens: bool = False
    reads_groups: bool = False


class ManifestError(ValueError):
    """The address cannot be used; the text is a sentence."""


def clean_url(url: str) -> str:
    """The address without its path's end. Raises `ManifestError` on what Slack would not take."""
    try:
        parts = urlsplit(url.strip())
        is_plain = not (parts.query or parts.fragment or parts.username or parts.password)
        good = parts.scheme == "https" and bool(parts.hostname) and is_plain and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ManifestError(
            "--url must be the https address at which Slack reaches the bot, e.g. https://bot.example.com"
        )
    return url.strip().rstrip("/")


def required_scopes(*, reads_groups: bool = False) -> tuple[str, ...]:
    """The bot token's scopes."""
    return (*SCOPES, GROUP_SCOPE) if reads_groups else tuple(SCOPES)


def build_manifest(options: ManifestOptions) -> dict[str, Any]:
    """The manifest as Slack's schema has it."""
    url = clean_url(options.url) if options.url else ""
    request = {"request_url": url + EVENTS_PATH} if url else {}
    menu_request = {"message_menu_options_url": url + EVENTS_PATH} if url else {}
    oauth: dict[str, Any] = {"redirect_urls": [url + REDIRECT_PATH]} if url else {}
    return {
        "display_information": {
            "name": "ConnectWise setup",
            "description": "Connects ConnectWise Manage to your automation platform, step by step, in a thread.",
            "long_description": _LONG,
            "background_color": "#1d3557",
        },
        "features": {
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": False},
            "bot_user": {"display_name": "cw-bot", "always_online": True},
            "slash_commands": [
                {
                    "command": str(command),
                    **({"url": url + EVENTS_PATH} if url else {}),
                    "description": description,
                    "usage_hint": hint,
                    "should_escape": True,
                }
                for command, (description, hint) in COMMANDS.items()
            ],
        },
        "oauth_config": {
            **oauth,
            "scopes": {"bot": list(required_scopes(reads_groups=options.reads_groups))},
        },
        "settings": {
            "interactivity": {"is_enabled": True, **request, **menu_request},
            "event_subscriptions": {**request, "bot_events": list(EVENTS)},
            "org_deploy_enabled": options.spans_organization,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": options.rotates_tokens,
        },
    }


def render_yaml(options: ManifestOptions) -> str:
    """The manifest as YAML, with the reason beside each scope and event."""
    reasons = {**SCOPES, GROUP_SCOPE: GROUP_REASON, **EVENTS}
    notes = [_HEAD] if options.url else [_HEAD, _SOCKET_NOTE]
    lines = [*(f"# {note}" for note in notes), *_emit(build_manifest(options), 0, reasons)]
    return "\n".join(lines) + "\n"


def _emit(value: Mapping[str, Any], depth: int, reasons: Mapping[str, str]) -> Iterator[str]:
    """The few shapes that a manifest has."""
    indent = "  " * depth
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield f"{indent}{key}:"
            yield from _emit(item, depth + 1, reasons)
        elif isinstance(item, list):
            yield f"{indent}{key}:"
            for entry in item:
                yield from _emit_entry(entry, depth + 1, reasons)
        else:
            yield f"{indent}{key}: {_scalar(item)}"


def _emit_entry(entry: Any, depth: int, reasons: Mapping[str, str]) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(entry, Mapping):
        lines = list(_emit(entry, depth + 1, reasons))
        yield f"{indent}- {lines[0].lstrip()}"
        yield from lines[1:]
    else:
        reason = f" # {reasons[entry]}" if entry in reasons else ""
        yield f"{indent}- {_scalar(entry)}{reason}"


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else json.dumps(value)
