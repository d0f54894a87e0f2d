"""What a verification has learnt so far.

Answers and refusals as they come in, for the judges to reason from.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from time import perf_counter
from typing import Final, Generic, ParamSpec, TypeVar

from bot.domain.errors import ConnectWiseError
from bot.domain.evidence import (
    ApiMember,
    Budget,
    CompanyInfo,
    CustomizeItem,
    MyMember,
    NameRef,
    SecurityRow,
    Stage,
    StageName,
    SystemInfo,
)
from bot.domain.instance import Credentials, Filter, Profile
from bot.domain.rights import RightsAudit, compare

_NAME: Final = re.compile(r":\d+$")  # what is left without the port
T = TypeVar("T")
P = ParamSpec("P")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Target:
    """What to verify. `host` is the API host with an optional port, `company` the login company ID."""

    host: str
    company: str
    member: str = ""
    credentials: Credentials | None = None
    client_id: str = field(default="", repr=False)
    filter: Filter = field(default_factory=Filter)
    profile: Profile = Profile.CONNECT


@dataclass(frozen=True, slots=True)
class Answer(Generic[T_co]):
    """How one question went: a value, or the error, and how long it took."""

    value: T_co | None = None
    error: ConnectWiseError | None = None
    duration_ms: int = 0

    @property
    def is_role_gap(self) -> bool:
        """Whether it was refused for a right that the role lacks: whoever is told so is known."""
        return self.error is not None and self.error.key == "right_missing"

    @property
    def proves_keys(self) -> bool:
        """Whether ConnectWise knows whose keys these are."""
        return self.error is None or self.is_role_gap


async def ask(question: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> Answer[T]:
    """Ask, and await the answer of ConnectWise's, an error of its included."""
    started = perf_counter()
    try:
        value = await question(*args, **kwargs)
    except ConnectWiseError as error:
        return Answer(error=error, duration_ms=_since(started))
    return Answer(value=value, duration_ms=_since(started))


def _since(started: float) -> int:
    return round((perf_counter() - started) * 1000)


@dataclass(slots=True)
class Evidence:
    """Everything heard in one verification; None is what was not answered yet. `probes` are by path."""

    target: Target
    client_id: str = field(default="", repr=False)
    deadline_seconds: float = 0.0
    stages: dict[StageName, Stage] = field(default_factory=dict)
    company: Answer[CompanyInfo] | None = None
    info: Answer[SystemInfo] | None = None
    me: Answer[MyMember] | None = None
    member: Answer[ApiMember | None] | None = None
    security: Answer[tuple[SecurityRow, ...]] | None = None
    items: Answer[tuple[CustomizeItem, ...]] | None = None
    boards: Answer[None] | None = None
    count: Answer[int] | None = None
    sample: Answer[tuple[NameRef, ...]] | None = None
    probes: dict[str, Answer[None]] | None = None
    _compared: tuple[tuple[SecurityRow, ...], RightsAudit] | None = None
    params: dict[str, object] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Of the target, which stays: what every sentence may mention."""
        target = self.target
        self.params = {
            "host": target.host,
            "name": _NAME.sub("", target.host),
            "company": target.company,
            "member": target.member,
            "seconds": f"{self.deadline_seconds:g}",
        }

    def hold_against_list(self, rows: tuple[SecurityRow, ...]) -> RightsAudit:
        """The role's rights held against the profile's list: once, however often they are judged."""
        if self._compared is None or self._compared[0] is not rows:
            self._compared = rows, compare(rows, self.target.profile)
        return self._compared[1]

    def hear(self, stage: Stage) -> None:
        """Note a step of a connection; a new look-up of the name begins a new attempt."""
        if stage.name == "dns" and stage.duration_ms is None:
            self.stages.clear()
        self.stages[stage.name] = stage

    @property
    def keyed(self) -> tuple[Answer[object] | None, ...]:
        """The answers to calls made with the keys, the login test first."""
        return (self.info, self.me, self.security, self.member, self.count, self.sample, self.items)

    def close(self, error: ConnectWiseError) -> None:
        """Nothing more will come: whatever is unanswered gets this error."""
        for it in fields(self):
            if it.name not in {"target", "stages", "params", "_compared"} and getattr(self, it.name) is None:
                setattr(self, it.name, {} if it.name == "probes" else Answer(error=error))


__all__ = ["Answer", "Budget", "Evidence", "Target", "ask"]
