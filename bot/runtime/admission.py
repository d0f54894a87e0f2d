"""Which genuine requests are for us: of a workspace that has the bot, for this app, and not too many of them.

Asked for every payload, by the HTTP door and in front of Bolt's own middleware for what comes over a socket.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog

from bot.domain.catalogue import explain
from bot.domain.errors import StoreError
from bot.runtime.concealment import Hide
from bot.runtime.limits import RateLimiter
from bot.runtime.metrics import Metrics
from bot.slack.workspaces import Workspaces
from handlers.payload import read_actor, read_organization, read_secrets

log = structlog.get_logger(__name__)

# These say that the workspace is gone, so it may be gone for us already.
LEAVING_EVENTS: Final = frozenset({"app_uninstalled", "tokens_revoked"})
_HANDSHAKES: Final = frozenset({"url_verification", "ssl_check"})
_WORKSPACE_SHARE: Final = 20


@dataclass(frozen=True, slots=True)
class Turned:
    """A request that goes no further: its answer, and the reason as the metric has it."""

    status: int
    reason: str
    body: str = ""


class Admission:
    """Judges payloads. `requests_per_minute` is a person's share, 0 sets no limit; a workspace has twenty of them.

    Every payload passes here before anything else is done with it, so that the keys typed into one are masked from here
    on in whatever is logged.
    """

    def __init__(
        self, workspaces: Workspaces, *, requests_per_minute: int, metrics: Metrics, hide: Hide
    ) -> None:
        self._workspaces = workspaces
        self._hide = hide
        self._metrics = metrics
        self._person: RateLimiter | None = None
        self._workspace: RateLimiter | None = None
        if requests_per_minute:
            many = requests_per_minute * _WORKSPACE_SHARE
            self._person = RateLimiter(burst=requests_per_minute / 5, per_second=requests_per_minute / 60)
            self._workspace = RateLimiter(burst=many / 5, per_second=many / 60)

    async def judge(self, body: Mapping[str, Any]) -> Turned | None:
        """None for a request that may go on."""
        if secrets := read_secrets(body):
            self._hide(*secrets)
        turned = await self._judge(body)
        if turned is not None:
            self._metrics.refused.labels(reason=turned.reason).inc()
            log.warning("request_refused", reason=turned.reason)
        return turned

    async def _judge(self, body: Mapping[str, Any]) -> Turned | None:
        if is_handshake(body):
            return None
        actor = read_actor(body)
        try:
            workspace = await self._workspaces.find(actor.team_id, read_organization(body))
        except StoreError:
            return Turned(503, "store")  # Slack brings events again; people read that the app did not answer
        if workspace is None:
            return None if _says_goodbye(body) else Turned(403, "not_installed")
        app_id = str(body.get("api_app_id") or "")
        if app_id and workspace.app_id and app_id != workspace.app_id:
            return Turned(403, "other_app")
        if _says_goodbye(body) or self._is_within_limits(actor.team_id, actor.user_id):
            return None
        return Turned(200, "too_many", tell_in_place(body, "too_many"))

    def _is_within_limits(self, team_id: str, user_id: str) -> bool:
        try:
            return (
                self._person is None
                or self._workspace is None
                or (self._person.allow(f"{team_id}:{user_id}") and self._workspace.allow(team_id))
            )
        except Exception as error:  # noqa: BLE001 - a limit that fails must not lock everybody out
            self._metrics.failed_open.labels(guard="rate_limit").inc()
            log.error("rate_limit_failed", error=type(error).__name__)  # noqa: TRY400 - its type says all there is
            return True


def is_handshake(body: Mapping[str, Any]) -> bool:
    """Slack's own questions about the address; they come from no workspace and nobody.

    Nothing else is let in as one: what somebody does is asked whose it is, whatever else stands in it.
    """
    if "command" in body:
        return False
    kind = body.get("type")
    return kind in _HANDSHAKES if isinstance(kind, str) else kind is None and body.get("ssl_check") == "1"


def _says_goodbye(body: Mapping[str, Any]) -> bool:
    event = body.get("event")
    return isinstance(event, Mapping) and str(event.get("type", "")) in LEAVING_EVENTS


def tell_in_place(body: Mapping[str, Any], key: str, **params: str) -> str:
    """What the person is told, in the form in which each surface can say it."""
    said = explain(key, **params)
    text = f"{said.summary} {said.fix}"
    if "command" in body:
        return json.dumps({"response_type": "ephemeral", "text": text})
    view = body.get("view")
    if body.get("type") == "view_submission" and isinstance(view, Mapping):
        blocks = view.get("blocks")
        for block in blocks if isinstance(blocks, list) else []:
            if isinstance(block, Mapping) and block.get("type") == "input":
                errors = {str(block.get("block_id", "")): text}
                return json.dumps({"response_action": "errors", "errors": errors})
    return ""
