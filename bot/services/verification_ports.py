"""What the verdict needs of ConnectWise. `bot.connectwise.ConnectWiseSites` satisfies these structurally."""

from collections.abc import Callable
from typing import Protocol

from bot.domain.evidence import (
    ApiMember,
    Budget,
    CompanyInfo,
    CustomizeItem,
    MyMember,
    NameRef,
    SecurityRow,
    Stage,
    SystemInfo,
)
from bot.domain.instance import Credentials, Filter


class Login(Protocol):
    """Calls in the name of one API member.

    Everything here only reads, may be repeated, and raises `ConnectWiseError`.
    """

    async def system_info(self) -> SystemInfo:
        """The server: the usual login test."""
        ...

    async def my_member(self) -> MyMember:
        """Whose keys these are."""
        ...

    async def my_security(self) -> tuple[SecurityRow, ...]:
        """The effective rights, one row a function."""
        ...

    async def customize_items(self) -> tuple[CustomizeItem, ...]:
        """The sub-rights behind the "(customize)" links."""
        ...

    async def api_member(self, identifier: str) -> ApiMember | None:
        """The API member's record; None where there is none of that id (or it may not be seen)."""
        ...

    async def count_companies(self, which: Filter) -> int:
        """How many companies the filter lets through."""
        ...

    async def sample_companies(self, which: Filter, *, size: int = 5) -> tuple[NameRef, ...]:
        """The first few of them."""
        ...

    async def probe(self, path: str) -> None:
        """Ask for one id of a list path; returning means that reading is allowed."""
        ...

    async def choices(self, path: str, *, conditions: str = "") -> tuple[NameRef, ...]:
        """The records of a list path (boards, statuses, priorities, ...) by id and name; at most 1,000."""
        ...


class Site(Protocol):
    """One ConnectWise host."""

    async def company_info(
        self,
        company: str,
        *,
        budget: Budget = Budget.INTERACTIVE,
        on_stage: Callable[[Stage], None] | None = None,
    ) -> CompanyInfo:
        """Look the company up; no secret is sent.

        `on_stage` hears of each step of a new connection, failed ones too.
        """
        ...

    def login(
        self,
        company: str,
        credentials: Credentials,
        *,
        client_id: str = "",
        budget: Budget = Budget.INTERACTIVE,
        hangs_up: bool = False,
    ) -> Login:
        """Calls with these keys; a login that hangs up closes the connection with each answer."""
        ...


class Sites(Protocol):
    """All hosts, one shared set of connections each."""

    def site(self, host: str) -> Site:
        """The site at `host[:port]`.

        Raises `ConnectWiseError` (`target_refused`) on what is no plain host.
        """
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...
