"""ConnectWise's lists, remembered for a moment: a select asks for them with every letter that is typed.

A list is asked for once at a time, whoever waits for it. It counts as fresh for a minute; an older one is still better
than none while ConnectWise is slow or silent. What a process remembers is bounded and lost with it.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.domain.errors import ConnectWiseError
from bot.domain.instance import Instance
from bot.domain.variables import Entry, Kind, Listing
from bot.services.ports import Spawn

log = structlog.get_logger(__name__)

FRESH_SECONDS = 60.0
KEPT_SECONDS = 900.0
_MOST_KEPT = 256


class Lists(Protocol):
    """Reads lists in the name of an instance's API member. All raise `ConnectWiseError`."""

    async def read(self, instance: Instance, kind: Kind, *, board_id: int = 0, search: str = "") -> Listing:
        """The list, or what of it contains `search`."""
        ...

    async def find(
        self, instance: Instance, kind: Kind, ids: Collection[int], *, board_id: int = 0
    ) -> dict[int, Entry]:
        """Those of the list that have one of these ids."""
        ...

    async def knows_agreement(self, instance: Instance, name: str) -> bool | None:
        """Whether there is an agreement of that name; None where it cannot be told."""
        ...

    async def item_fits(
        self, instance: Instance, *, board_id: int, type_id: int, subtype_id: int, item_id: int
    ) -> bool | None:
        """Whether the item goes with type and subtype; None where it cannot be told."""
        ...


@dataclass(frozen=True, slots=True)
class Glance:
    """A list as far as it is known by now. `listing` is None while nothing is; `is_old` where it could not be renewed."""

    listing: Listing | None
    is_old: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    listing: Listing
    at: float


_Key = tuple[str, str, int, Kind, int, str]


class Listings:
    """Remembers lists for each instance and edition of it (other keys may see other records)."""

    def __init__(self, lists: Lists, *, spawn: Spawn, clock: Callable[[], float] = time.monotonic) -> None:
        self._lists = lists
        self._spawn = spawn
        self._clock = clock
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._asking: dict[_Key, asyncio.Task[Listing | ConnectWiseError]] = {}

    async def look(
        self, instance: Instance, kind: Kind, *, board_id: int = 0, search: str = "", budget_seconds: float
    ) -> Glance:
        """The list within that time, else what is remembered of it. Raises `ConnectWiseError` where that is nothing."""
        key = (instance.team_id, instance.id, instance.edition, kind, board_id, search)
        kept = self._recall(key)
        if kept is not None and self._clock() - kept.at < FRESH_SECONDS:
            return Glance(kept.listing)
        task = self._ask(key, instance)
        # The task goes on when time is up: whoever types the next letter finds the list here.
        await asyncio.wait({task}, timeout=budget_seconds)
        if not task.done():
            return Glance(kept.listing if kept else None, is_old=True)
        answer = task.result()
        if isinstance(answer, Listing):
            return Glance(answer)
        if kept is not None:
            return Glance(kept.listing, is_old=True)
        raise answer

    def _recall(self, key: _Key) -> _Kept | None:
        kept = self._kept.get(key)
        if kept is not None and self._clock() - kept.at >= KEPT_SECONDS:
            del self._kept[key]
            return None
        return kept

    def _ask(self, key: _Key, instance: Instance) -> asyncio.Task[Listing | ConnectWiseError]:
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = self._spawn(self._read(key, instance), name="read-list")
        return task

    async def _read(self, key: _Key, instance: Instance) -> Listing | ConnectWiseError:
        _, _, _, kind, board_id, search = key
        try:
            listing = await self._lists.read(instance, kind, board_id=board_id, search=search)
        except ConnectWiseError as error:
            # Returned, not raised: nobody may be waiting for it any more.
            log.info("list_not_read", instance=instance.id, kind=kind, key=error.key)
            return error
        finally:
            self._asking.pop(key, None)
        self._kept[key] = _Kept(listing, self._clock())
        self._kept.move_to_end(key)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return listing
