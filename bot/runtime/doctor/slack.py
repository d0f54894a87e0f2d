"""Slack: the bot token and its scopes, this machine's clock, the socket, and the app's own credentials."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import aiohttp

from bot.runtime.doctor.findings import Check, Finding, Report, State, skipped
from bot.runtime.manifest import COMFORT_SCOPES, required_scopes
from bot.runtime.settings import Settings
from bot.slack.errors import RevokedError, SlackError
from bot.slack.inspection import inspect_bot_token, open_connection, reach_socket
from bot.slack.oauth import OAuthClient
from bot.slack.signature import WINDOW_SECONDS

_NO_WAY: Final = "Look at the network and its proxies, at DNS, and at SLACK_API_URL."
_SKEW_WARN_SECONDS: Final = 30.0
_NOT_A_CODE: Final = "cw-bot-doctor"
# Slack looks at the app before it looks at the code, which is none.
_KNOWN_APP: Final = frozenset({"invalid_code", "code_already_used"})


def slack_checks(settings: Settings) -> list[Check]:
    """What is to be looked at, one check for each credential."""
    return [
        Check("Slack bot token", partial(_look_at_bot, settings)),
        Check("Slack socket", partial(_look_at_socket, settings)),
        Check("Slack app", partial(_look_at_app, settings)),
    ]


async def _look_at_bot(settings: Settings, report: Report) -> None:
    name = "Slack bot token"
    if not settings.slack_bot_token.get_secret_value():
        why = (
            "Workspaces install the app by themselves."
            if settings.offers_install
            else "There is no bot token."
        )
        report(skipped(name, why))
        return
    async with aiohttp.ClientSession() as session:
        try:
            found = await inspect_bot_token(session, settings.slack_bot_token, api_url=settings.slack_api_url)
        except RevokedError as error:
            report(
                Finding(
                    name,
                    State.FAIL,
                    f"Slack does not accept it ({error.error}).",
                    "slack_token_refused",
                    "Install the app to your workspace, and copy OAuth & Permissions → Bot User OAuth Token again.",
                )
            )
            return
        except SlackError as error:
            report(_unreachable(name, error))
            return
    report(Finding(name, State.OK, f"It is the bot's in the workspace {found.team}.", "slack_token_ok"))
    for finding in judge_scopes(found.scopes, reads_groups=bool(settings.cw_bot_setup_usergroups)):
        report(finding)
    if found.skew_seconds is not None:
        report(judge_clock(found.skew_seconds))


def judge_scopes(granted: frozenset[str], *, reads_groups: bool) -> Iterator[Finding]:
    """What was granted, held against the manifest."""
    name, wanted = "Slack scopes", frozenset(required_scopes(reads_groups=reads_groups))
    missing, excess = wanted - granted, granted - wanted
    if needed := missing - COMFORT_SCOPES:
        yield Finding(
            name,
            State.FAIL,
            f"Missing: {_list(needed)}.",
            "slack_scopes_missing",
            "Paste the manifest anew (cw-bot manifest), then reinstall the app to the workspace.",
        )
    if comfort := missing & COMFORT_SCOPES:
        yield Finding(
            name,
            State.WARN,
            f"Missing: {_list(comfort)}. Everything works, but an invitation is noticed up to an hour later.",
            "slack_scopes_comfort",
            "Paste the manifest anew (cw-bot manifest), then reinstall the app to the workspace.",
        )
    if excess:
        yield Finding(
            name,
            State.WARN,
            f"More than it needs: {_list(excess)}.",
            "slack_scopes_excess",
            "Take them out under OAuth & Permissions → Scopes, then reinstall the app.",
        )
    if not missing and not excess:
        yield Finding(name, State.OK, "They are the manifest's.", "slack_scopes_ok")


def judge_clock(skew_seconds: float) -> Finding:
    """Whether this machine's clock is near enough to Slack's: requests are signed with the time."""
    name, way = "Clock", "ahead of" if skew_seconds > 0 else "behind"
    fix = "Set the clock by NTP (timedatectl set-ntp true)."
    off = f"It is {abs(skew_seconds):.0f} seconds {way} Slack's"
    if abs(skew_seconds) >= WINDOW_SECONDS:
        words = f"{off}: every request of Slack's over HTTP is refused."
        return Finding(name, State.FAIL, words, "clock_wrong", fix)
    if abs(skew_seconds) >= _SKEW_WARN_SECONDS:
        return Finding(name, State.WARN, f"{off}.", "clock_off", fix)
    return Finding(name, State.OK, "It agrees with Slack's.", "clock_ok")


async def _look_at_socket(settings: Settings, report: Report) -> None:
    name = "Slack socket"
    if not settings.uses_socket_mode:
        report(skipped(name, "Slack posts over HTTP: SLACK_APP_TOKEN is not set."))
        return
    async with aiohttp.ClientSession() as session:
        try:
            url = await open_connection(session, settings.slack_app_token, api_url=settings.slack_api_url)
        except SlackError as error:
            report(
                _unreachable(name, error) if error.error == "unreachable" else _refused_socket(name, error)
            )
            return
    try:
        await reach_socket(url)
    except SlackError:
        report(
            Finding(
                name,
                State.FAIL,
                "Slack offers one, but its address cannot be reached.",
                "slack_socket_unreachable",
                "Let this machine open connections to wss-primary.slack.com and wss-backup.slack.com, port 443.",
            )
        )
        return
    report(Finding(name, State.OK, "It opens.", "slack_socket_ok"))


def _refused_socket(name: str, error: SlackError) -> Finding:
    return Finding(
        name,
        State.FAIL,
        f"Slack does not open it ({error.error}).",
        "slack_socket_refused",
        "Under Basic Information → App-Level Tokens generate a token with the scope connections:write, set it as "
        "SLACK_APP_TOKEN, and switch Socket Mode on.",
    )


async def _look_at_app(settings: Settings, report: Report) -> None:
    name = "Slack app"
    if not settings.offers_install:
        report(skipped(name, "Workspaces do not install it by themselves: SLACK_CLIENT_ID is not set."))
        return
    async with aiohttp.ClientSession() as session:
        oauth = OAuthClient(
            session, settings.slack_client_id, settings.slack_client_secret, settings.slack_api_url
        )
        try:
            await oauth.exchange(_NOT_A_CODE, redirect_uri="")
        except SlackError as error:
            report(_judge_app(name, error))


def _judge_app(name: str, error: SlackError) -> Finding:
    if error.error in _KNOWN_APP:
        return Finding(name, State.OK, "Slack knows its client ID and secret.", "slack_app_ok")
    if error.error == "unreachable":
        return _unreachable(name, error)
    return Finding(
        name,
        State.FAIL,
        f"Slack does not accept its client ID and secret ({error.error}).",
        "slack_app_refused",
        "Copy both again from Basic Information → App Credentials.",
    )


def _unreachable(name: str, error: SlackError) -> Finding:
    if error.error == "unreachable":
        return Finding(name, State.FAIL, "Slack cannot be reached.", "slack_unreachable", _NO_WAY)
    return Finding(
        name, State.FAIL, f"Slack answers: {error.error}.", "slack_refused", "Try again in a moment."
    )


def _list(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))
