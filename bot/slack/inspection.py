"""What Slack says of a token: whose it is, what it may do, and what time it is there."""

import asyncio
import logging
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError, SlackRequestError

from bot.slack.errors import SlackError, error_from
from bot.slack.timed_client import TimedClient

_SECONDS: Final = 8
_SILENT: Final = logging.getLogger("cw_bot.slack_sdk")


@dataclass(frozen=True, slots=True)
class Inspection:
    """Of a bot token. `skew_seconds`: how far this machine's clock is ahead of Slack's; None where Slack does not say."""

    team: str
    scopes: frozenset[str]
    skew_seconds: float | None


async def inspect_bot_token(session: aiohttp.ClientSession, token: SecretStr, *, api_url: str) -> Inspection:
    """`auth.test`, with its headers. Raises `SlackError`; `RevokedError` where the token is not valid."""
    answer, headers = await _ask(session, token, "auth.test", api_url=api_url)
    granted = headers.get("x-oauth-scopes", "")
    return Inspection(
        team=str(answer.get("team", "")),
        scopes=frozenset(it.strip() for it in granted.split(",") if it.strip()),
        skew_seconds=_measure_skew(headers.get("date", "")),
    )


async def open_connection(session: aiohttp.ClientSession, app_token: SecretStr, *, api_url: str) -> str:
    """The address of a socket (`apps.connections.open`), good for one connection. Raises `SlackError`.

    Nothing is connected: Slack would hand that connection its share of what people do.
    """
    answer, _ = await _ask(session, app_token, "apps.connections.open", api_url=api_url)
    return str(answer.get("url", ""))


async def reach_socket(url: str) -> None:
    """Open what a socket's connection goes over, TCP and TLS, and close it again. Raises `SlackError`."""
    parts = urlsplit(url)
    is_encrypted = parts.scheme == "wss"
    port = parts.port or (443 if is_encrypted else 80)
    context = ssl.create_default_context() if is_encrypted else None
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, port, ssl=context)
    except (OSError, TimeoutError) as error:
        raise SlackError("socket", "unreachable") from RuntimeError(type(error).__name__)
    writer.close()


async def _ask(
    session: aiohttp.ClientSession, token: SecretStr, method: str, *, api_url: str
) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    client = TimedClient(
        token=token.get_secret_value(),
        base_url=api_url,
        session=session,
        timeout=_SECONDS,
        retry_handlers=[],
        logger=_SILENT,
    )
    try:
        response = await client.api_call(method)
    except SlackApiError as error:
        raise error_from(method, error.response) from None
    except (aiohttp.ClientError, TimeoutError, SlackRequestError) as error:
        # The texts of network errors hold addresses and headers: the type says enough.
        raise SlackError(method, "unreachable") from RuntimeError(type(error).__name__)
    data = response.data if isinstance(response.data, dict) else {}
    return data, {str(name).lower(): str(value) for name, value in response.headers.items()}


def _measure_skew(date: str) -> float | None:
    """To the second, which is what the header tells."""
    try:
        return time.time() - parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError):
        return None
