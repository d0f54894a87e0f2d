"""What ConnectWise answered, as plain values: the adapter returns them, the verdict is reasoned from them.

Text in here was written by a server that is not ours: single lines, capped, and to be escaped by whoever
shows it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from bot.domain.errors import ConnectWiseError
from bot.domain.rights import CustomizeItem, SecurityRow

StageName = Literal["dns", "tcp", "tls"]
STAGES: Final[tuple[StageName, ...]] = ("dns", "tcp", "tls")


class Budget(StrEnum):
    """How patient a call may be: somebody is waiting for it, or nobody is."""

    INTERACTIVE = "interactive"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of opening a connection.

    How long it took (None: it has begun), and why it failed if it did.
    """

    name: StageName
    duration_ms: int | None = None
    error: ConnectWiseError | None = None


@dataclass(frozen=True, slots=True)
class CompanyInfo:
    """What a site says of a company before any key is shown to it (`/login/companyinfo/{company}`).

    `company_id` may differ from what was asked for. `answer_ms` is the time of the answer alone, without the
    connection.
    """

    name: str = ""
    company_id: str = ""
    codebase: str = ""
    version: str = ""
    is_cloud: bool | None = None
    site_url: str = ""
    answer_ms: int = 0


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """The server behind the keys (`/system/info`)."""

    version: str = ""
    is_cloud: bool | None = None
    region: str = ""
    time_zone: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class MyMember:
    """Whose keys these are (`/system/myMembers`).

    `license_class`: F full, A API, C StreamlineIT, X subcontractor.
    """

    identifier: str = ""
    license_class: str = ""
    inactive: bool | None = None
    admin: bool | None = None
    role: str = ""


@dataclass(frozen=True, slots=True)
class ApiMember:
    """The API member's record (`/system/apiMembers`). `level` is the structure level's name."""

    identifier: str
    name: str = ""
    inactive: bool | None = None
    role: str = ""
    level: str = ""
    location: str = ""
    time_zone: str = ""
    excluded_boards: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NameRef:
    """A record by id and name, as samples and choices show it."""

    id: int
    name: str
    identifier: str = ""


__all__ = [
    "STAGES",
    "ApiMember",
    "Budget",
    "CompanyInfo",
    "CustomizeItem",
    "MyMember",
    "NameRef",
    "SecurityRow",
    "Stage",
    "StageName",
    "SystemInfo",
]
