"""Who may do what. Asked on every command, click, submission and view; hiding a button is never the check."""

from enum import StrEnum
from typing import Protocol

from bot.domain.errors import NotAllowedError
from bot.domain.people import Actor, Person


class Action(StrEnum):
    """What somebody is about to do."""

    SETUP = "setup"  # start or continue a setup, hand in keys
    GUIDE = "guide"  # mark steps of the guide
    STATUS = "status"  # see what works, have it checked again
    MANAGE = "manage"  # edit, rename, rotate, make default, remove
    REVEAL = "reveal"  # see keys in clear
    AUDIT = "audit"  # read who did what


# What takes a workspace admin, an owner, or somebody the operator has named.
_PRIVILEGED = frozenset({Action.SETUP, Action.MANAGE, Action.REVEAL, Action.AUDIT})


class Directory(Protocol):
    """Looks people up. Implemented by `bot.slack`."""

    async def person(self, team_id: str, user_id: str, *, fresh: bool = False) -> Person:
        """What Slack says of a user; may be some seconds old, unless it has to be fresh."""
        ...

    async def group_members(self, team_id: str, group_id: str, *, fresh: bool = False) -> frozenset[str]:
        """The users of a user group; may be some minutes old, unless it has to be fresh."""
        ...


class Access:
    """Decides. Setup is for workspace admins, owners and the configured people; the rest for every member."""

    def __init__(
        self,
        directory: Directory,
        *,
        setup_users: frozenset[str] = frozenset(),
        setup_groups: frozenset[str] = frozenset(),
    ) -> None:
        self._directory = directory
        self._setup_users = setup_users
        self._setup_groups = setup_groups

    async def require(self, actor: Actor, action: Action) -> Person:
        """Returns the person, or raises `NotAllowedError` with the key that says why."""
        is_from_elsewhere = bool(actor.home_team_id) and actor.home_team_id != actor.team_id
        if is_from_elsewhere or not actor.user_id:
            raise NotAllowedError("not_allowed_outsider")
        fresh = action is Action.REVEAL
        person = await self._directory.person(actor.team_id, actor.user_id, fresh=fresh)
        if person.is_stranger or person.is_gone or person.team_id != actor.team_id:
            raise NotAllowedError("not_allowed_outsider")
        if person.is_guest:
            raise NotAllowedError("not_allowed_guest")
        if action in _PRIVILEGED and not await self._may_set_up(person, fresh=fresh):
            raise NotAllowedError("not_allowed_setup")
        return person

    async def _may_set_up(self, person: Person, *, fresh: bool) -> bool:
        if person.is_admin or person.user_id in self._setup_users:
            return True
        for group in self._setup_groups:
            if person.user_id in await self._directory.group_members(person.team_id, group, fresh=fresh):
                return True
        return False
