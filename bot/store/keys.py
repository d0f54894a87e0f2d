"""Names every key. What stands between braces is the hash tag: a workspace's keys share a slot in a cluster.

Ids come from Slack, from buttons and from URLs: one that could reach into another workspace's keys is
refused.
"""

import re
from typing import Final
from urllib.parse import quote

from bot.domain.errors import StoreError

PREFIX: Final = "cwbot"
KEYRING: Final = f"{PREFIX}:keyring"
RESEAL: Final = f"{PREFIX}:reseal"
PURGED: Final = f"{PREFIX}:purged"
SCHEDULE: Final = f"{PREFIX}:{{schedule}}"

_TEAM = re.compile(r"[A-Z0-9]{1,32}")
_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LONGEST_WHAT: Final = 256


def _check(pattern: re.Pattern[str], value: str) -> str:
    if not pattern.fullmatch(value):
        raise StoreError("bad_id")
    return value


def team(team_id: str) -> str:
    """What all keys of a workspace start with, up to its colon."""
    return f"{PREFIX}:{{{_check(_TEAM, team_id)}}}:"


def every_team(kind: str) -> str:
    """The pattern of all workspaces' keys of a kind, for SCAN."""
    return f"{PREFIX}:{{*}}:{kind}"


def team_of(key: bytes | str) -> str:
    """The workspace that a key belongs to."""
    text = key.decode() if isinstance(key, bytes) else key
    return _check(_TEAM, text.partition("{")[2].partition("}")[0])


def id_of(key: bytes | str) -> str:
    """The last part of a key."""
    text = key.decode() if isinstance(key, bytes) else key
    return _check(_ID, text.rpartition(":")[2])


def instance(team_id: str, instance_id: str) -> str:
    """One instance's sealed record."""
    return f"{every_instance(team_id)}{_check(_ID, instance_id)}"


def every_instance(team_id: str) -> str:
    """What the keys of a workspace's sealed records begin with; the id follows."""
    return f"{team(team_id)}instance:"


def instances(team_id: str) -> str:
    """The index of a workspace's instances: names, highest revisions, the default."""
    return f"{team(team_id)}instances"


def onboarding(team_id: str, onboarding_id: str) -> str:
    """One onboarding."""
    return f"{every_onboarding(team_id)}{_check(_ID, onboarding_id)}"


def every_onboarding(team_id: str) -> str:
    """What the keys of a workspace's onboardings begin with; the id follows."""
    return f"{team(team_id)}onboarding:"


def onboardings(team_id: str) -> str:
    """The index of a workspace's onboardings."""
    return f"{team(team_id)}onboardings"


def watch(team_id: str, instance_id: str) -> str:
    """What is remembered of one instance's checks."""
    return f"{team(team_id)}watch:{_check(_ID, instance_id)}"


def watches(team_id: str) -> str:
    """The index of a workspace's watched instances: the health of each."""
    return f"{team(team_id)}watches"


def digest(team_id: str) -> str:
    """Where a workspace's daily digest goes."""
    return f"{team(team_id)}digest"


def submission(team_id: str, submission_id: str) -> str:
    """One sealed submission."""
    return f"{team(team_id)}submission:{_check(_ID, submission_id)}"


def audit(team_id: str) -> str:
    """The workspace's capped stream of what was done, and by whom."""
    return f"{team(team_id)}audit"


def installation(team_id: str) -> str:
    """The workspace's sealed installation."""
    return f"{team(team_id)}installation"


def once(team_id: str, what: str) -> str:
    """The mark of something that is to happen once. `what` may hold any characters, 256 when quoted."""
    quoted = quote(what, safe=":._-")
    if not 1 <= len(quoted) <= _LONGEST_WHAT:
        raise StoreError("bad_id")
    return f"{team(team_id)}once:{quoted}"


def schedule(part: str) -> str:
    """A part of the schedule: due, jobs, leases, again, token, or the mark of a call."""
    return f"{SCHEDULE}:{part}"
