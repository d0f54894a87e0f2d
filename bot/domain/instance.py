"""An instance: one ConnectWise company that a workspace has connected, with the keys to it."""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr, SerializationInfo, field_serializer

from bot.domain.report import Report


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
        revealed = isinstance(info.context, dict) and info.context.get("reveal") is True
        return value.get_secret_value() if revealed else str(value)


class Filter(_Record):
    """Which companies the integration works on; three query parameters of ConnectWise's list calls."""

    conditions: str = ""
    child_conditions: str = ""
    custom_field_conditions: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether every company is meant."""
        return not (self.conditions or self.child_conditions or self.custom_field_conditions)


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


class Instance(_Record):
    """One connected ConnectWise company.

    `host` is the API host with an optional port, `company` the login company ID in the spelling that was typed.
    `client_id` overrides the application's own. `revision` counts writes; the store compares it before it writes.
    """

    id: str
    team_id: str
    name: str
    host: str
    company: str
    description: str = ""
    member: str = ""
    filter: Filter = Filter()
    client_id: str = ""
    profile: Profile = Profile.CONNECT
    is_default: bool = False
    standing: Standing = Standing.DRAFT
    credentials: Credentials | None = None
    keys_entered_by: str = ""
    keys_entered_at: datetime | None = None
    created_by: str
    created_at: datetime
    report: Report | None = None
    revision: int = 0

    def evolve(self, **changes: Any) -> "Instance":
        """A copy with some fields changed."""
        return self.model_copy(update=changes)


class Submission(_Record):
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
    client_id: str = ""
    view_id: str = ""
    channel_id: str = ""
    attempt: int = 0
