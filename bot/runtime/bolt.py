"""Bolt as this bot uses it: our own verification in front, our own authorize, no OAuth of its own, no loud logger."""

import logging
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import StoreError
from bot.domain.reference import current_reference
from bot.runtime.admission import Admission, tell_in_place
from bot.runtime.routing import RoutedApp
from bot.slack.workspaces import Workspaces

# Bolt reads these by itself and would switch on an OAuth flow with a file store, or a token of its own.
_READ_BY_BOLT = ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET")


def build_app(workspaces: Workspaces, client: AsyncWebClient, admission: Admission) -> RoutedApp:
    """An app without listeners.

    `process_before_response` answers as soon as a listener has acked and returned: the other mode polls for the ack every
    10 ms. Listeners therefore hand slow work to tracked tasks.
    """

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        workspace = await workspaces.get(team_id or enterprise_id or "", enterprise_id or "")
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=workspace.bot_token.get_secret_value(),
            bot_id=workspace.bot_id,
            bot_user_id=workspace.bot_user_id,
        )

    async def admit(
        req: AsyncBoltRequest, next_: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        """For what comes over a socket; the HTTP door has asked already, before it looked for replays."""
        turned = None if req.context.get("is_admitted") else await admission.judge(req.body)
        if turned is None:
            return await next_()
        return _answer(turned.status, turned.body)

    with _hidden(*_READ_BY_BOLT):
        app = RoutedApp(
            name="cw-bot",
            logger=_quiet_logger(),
            client=client,
            authorize=authorize,
            before_authorize=admit,
            process_before_response=True,
            request_verification_enabled=False,  # done in front, before a byte is parsed or logged
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )

    @app.error
    async def failed(error: Exception, body: dict[str, Any]) -> BoltResponse:
        # Listeners are guarded and answer by themselves; what arrives here is a fault of the frame around them.
        logging.getLogger(__name__).error("bolt_failed error=%s", type(error).__name__, exc_info=error)
        if isinstance(error, StoreError):
            # Only an event can end like this, and Slack tells an event again that was not taken.
            return BoltResponse(status=503, body="")
        # An empty answer would close a modal with everything that was typed into it.
        return _answer(200, tell_in_place(body, "internal", reference=current_reference()))

    return app


def _answer(status: int, body: str) -> BoltResponse:
    headers: dict[str, str | Sequence[str]] = {"content-type": ["application/json"]} if body else {}
    return BoltResponse(status=status, body=body, headers=headers)


def _quiet_logger() -> logging.Logger:
    """Bolt's INFO and DEBUG print request bodies; its warnings about unhandled requests do so too."""
    logger = logging.getLogger("cw_bot.bolt")
    logger.setLevel(logging.CRITICAL)
    # Whoever turns everything up to DEBUG does not mean this one: over a socket it prints what people type.
    logger.disabled = True
    return logger


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)
