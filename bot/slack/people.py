"""Who somebody is, as Slack says; remembered for a minute, so that not every click asks."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from bot.domain.people import Person
from bot.slack.errors import SlackError
from bot.slack.gateway import SlackGateway

PERSON_SECONDS = 60.0
GROUP_SECONDS = 300.0
_REMEMBERED = 5_000
# Slack's words for somebody whom the workspace does not have, and does not share a channel with.
_NOBODY_HERE = frozenset({"user_not_found", "user_not_visible", "users_not_found"})

V = TypeVar("V")


class SlackDirectory:
    """Looks people and user groups up."""

    def __init__(self, gateway: SlackGateway, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._gateway = gateway
        self._people: _Recent[Person] = _Recent(PERSON_SECONDS, monotonic)
        self._groups: _Recent[frozenset[str]] = _Recent(GROUP_SECONDS, monotonic)

    async def person(self, team_id: str, user_id: str, *, fresh: bool = False) -> Person:
        """What `users.info` says, at most a minute old; asked anew when it has to be fresh.

        Whom Slack does not know here is a stranger.
        """
        known = None if fresh else self._people.get((team_id, user_id))
        if known is not None:
            return known
        try:
            user = await self._gateway.user(team_id, user_id)
        except SlackError as error:
            if error.error not in _NOBODY_HERE:
                raise
            return Person(user_id=user_id, team_id="", is_stranger=True)
        person = Person(
            user_id=user_id,
            team_id=str(user.get("team_id", "")),
            is_admin=bool(user.get("is_admin") or user.get("is_owner") or user.get("is_primary_owner")),
            is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            is_stranger=bool(user.get("is_stranger")),
            is_gone=bool(user.get("deleted") or user.get("is_bot")),
        )
        self._people.put((team_id, user_id), person)
        return person

    async def group_members(self, team_id: str, group_id: str, *, fresh: bool = False) -> frozenset[str]:
        """The members of a user group, at most five minutes old; asked anew when they have to be fresh."""
        known = None if fresh else self._groups.get((team_id, group_id))
        if known is None:
            known = frozenset(await self._gateway.group_members(team_id, group_id))
            self._groups.put((team_id, group_id), known)
        return known


class _Recent(Generic[V]):
    """A small memory with an age; forgets the oldest when full."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._items: dict[tuple[str, str], tuple[float, V]] = {}

    def get(self, key: tuple[str, str]) -> V | None:
        found = self._items.get(key)
        if found is None or self._monotonic() - found[0] > self._seconds:
            return None
        return found[1]

    def put(self, key: tuple[str, str], value: V) -> None:
        self._items.pop(key, None)
        if len(self._items) >= _REMEMBERED:
            self._items.pop(next(iter(self._items)))
        self._items[key] = (self._monotonic(), value)
