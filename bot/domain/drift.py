"""What changed in ConnectWise between two audits: rights, the API member, the version, what the variables name.

Nobody here changed it. Only what both reports know is compared: a layer that one of them did not reach says nothing of
change.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from bot.domain.catalogue import explain
from bot.domain.report import Report, RightFinding, State
from bot.domain.variables import VARIABLES_DRIFT


class Subject(StrEnum):
    """What a change is about."""

    RIGHT = "right"
    MEMBER = "member"
    VERSION = "version"
    VARIABLE = "variable"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


# Between module, function and level in the name of a right.
RIGHT_SEPARATOR: Final = " › "


class Drift(_Value):
    """One thing that is not as it was. `name` says which, in ConnectWise's words; `is_worse` where it is now missing."""

    subject: Subject
    name: str
    before: str
    after: str
    is_worse: bool = False


class Drifts(_Value):
    """What changed between two audits, and when these were."""

    since: datetime
    at: datetime
    changes: tuple[Drift, ...]


_TOLD: Final = frozenset({State.OK, State.WARN, State.FAIL})
_LEVELS: Final = ("None", "My", "All")
_MEMBER_FACTS: Final[Mapping[str, str]] = {
    "identifier": "API member",
    "role": "Role",
    "level": "Level",
    "location": "Location",
    "license_class": "Licence class",
}
_MEMBER_FLAGS: Final[Mapping[str, str]] = {"inactive": "Inactive", "admin": "Administrator"}


def compare(before: Report, after: Report) -> tuple[Drift, ...]:
    """What is different in the later of two reports about the same company, held to the same profile."""
    if (before.site, before.company) != (after.site, after.company):
        return ()
    return (
        *_compare_rights(before, after),
        *_compare_member(before, after),
        *_compare_version(before, after),
        *_compare_variables(before, after),
    )


def _compare_rights(before: Report, after: Report) -> Iterator[Drift]:
    if not (_knows_rights(before) and _knows_rights(after)):
        return
    old, new = _by_place(before), _by_place(after)
    for place, found in {**old, **new}.items():
        # A level without a finding is as the list wants it.
        had = old[place].have if place in old else found.want
        has = new[place].have if place in new else found.want
        if had != has:
            is_worse = _LEVELS.index(has) < _LEVELS.index(found.want)
            yield Drift(
                subject=Subject.RIGHT,
                name=RIGHT_SEPARATOR.join(place),
                before=had,
                after=has,
                is_worse=is_worse,
            )


def _knows_rights(report: Report) -> bool:
    # Probes tell only what can be read: a level that they do not mention is not known to be right.
    return report.layer("rights").state in _TOLD and report.facts.get("method") == "mySecurity"


def _by_place(report: Report) -> dict[tuple[str, str, str], RightFinding]:
    found = (*report.rights.missing, *report.rights.excess)
    return {(it.module, it.function, it.level.capitalize()): it for it in found}


def _compare_member(before: Report, after: Report) -> Iterator[Drift]:
    old, new = _member(before), _member(after)
    for key, name in _MEMBER_FACTS.items():
        if old.get(key) and new.get(key) and old[key] != new[key]:
            yield Drift(subject=Subject.MEMBER, name=name, before=str(old[key]), after=str(new[key]))
    for key, name in _MEMBER_FLAGS.items():
        had, has = old.get(key), new.get(key)
        if had is not None and has is not None and bool(had) != bool(has):
            yield Drift(
                subject=Subject.MEMBER, name=name, before=_yes(had), after=_yes(has), is_worse=bool(has)
            )
    if "level" in old and "level" in new:  # the member's record could be read both times
        hidden, hides = len(old.get("excluded_boards", ())), len(new.get("excluded_boards", ()))
        if hidden != hides:
            yield Drift(
                subject=Subject.MEMBER,
                name="Restrict Board Access",
                before=f"{hidden} hidden",
                after=f"{hides} hidden",
                is_worse=hides > hidden,
            )


def _member(report: Report) -> Mapping[str, Any]:
    found = report.facts.get("member")
    return found if isinstance(found, Mapping) else {}


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _compare_version(before: Report, after: Report) -> Iterator[Drift]:
    had, has = before.facts.get("version"), after.facts.get("version")
    if had and has and had != has:
        yield Drift(subject=Subject.VERSION, name="Version", before=str(had), after=str(has))


def _compare_variables(before: Report, after: Report) -> Iterator[Drift]:
    """What does not fit any more. That it fits again somebody has brought about, and it was said when they did."""
    known = {it.get("variable") for it in _variable_problems(before)}
    for problem in _variable_problems(after):
        if problem.get("variable") not in known:
            params = problem.get("params") or {}
            name = str(params.get("label", problem.get("variable", "")))
            said = explain(str(problem.get("key", "")), **params).summary
            yield Drift(subject=Subject.VARIABLE, name=name, before="fits", after=said, is_worse=True)


def _variable_problems(report: Report) -> list[Mapping[str, Any]]:
    found = report.facts.get(VARIABLES_DRIFT)
    return [it for it in found if isinstance(it, Mapping)] if isinstance(found, list) else []
