"""Who did what: an append-only trail for each workspace, written behind the ack and never changed."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import structlog

from bot.domain.errors import CwBotError

log = structlog.get_logger(__name__)

DONE: Final = "done"
SENT_BACK: Final = "sent_back"  # a modal was answered with errors on its fields

# The trail keeps ids, and nothing that was typed.
_WORD = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")
# The same refusal of the same person is told once a minute, whatever record it was about: nobody can push the rest out of
# the trail with refusals.
_QUIET_SECONDS: Final = 60.0
_REMEMBERED: Final = 2_000


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did or tried to do. `what` is the command, button or modal, `subject` the record it was about.

    `outcome` is `done`, `sent_back`, or the key of the error that it ended with.
    """

    by: str
    action: str
    what: str
    subject: str = ""
    outcome: str = DONE
    at: datetime | None = None


class Entry(Protocol):
    """One entry of a trail as the store has it."""

    @property
    def at(self) -> datetime:
        """When it arrived."""
        ...

    @property
    def event(self) -> Mapping[str, str]:
        """What was told."""
        ...


class Trail(Protocol):
    """Keeps the trails. Implemented by `bot.store.audit`."""

    async def append(self, team_id: str, event: Mapping[str, str]) -> str:
        """Append; the entry's id."""
        ...

    async def read(self, team_id: str, limit: int = 50) -> Sequence[Entry]:
        """The latest entries, newest first."""
        ...


class AuditService:
    """Writes and reads the trails."""

    def __init__(self, trail: Trail, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._trail = trail
        self._monotonic = monotonic
        self._refused: dict[tuple[str, ...], float] = {}

    async def record(self, team_id: str, deed: Deed) -> None:
        """Append a deed, and log it: what falls off the trail's end, or is cut out of Redis, still stands there.

        Where the store is away it stands in the log alone; this never raises for that.
        """
        if deed.outcome not in (DONE, SENT_BACK) and self._was_just_told(team_id, deed):
            return
        event = {
            name: _word(value)
            for name, value in (
                ("by", deed.by),
                ("action", deed.action),
                ("what", deed.what),
                ("subject", deed.subject),
                ("outcome", deed.outcome),
            )
            if value
        }
        log.info("deed", team=_word(team_id), **event)
        try:
            await self._trail.append(team_id, event)
        except CwBotError as error:
            log.error("audit_not_kept", key=error.key, team=_word(team_id), deed=event)  # noqa: TRY400 - its key says all

    async def read(self, team_id: str, limit: int = 50) -> list[Deed]:
        """The latest deeds, newest first."""
        return [_read(entry) for entry in await self._trail.read(team_id, limit)]

    def _was_just_told(self, team_id: str, deed: Deed) -> bool:
        now, key = self._monotonic(), (team_id, deed.by, deed.action, deed.what, deed.outcome)
        told_at = self._refused.pop(key, None)
        if told_at is not None and now - told_at < _QUIET_SECONDS:
            self._refused[key] = told_at
            return True
        if len(self._refused) >= _REMEMBERED:
            self._refused.pop(next(iter(self._refused)))
        self._refused[key] = now
        return False


def _word(value: str) -> str:
    return value if _WORD.fullmatch(value) else "?"


def _read(entry: Entry) -> Deed:
    told = entry.event
    return Deed(
        by=told.get("by", ""),
        action=told.get("action", ""),
        what=told.get("what", ""),
        subject=told.get("subject", ""),
        outcome=told.get("outcome", ""),
        at=entry.at,
    )
