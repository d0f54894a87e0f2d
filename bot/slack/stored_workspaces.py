"""The workspaces that installed the app by themselves: kept sealed, remembered for a while, their tokens renewed."""

import asyncio
import hashlib
import re
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import structlog
from pydantic import SecretStr

from bot.domain.errors import SealError, StoreUnavailableError
from bot.slack.errors import SlackError
from bot.slack.installation import Installation
from bot.slack.oauth import Grant, OAuthClient
from bot.slack.workspaces import Workspace, Workspaces

log = structlog.get_logger(__name__)

# How long another replica may go on with what was revoked or renewed meanwhile.
REMEMBERED_SECONDS: Final = 30.0
_MOST_REMEMBERED: Final = 5_000
# Slack's rotated tokens live for twelve hours; a renewal that fails has two of them to be tried again.
RENEW_AHEAD: Final = timedelta(hours=2)
_TOO_LATE: Final = timedelta(minutes=1)
_RENEWAL_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.1
_VIA: Final = "via"
_ID = re.compile(r"[A-Z0-9]{1,32}", re.ASCII)


class Installations(Protocol):
    """One sealed document a workspace. Implemented by `bot.store.installations`."""

    async def put(self, team_id: str, document: Mapping[str, Any]) -> None:
        """Keep it in place of an earlier one."""
        ...

    async def get(self, team_id: str) -> dict[str, Any] | None:
        """The document. Raises `SealError` when it does not open."""
        ...

    async def remove(self, team_id: str) -> bool:
        """Destroy it."""
        ...

    async def list_ids(self) -> list[str]:
        """The workspaces that have one."""
        ...


class Once(Protocol):
    """Lets the first caller through. Implemented by `bot.store.once`."""

    async def first(self, team_id: str, what: str, token: str, ttl_seconds: float) -> bool:
        """Whether this token was first for `what`."""
        ...


