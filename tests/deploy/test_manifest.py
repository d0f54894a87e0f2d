"""The Slack app's manifest against what the code uses, and against Slack's rules for manifests."""

import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from typer.testing import CliRunner

import bot
from bot.cli import app
from bot.runtime.manifest import (
    COMFORT_SCOPES,
    COMMANDS,
    EVENTS,
    GROUP_SCOPE,
    SCOPES,
    ManifestOptions,
    build_manifest,
    render_yaml,
    required_scopes,
)
from bot.sandbox.bench import Sandbox
from bot.sandbox.slack import seed
from bot.sandbox.slack.web import METHODS
from handlers.register import register
from handlers.services import Services

ROOT = Path(bot.__file__).parents[1]
HTTP = ManifestOptions(url="https://bot.example.com")

# What each event takes, from Slack's reference of events.
_SCOPES_OF_EVENTS = {
    "app_home_opened": set[str](),
    "app_uninstalled": set[str](),
    "tokens_revoked": set[str](),
    "member_joined_channel": {"channels:read", "groups:read"},
    "member_left_channel": {"channels:read", "groups:read"},
    "channel_archive": {"channels:read"},
    "channel_unarchive": {"channels:read"},
    "channel_rename": {"channels:read"},
    "channel_deleted": {"channels:read"},
    "channel_left": {"channels:read"},
    "group_archive": {"groups:read"},
    "group_unarchive": {"groups:read"},
    "group_deleted": {"groups:read"},
    "message": {"channels:history"},
}


class Heard:
    """What listeners were registered for, by kind."""

    def __init__(self) -> None:
        self.kinds: dict[str, set[str]] = {}

    def note(self, kind: str, constraint: Any) -> None:
        """Remember one."""
        name = str(constraint.get("type") if isinstance(constraint, dict) else constraint)
        self.kinds.setdefault(kind, set()).add(name)

    def of(self, kind: str) -> set[str]:
        """Those of a kind."""
        return self.kinds.get(kind, set())


_KINDS = ("command", "event", "action", "view", "view_closed", "options", "shortcut", "message")


