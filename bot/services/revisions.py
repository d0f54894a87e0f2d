"""A change to an instance that somebody asked for in a form: what it is, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.domain.doubles import Doubles
from bot.domain.instance import Filter, Instance, Profile
from bot.domain.refusal import Refusal
from bot.domain.report import Report


@dataclass(frozen=True, slots=True)
class EditEntry:
    """What was typed into the form with the details; `edition` is the instance's when the form was opened."""

    team_id: str
    instance_id: str
    by: str
    edition: int
    name: str
    description: str
    host: str
    company: str
    profile: Profile
    view_id: str = ""


@dataclass(frozen=True, slots=True)
class FilterEntry:
    """What was typed into the form with the filter."""

    team_id: str
    instance_id: str
    by: str
    edition: int
    filter: Filter
    view_id: str = ""


Entry = EditEntry | FilterEntry


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody changed the instance while the form was open; nothing was saved. `instance` is as it is now.

    `entry` is what was typed, unless it holds keys.
    """

    instance: Instance
    edition: int
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """It is saved. `what` names the fields that are new, `report` is the verdict it was saved on, if one was needed."""

    instance: Instance
    what: tuple[str, ...] = ()
    report: Report | None = None
    doubles: Doubles = field(default_factory=Doubles)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Nothing was saved, and why; `entry` is what was typed, so that a form can be shown again with it."""

    refusal: Refusal
    entry: Entry
    instance: Instance


@dataclass(frozen=True, slots=True)
class ChangeSlow:
    """ConnectWise takes its time; the waiting modal will be told."""

    instance: Instance


@dataclass(frozen=True, slots=True)
class Rotated:
    """The verdict on a new pair. Verified, it is in use; else it waits, sealed, and the pair in use stays."""

    instance: Instance
    report: Report


ChangeAnswer = Saved | Stale | Rejected
RotationAnswer = Rotated | Stale | Refusal


class Proof(StrEnum):
    """What a change has to prove before it is saved."""

    NOTHING = "nothing"
    SITE = "site"  # there are no keys: host and company alone
    KEYS = "keys"  # the kept keys, against what is new


@dataclass(frozen=True, slots=True)
class Revision:
    """A change on its way: the fields that are new, what they must prove, and how a verdict is read."""

    entry: Entry
    proof: Proof
    judge: Callable[[Report], Refusal | None]
    fields: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)

    def apply(self, instance: Instance) -> Instance:
        """The instance with what is new."""
        return instance.evolve(**self.fields)
