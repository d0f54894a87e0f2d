"""Who somebody is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """What Slack says of a user. `team_id` is the workspace the account belongs to."""

    user_id: str
    team_id: str
    is_admin: bool = False
    is_guest: bool = False
    is_stranger: bool = False
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """Who sent a request, as the verified payload says: `team_id` is the workspace it came through."""

    user_id: str
    team_id: str
    home_team_id: str = ""  # the account's own workspace, where the payload names it