def _listen(app: AsyncApp, heard: Heard) -> None:
    """Note what is registered from now on, and by which name its listener goes."""

    def noted(kind: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def register(constraint: Any, *args: Any, **kwargs: Any) -> Any:
            decorate = original(constraint, *args, **kwargs)

            def note(listener: Callable[..., Any]) -> Any:
                # A listener of this name acknowledges what other apps' settings may subscribe to, and does nothing.
                if listener.__name__ != "ignore":
                    heard.note(kind, constraint)
                return decorate(listener)

            return note

        return register

    for kind in _KINDS:
        setattr(app, kind, noted(kind, getattr(app, kind)))


@pytest.fixture
async def heard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Heard:
    """The listeners of the bot as its composition root makes it."""
    found = Heard()

    def register_noted(app: AsyncApp, services: Services) -> None:
        _listen(app, found)
        register(app, services)

    monkeypatch.setattr("bot.runtime.bot.register", register_noted)
    async with Sandbox(data_dir=tmp_path):
        return found


def _sources() -> Iterator[ast.AST]:
    for folder in (ROOT / "bot" / "slack", ROOT / "bot" / "runtime", ROOT / "handlers"):
        for path in sorted(folder.rglob("*.py")):
            if path.name != "manifest.py":
                yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def _called_methods() -> set[str]:
    """Web API methods named in a text (`"views.open"`) or called on slack_sdk's client (`auth_test`)."""
    by_attribute = {name.replace(".", "_").lower(): name for name in METHODS}
    by_attribute = {it: name for it, name in by_attribute.items() if hasattr(AsyncWebClient, it)}
    found = set()
    for node in _sources():
        if isinstance(node, ast.Constant) and node.value in METHODS:
            found.add(str(node.value))
        if isinstance(node, ast.Attribute) and node.attr in by_attribute:
            found.add(by_attribute[node.attr])
    return found


async def test_the_manifest_declares_the_commands_that_are_listened_to_and_no_other(heard: Heard) -> None:
    assert heard.of("command") == {str(command) for command in COMMANDS}
    assert heard.of("shortcut") == set()


async def test_the_manifest_subscribes_to_the_events_that_are_listened_to_and_no_other(heard: Heard) -> None:
    assert heard.of("event") | heard.of("message") == set(EVENTS)


async def test_interactivity_and_home_are_on_because_they_are_used(heard: Heard) -> None:
    manifest = build_manifest(HTTP)
    assert heard.of("action")
    assert heard.of("view")
    assert manifest["settings"]["interactivity"]["is_enabled"] is True
    if heard.of("options"):
        assert manifest["settings"]["interactivity"]["message_menu_options_url"]
    assert manifest["features"]["app_home"]["home_tab_enabled"] is ("views.publish" in _called_methods())


def test_the_scopes_are_those_of_the_calls_commands_and_events_and_no_other() -> None:
    called = _called_methods()
    assert {"auth.test", "bots.info", "chat.postMessage", "users.info", "views.open"} <= called
    needed = {scope for name in called if (scope := METHODS[name].scope)} | {"commands"}
    for event in EVENTS:
        needed |= _SCOPES_OF_EVENTS[event]
    assert set(required_scopes(reads_groups=True)) == needed
    assert set(required_scopes()) == needed - {GROUP_SCOPE}
    assert all(SCOPES.values()), "each scope has its reason"


def test_the_sandbox_grants_no_more_than_the_manifest_asks_for() -> None:
    assert set(seed.SCOPES) == set(required_scopes()) - COMFORT_SCOPES
    assert {command.name for command in seed.COMMANDS} == {str(command) for command in COMMANDS}


def test_the_file_is_what_the_command_prints() -> None:
    printed = CliRunner().invoke(app, ["manifest", "--socket"])
    assert printed.exit_code == 0
    assert printed.stdout == (ROOT / "deploy" / "slack-manifest.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "options",
    [
        ManifestOptions(),
        HTTP,
        ManifestOptions(
            url="https://bot.example.com/", spans_organization=True, rotates_tokens=True, reads_groups=True
        ),
    ],
)
def test_yaml_and_the_manifest_say_the_same_and_slack_would_take_it(options: ManifestOptions) -> None:
    manifest = build_manifest(options)
    assert yaml.safe_load(render_yaml(options)) == manifest
    jsonschema.validate(manifest, _SCHEMA)


def test_for_http_every_address_leads_to_the_bot_and_without_one_there_is_none() -> None:
    manifest = build_manifest(HTTP)
    events = "https://bot.example.com/slack/events"
    assert {it["url"] for it in manifest["features"]["slash_commands"]} == {events}
    assert manifest["settings"]["event_subscriptions"]["request_url"] == events
    assert manifest["settings"]["interactivity"]["request_url"] == events
    assert manifest["settings"]["socket_mode_enabled"] is False
    assert manifest["oauth_config"]["redirect_urls"] == ["https://bot.example.com/slack/oauth_redirect"]
    assert "https://" not in json.dumps(build_manifest(ManifestOptions()))


@pytest.mark.parametrize(
    "url",
    [
        "http://bot.example.com",
        "bot.example.com",
        "https://",
        "https://a:b@c.example",
        "https://c.example?x=1",
    ],
)
def test_an_address_that_slack_would_not_take_is_refused_in_a_sentence(url: str) -> None:
    refused = CliRunner().invoke(app, ["manifest", "--url", url])
    assert refused.exit_code == 2
    assert "https" in refused.stderr
    assert refused.stdout == ""


def test_url_and_socket_do_not_go_together() -> None:
    refused = CliRunner().invoke(app, ["manifest", "--url", "https://bot.example.com", "--socket"])
    assert refused.exit_code == 2
    assert "choose one" in refused.stderr


def test_json_is_the_same_manifest() -> None:
    printed = CliRunner().invoke(app, ["manifest", "--url", HTTP.url, "--json"])
    assert json.loads(printed.stdout) == build_manifest(HTTP)


def _text(longest: int, shortest: int = 1) -> dict[str, Any]:
    return {"type": "string", "minLength": shortest, "maxLength": longest}


def _object(required: list[str], /, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


_BOOLEAN = {"type": "boolean"}
_URL = {"type": "string", "pattern": r"^https://[^\s]+$"}
_WORDS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}
# Slack's limits, from its reference of app manifests; the names of what this app has.
_SCHEMA = _object(
    ["display_information", "features", "oauth_config", "settings"],
    display_information=_object(
        ["name"],
        name=_text(35),
        description=_text(140),
        long_description=_text(4000, 174),
        background_color={"type": "string", "pattern": "^#[0-9a-f]{6}$"},
    ),
    features=_object(
        ["bot_user"],
        app_home=_object([], home_tab_enabled=_BOOLEAN, messages_tab_enabled=_BOOLEAN),
        bot_user=_object(["display_name"], display_name=_text(80), always_online=_BOOLEAN),
        slash_commands={
            "type": "array",
            "maxItems": 50,
            "items": _object(
                ["command", "description"],
                command={"type": "string", "pattern": "^/[a-z-]{1,31}$"},
                url=_URL,
                description=_text(2000),
                usage_hint=_text(1000),
                should_escape=_BOOLEAN,
            ),
        },
    ),
    oauth_config=_object(
        ["scopes"],
        redirect_urls={"type": "array", "items": _URL, "maxItems": 1000},
        scopes=_object(["bot"], bot={**_WORDS, "maxItems": 255}),
    ),
    settings=_object(
        ["socket_mode_enabled"],
        interactivity=_object(
            ["is_enabled"], is_enabled=_BOOLEAN, request_url=_URL, message_menu_options_url=_URL
        ),
        event_subscriptions=_object(["bot_events"], request_url=_URL, bot_events=_WORDS),
        org_deploy_enabled=_BOOLEAN,
        socket_mode_enabled=_BOOLEAN,
        token_rotation_enabled=_BOOLEAN,
    ),
)
