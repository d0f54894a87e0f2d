"""Who did what: an append-only trail for each workspace, written behind the ack and never changed."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import structlog

from bot.domain.errors import CwBotError
from bot.services.ports import Spawn

log = structlog.get_logger(__name__)

DONE: Final = "done"
SENT_BACK: Final = "sent_back"  # a modal was answered with errors on its fields

# The trail keeps ids, and nothing that was typed.
_WORD = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")
# The same refusal of the same person is told once a minute, whatever record it was about: nobody can push the rest out of
# the trail with refusals.
_QUIET_SECONDS: Final = 60.0
_REMEMBERED: Final = 2_000
# How long a deed waits for others of its workspace: one by one they cost as much as what stands before an ack.
_GATHER_SECONDS: Final = 0.02

Event = Mapping[str, str]


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

    async def append(self, team_id: str, *events: Event) -> Sequence[str]:
        """Append; the entries' ids."""
        ...

    async def read(self, team_id: str, limit: int = 50) -> Sequence[Entry]:
        """The latest entries, newest first."""
        ...


class AuditService:
    """Writes and reads the trails."""

    def __init__(
        self,
        trail: Trail,
        *,
        gather_seconds: float = _GATHER_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._trail = trail
        self._gather_seconds = gather_seconds
        self._monotonic = monotonic
        self._refused: dict[tuple[str, ...], float] = {}
        self._waiting: dict[str, list[Event]] = {}

    async def record(self, team_id: str, deed: Deed) -> None:
        """Append a deed, and log it: what falls off the trail's end, or is cut out of Redis, still stands there.

        Where the store is away it stands in the log alone; this never raises for that.
        """
        if (event := self._tell(team_id, deed)) is not None:
            await self._append(team_id, [event])

    def note(self, team_id: str, deed: Deed, spawn: Spawn) -> None:
        """The same behind an ack: what a workspace does at the same time is appended together, in its order."""
        if (event := self._tell(team_id, deed)) is None:
            return
        waiting = self._waiting.get(team_id)
        if waiting is not None:
            waiting.append(event)
            return
        self._waiting[team_id] = [event]
        spawn(self._append_waiting(team_id), name="audit")

    def _tell(self, team_id: str, deed: Deed) -> Event | None:
        """Log it, as it will stand in the trail; None for what was told just before."""
        if deed.outcome not in (DONE, SENT_BACK) and self._was_just_told(team_id, deed):
            return None
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
        return event

    async def _append_waiting(self, team_id: str) -> None:
        """Until nothing waits any more: what comes while the rest is being written is appended after it."""
        try:
            await asyncio.sleep(self._gather_seconds)
            while events := self._waiting[team_id]:
                self._waiting[team_id] = []
                await self._append(team_id, events)
        finally:
            _say_missing(team_id, self._waiting.pop(team_id), "cut_short")

    async def _append(self, team_id: str, events: Sequence[Event]) -> None:
        try:
            await self._trail.append(team_id, *events)
        except CwBotError as error:
            _say_missing(team_id, events, error.key)
        except asyncio.CancelledError:
            _say_missing(team_id, events, "cut_short")
            raise

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


def _say_missing(team_id: str, events: Sequence[Event], key: str) -> None:
    for event in events:
        log.error("audit_not_kept", key=key, team=_word(team_id), deed=event)


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