class Spawn(Protocol):
    """Starts a tracked task."""

    def __call__(self, work: Coroutine[Any, Any, Any], /, *, name: str) -> asyncio.Task[Any]:
        """Start `work`."""
        ...


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept under an id: an installation, or the organization by which the workspace is served."""

    installation: Installation | None = None
    via: str = ""


class StoredWorkspaces(Workspaces):
    """Finds installations, and renews their tokens.

    Args:
        installations: where they are kept.
        oauth: renews tokens.
        once: sees to it that one replica renews.
        spawn: starts renewals that nobody has to wait for.
        besides: the workspace of the settings, for one that has not installed the app by itself.
    """

    def __init__(
        self,
        installations: Installations,
        *,
        oauth: OAuthClient,
        once: Once,
        spawn: Spawn,
        besides: Workspaces | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._installations = installations
        self._oauth = oauth
        self._once = once
        self._spawn = spawn
        self._besides = besides
        self._clock = clock
        self._monotonic = monotonic
        self._remembered: dict[str, tuple[float, _Kept]] = {}
        self._renewing: dict[str, asyncio.Task[Installation]] = {}

    async def find(self, team_id: str, enterprise_id: str = "") -> Workspace | None:
        """The workspace by its own installation, else its organization's, else the settings' one."""
        is_id = _ID.fullmatch(team_id) is not None and (
            not enterprise_id or _ID.fullmatch(enterprise_id) is not None
        )
        installation = await self._installation_of(team_id, enterprise_id) if is_id else None
        if installation is not None:
            return (await self._fresh(installation)).as_workspace(team_id)
        return await self._besides.find(team_id) if self._besides is not None else None

    async def members(self, enterprise_id: str) -> list[str]:
        """The workspaces that are served by an organization's installation."""
        return [
            it for it in await self._installations.list_ids() if (await self._read(it)).via == enterprise_id
        ]

    async def add(self, installation: Installation) -> None:
        """A workspace or an organization has installed the app, for the first time or again."""
        await self._installations.put(installation.id, installation.as_document())
        self._remember(installation.id, _Kept(installation))

    async def forget(self, team_id: str) -> None:
        """It removed the app: memory and store lose its tokens, and an organization takes its workspaces with it."""
        if self._besides is not None:
            await self._besides.forget(team_id)
        if not _ID.fullmatch(team_id):
            return
        try:
            await self._installations.remove(team_id)
        finally:
            self._remembered.pop(team_id, None)
            for member in [it for it, (_, kept) in self._remembered.items() if kept.via == team_id]:
                self._remembered.pop(member)

    async def _installation_of(self, team_id: str, enterprise_id: str) -> Installation | None:
        kept = await self._read(team_id)
        if kept.installation is not None:
            return kept.installation
        organization = enterprise_id or kept.via
        if not organization:
            return None
        found = (await self._read(organization)).installation
        if found is None or not found.is_organization:
            return None
        if kept.via != organization:
            # Work behind the scenes knows the workspace alone: it has to be remembered whose it is.
            await self._installations.put(team_id, {_VIA: organization})
            self._remember(team_id, _Kept(via=organization))
        return found

    async def _read(self, team_id: str) -> _Kept:
        until, known = self._remembered.get(team_id, (0.0, None))
        if known is not None and self._monotonic() < until:
            return known
        try:
            kept = await self._read_stored(team_id)
        except StoreUnavailableError:
            if known is not None:
                return known  # people are to be told that the store is away, and that takes a token
            raise
        if kept.installation is None and not kept.via:
            self._remembered.pop(team_id, None)
        else:
            self._remember(team_id, kept)
        return kept

    async def _read_stored(self, team_id: str) -> _Kept:
        try:
            document = await self._installations.get(team_id)
        except SealError:
            log.error("installation_unreadable", team=team_id)  # noqa: TRY400 - nothing more is to be told of it
            return _Kept()
        if document is None:
            return _Kept()
        return _Kept(Installation.from_document(document), str(document.get(_VIA, "")))

    def _remember(self, team_id: str, kept: _Kept) -> None:
        self._remembered.pop(team_id, None)
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))
        self._remembered[team_id] = (self._monotonic() + REMEMBERED_SECONDS, kept)

    async def _fresh(self, installation: Installation) -> Installation:
        """The installation with a token that works: renewed ahead of time behind, or before going on if it must be."""
        expires_at, now = installation.expires_at, self._clock()
        if expires_at is None or now < expires_at - RENEW_AHEAD:
            return installation
        task = self._renewing.get(installation.id)
        if task is None:
            task = self._spawn(self._renew(installation), name="renew-token")
            self._renewing[installation.id] = task
            task.add_done_callback(lambda _: self._renewing.pop(installation.id, None))
        return installation if now < expires_at - _TOO_LATE else await asyncio.shield(task)

    async def _renew(self, installation: Installation) -> Installation:
        """A refresh token is good once: one replica uses it, the others wait for what it wrote."""
        digest = hashlib.sha256(installation.refresh_token.get_secret_value().encode()).hexdigest()
        is_ours = await self._once.first(
            installation.id, f"renew:{digest}", secrets.token_hex(8), _RENEWAL_SECONDS
        )
        if not is_ours:
            return await self._await_renewal(installation)
        stored = (await self._read_stored(installation.id)).installation
        if stored is None or stored.refresh_token != installation.refresh_token:
            return stored or installation
        try:
            grant = await self._oauth.refresh(installation.refresh_token)
        except SlackError as error:
            log.warning("token_not_renewed", team=installation.id, slack=error.error)
            return installation
        renewed = self._with(installation, grant)
        await self.add(renewed)
        log.info("token_renewed", team=installation.id)
        return renewed

    async def _await_renewal(self, installation: Installation) -> Installation:
        deadline = self._monotonic() + _RENEWAL_SECONDS
        while self._monotonic() < deadline:
            stored = (await self._read_stored(installation.id)).installation
            if stored is None:
                break
            if stored.refresh_token != installation.refresh_token:
                self._remember(installation.id, _Kept(stored))
                return stored
            await asyncio.sleep(_POLL_SECONDS)
        return installation

    def _with(self, installation: Installation, grant: Grant) -> Installation:
        now = self._clock()
        return installation.model_copy(
            update={
                "bot_token": grant.access_token,
                "refresh_token": SecretStr(grant.refresh_token.get_secret_value()),
                "expires_at": expiry(grant, now),
                "confirmed_at": now,
            }
        )


def expiry(grant: Grant, now: datetime) -> datetime | None:
    """When the grant's token ends; None where it does not."""
    return now + timedelta(seconds=grant.expires_in) if grant.expires_in and grant.refresh_token else None
