"""An instance: one ConnectWise company that a workspace has connected, with the keys to it."""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, SerializationInfo, field_serializer

from bot.domain.drift import Drifts, compare
from bot.domain.report import Report, Verdict
from bot.domain.variables import Variables

# How many changes an instance remembers, to say what happened while somebody had a form open.
_REMEMBERED = 8


class _Record(BaseModel):
    """Stored values: frozen, tolerant of newer fields, and silent about their inputs in errors."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


def new_id() -> str:
    """A fresh id, unguessable and safe in keys, buttons and URLs (16 characters)."""
    return secrets.token_hex(8)


def fold_name(name: str) -> str:
    """The form under which names are unique: blanks collapsed, case folded."""
    return " ".join(name.split()).casefold()


class Credentials(_Record):
    """The key pair of an API member. Serialises masked unless the context says `{"reveal": True}` (the store's seal)."""

    public_key: SecretStr
    private_key: SecretStr

    @field_serializer("public_key", "private_key")
    def _mask(self, value: SecretStr, info: SerializationInfo) -> str:
        return value.get_secret_value() if _is_revealed(info) else str(value)


def _is_revealed(info: SerializationInfo) -> bool:
    return isinstance(info.context, dict) and info.context.get("reveal") is True


class _Sealed(_Record):
    """A record that is sealed whole: what else it holds beside keys that nobody needs to see is masked as they are."""

    client_id: str = Field(default="", repr=False)

    @field_serializer("client_id")
    def _mask(self, value: str, info: SerializationInfo) -> str:
        return value if _is_revealed(info) else str(SecretStr(value))


class Filter(_Record):
    """Which companies the integration works on; three query parameters of ConnectWise's list calls."""

    conditions: str = ""
    child_conditions: str = ""
    custom_field_conditions: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether every company is meant."""
        return not (self.conditions + self.child_conditions + self.custom_field_conditions).strip()


class Profile(StrEnum):
    """Which rows of the least-privilege list an instance is held to."""

    CONNECT = "connect"
    FULL = "full"
    NO_PROJECTS = "no_projects"
    NO_TIME = "no_time"


class Standing(StrEnum):
    """Where an instance stands."""

    DRAFT = "draft"  # details only: no keys accepted yet
    VERIFIED = "verified"
    NEEDS_YOU = "needs_you"  # it was verified once; now a person must act
    UNVERIFIED = "unverified"  # keys are sealed, ConnectWise could not be asked yet


class Change(_Record):
    """What a person changed of an instance (names of its fields), who and when; `edition` is the count it led to."""

    edition: int
    what: tuple[str, ...]
    by: str
    at: datetime


class Waiting(_Record):
    """A sealed pair of new keys that has yet to prove itself; the pair in use stays until then."""

    submission_id: str
    by: str
    at: datetime


class Outline(_Sealed):
    """An instance in short, read from the same record: what a list shows and a light check asks with.

    It is never written. `host` is the API host with an optional port, `company` the login company ID in the spelling
    that was typed. `client_id` overrides the application's own. `revision` counts writes; the store compares it before
    it writes. `edition` counts what people changed, checks left out: a form that was opened on an older edition is stale.
    """

    id: str
    team_id: str
    name: str
    host: str
    company: str
    description: str = ""
    member: str = ""
    filter: Filter = Filter()
    profile: Profile = Profile.CONNECT
    is_default: bool = False
    standing: Standing = Standing.DRAFT
    credentials: Credentials | None = None
    report: Verdict | None = None
    new_keys: Waiting | None = None
    edition: int = 0
    revision: int = 0

    def evolve(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return self.model_copy(update=changes)


class Instance(Outline):
    """One connected ConnectWise company, whole.

    `audited_as` is the profile that `report` was held to, `drift` what changed in ConnectWise when that was last seen.
    """

    keys_entered_by: str = ""
    keys_entered_at: datetime | None = None
    created_by: str
    created_at: datetime
    report: Report | None = None
    audited_as: Profile | None = None
    drift: Drifts | None = None
    variables: Variables | None = None
    changes: tuple[Change, ...] = ()

    def alter(self, *, by: str, at: datetime, **fields: Any) -> "Instance":
        """A copy with fields that a person changed, which makes a new edition; the same one where nothing differs."""
        what = tuple(name for name, value in fields.items() if getattr(self, name) != value)
        if not what:
            return self
        change = Change(edition=self.edition + 1, what=what, by=by, at=at)
        kept = (*self.changes, change)[-_REMEMBERED:]
        return self.evolve(**fields, edition=self.edition + 1, changes=kept)

    def changes_since(self, edition: int) -> tuple[Change, ...]:
        """What people changed after that edition, the oldest first."""
        return tuple(it for it in self.changes if it.edition > edition)

    def with_report(self, report: Report, standing: "Standing | None" = None) -> "Instance":
        """A copy with the newest verdict, and what drifted since the one before it was held to the same profile."""
        changes = compare(self.report, report) if self.report and self.audited_as is self.profile else ()
        drift = (
            Drifts(since=self.report.checked_at, at=report.checked_at, changes=changes)
            if self.report and changes
            else self.drift
        )
        return self.evolve(
            report=report, audited_as=self.profile, drift=drift, standing=standing or self.standing
        )


class Submission(_Sealed):
    """What somebody handed in through the credentials modal, sealed until its verdict is known.

    `view_id` is the modal to bring up to date (it may be closed by then). `attempt` counts verifications.
    """

    id: str
    team_id: str
    instance_id: str
    by: str
    at: datetime
    member: str
    credentials: Credentials
    filter: Filter = Filter()
    view_id: str = ""
    channel_id: str = ""
    attempt: int = 0
