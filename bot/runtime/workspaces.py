"""Which workspaces this bot serves: the one of the settings, those that installed it by themselves, or both."""

import aiohttp
from pydantic import SecretStr

from bot.domain.calls import Begin
from bot.runtime.oauth import InstallPages, build_pages
from bot.runtime.settings import Settings, SettingsError
from bot.runtime.storage import Storage
from bot.slack.errors import RevokedError, SlackError
from bot.slack.oauth import OAuthClient
from bot.slack.stored_workspaces import Spawn, StoredWorkspaces
from bot.slack.timed_client import TimedClient
from bot.slack.workspaces import OneWorkspace, Workspace, Workspaces, introduce
from bot.store.installations import RedisInstallations
from bot.store.once import RedisOnce

_SECONDS = 10


async def introduce_settings(settings: Settings, session: aiohttp.ClientSession) -> OneWorkspace | None:
    """The workspace of SLACK_BOT_TOKEN; None where it is not set. Raises `SettingsError` where Slack refuses it."""
    if not settings.slack_bot_token.get_secret_value():
        return None
    try:
        return OneWorkspace(await _ask(settings, session, settings.slack_bot_token))
    except RevokedError as error:
        raise SettingsError(
            f"SLACK_BOT_TOKEN is not accepted by Slack ({error.error}). Copy it again from OAuth & Permissions → "
            "Bot User OAuth Token, after installing the app to your workspace."
        ) from None
    except SlackError as error:
        raise SettingsError(
            f"Slack cannot be reached at {settings.slack_api_url} ({error.error}). Look at the network or "
            "at SLACK_API_URL, then start again."
        ) from None


def join_workspaces(
    settings: Settings,
    one: OneWorkspace | None,
    session: aiohttp.ClientSession,
    storage: Storage,
    spawn: Spawn,
    *,
    begin: Begin,
) -> tuple[Workspaces, InstallPages | None]:
    """All workspaces, and the pages by which more of them install the app, where the settings offer that."""
    if not settings.offers_install:
        # Without an app of one's own there is the settings' one: `require_slack` sees to it.
        return one or _nobody(), None
    oauth = OAuthClient(
        session, settings.slack_client_id, settings.slack_client_secret, settings.slack_api_url, begin
    )
    once = RedisOnce(storage.redis)
    stored = StoredWorkspaces(
        RedisInstallations(storage.redis, storage.sealer), oauth=oauth, once=once, spawn=spawn, besides=one
    )

    async def ask(token: SecretStr) -> Workspace:
        return await _ask(settings, session, token)

    return stored, build_pages(settings, stored, oauth, once, introduces=ask)


def _nobody() -> Workspaces:
    raise SettingsError("SLACK_BOT_TOKEN is not set.")


async def _ask(settings: Settings, session: aiohttp.ClientSession, token: SecretStr) -> Workspace:
    client = TimedClient(
        token=token.get_secret_value(), base_url=settings.slack_api_url, session=session, timeout=_SECONDS
    )
    return await introduce(client, token)
