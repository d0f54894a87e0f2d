"""Organization variables held against themselves and against what ConnectWise has.

The same questions are asked when somebody saves them and whenever the instance is checked afterwards: a status that was
deleted since is drift.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel, ConfigDict

from bot.domain.variables import (
    MOST_CHOICES,
    OF_BOARD,
    TIME_ENTRIES,
    TIME_LABELS,
    Entry,
    Kind,
    Pick,
    Value,
    Values,
    Variable,
    find_variable,
    first_of,
    id_of,
    value_of,
    variables,
)

# Every key that a problem can have, with what its sentence is given.
PROBLEM_KEYS: Final = frozenset(
    {
        "variable_missing",
        "variable_too_many",
        "variable_not_chosen",
        "variable_email_invalid",
        "variable_text_invalid",
        "variable_time_unknown",
        "variable_needed_for_time",
        "variable_needs_type",
        "variable_needs_subtype",
        "variable_unreadable",
        "variable_gone",
        "variable_not_of_board",
        "variable_inactive",
        "variable_closed",
        "variable_not_closed",
        "variable_no_time",
        "variable_project_board",
        "variable_not_of_type",
        "variable_not_of_subtype",
        "variable_agreement_unknown",
    }
)

# Good enough for a slip of the pen; whether mail arrives there nobody can tell from its look.
_EMAIL: Final = re.compile(r"[^\s@<>\"',;]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_TEXT_LIMIT: Final = 200


class Problem(BaseModel):
    """One thing that is wrong with a variable. `key` and `params` make its sentence (`bot.domain.catalogue`).

    What is no error is worth saying and does not stand in the way.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    variable: str
    key: str
    params: dict[str, str] = {}
    is_error: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """What ConnectWise has of what was chosen: records by kind and id. A kind that could not be read is not in it.

    `knows_agreement`: whether an agreement of that name exists; `item_fits`: whether the item goes with type and subtype.
    None where it could not be told.
    """

    entries: Mapping[Kind, Mapping[int, Entry]] = field(default_factory=dict)
    knows_agreement: bool | None = None
    item_fits: bool | None = None


def is_email(text: str) -> bool:
    """Whether it looks like an address."""
    return _EMAIL.fullmatch(text) is not None


def check_form(values: Values) -> tuple[Problem, ...]:
    """What can be told without asking ConnectWise, at most one problem a variable."""
    return _first_each((*_check_filled(values), *_check_time(values), *_check_chain(values)))


def check_against(values: Values, found: Found, *, is_strict: bool = True) -> tuple[Problem, ...]:
    """What ConnectWise says against them, at most one problem a variable.

    With `is_strict` what could not be read is a problem too; without it nothing is concluded from it.
    """
    problems: list[Problem] = []
    for variable in variables():
        if variable.is_listed:
            problems += _check_listed(variable, values, found, is_strict=is_strict)
    problems += _check_agreement(values, found)
    return _first_each((*problems, *_check_pairs(values, found)))


def _problem(variable: Variable, key: str, *, is_error: bool = True, **params: str) -> Problem:
    return Problem(
        variable=variable.name, key=key, params={"label": variable.label, **params}, is_error=is_error
    )


def _first_each(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    firsts: dict[str, Problem] = {}
    for it in sorted(problems, key=lambda problem: not problem.is_error):
        firsts.setdefault(it.variable, it)
    order = [it.name for it in variables()]
    return tuple(sorted(firsts.values(), key=lambda it: order.index(it.variable)))


def _check_filled(values: Values) -> Iterator[Problem]:
    for variable in variables():
        value = values.get(variable.name, Value())
        if variable.required and not variable.is_set(value):
            yield _problem(variable, "variable_missing")
        elif any(it.id <= 0 for it in value.picks):
            yield _problem(variable, "variable_not_chosen")
        elif len(value.picks) > (MOST_CHOICES if variable.many else 1):
            yield _problem(variable, "variable_too_many", limit=str(MOST_CHOICES if variable.many else 1))
        elif value.text and (key := _judge_text(variable, value.text)):
            yield _problem(variable, key)


def _judge_text(variable: Variable, text: str) -> str:
    if variable.kind is Kind.EMAIL:
        return "" if is_email(text) else "variable_email_invalid"
    if variable.kind is Kind.TIME:
        return "" if text in TIME_LABELS else "variable_time_unknown"
    is_plain = text.isprintable() and len(text) <= _TEXT_LIMIT and '"' not in text and "\\" not in text
    return "" if is_plain else "variable_text_invalid"


def _check_time(values: Values) -> Iterator[Problem]:
    if value_of(values, Kind.TIME).text != TIME_ENTRIES:
        return
    for kind in (Kind.MEMBER, Kind.WORK_ROLE, Kind.WORK_TYPE):
        if value_of(values, kind).is_empty:
            yield _problem(first_of(kind), "variable_needed_for_time")


def _check_chain(values: Values) -> Iterator[Problem]:
    for kind, above, key in (
        (Kind.SUBTYPE, Kind.TYPE, "variable_needs_type"),
        (Kind.ITEM, Kind.SUBTYPE, "variable_needs_subtype"),
    ):
        if not value_of(values, kind).is_empty and value_of(values, above).is_empty:
            yield _problem(first_of(above), key, below=first_of(kind).label)


def _check_listed(variable: Variable, values: Values, found: Found, *, is_strict: bool) -> Iterator[Problem]:
    picks = values.get(variable.name, Value()).picks
    known = found.entries.get(variable.kind)
    if picks and known is None:
        if is_strict:
            yield _problem(variable, "variable_unreadable")
        return
    for pick in picks:
        entry = (known or {}).get(pick.id)
        if entry is None:
            yield _missing(variable, pick, values)
        else:
            yield from _check_entry(variable, entry, values)


def _missing(variable: Variable, pick: Pick, values: Values) -> Problem:
    choice = pick.label or str(pick.id)
    if variable.kind not in OF_BOARD:
        return _problem(variable, "variable_gone", choice=choice)
    return _problem(variable, "variable_not_of_board", choice=choice, board=_name_of(values, Kind.BOARD))


def _name_of(values: Values, kind: Kind) -> str:
    picks = value_of(values, kind).picks
    return (picks[0].label or str(picks[0].id)) if picks else ""


def _check_entry(variable: Variable, entry: Entry, values: Values) -> Iterator[Problem]:
    if entry.inactive:
        yield _problem(variable, "variable_inactive", choice=entry.name)
    if entry.is_project:
        yield _problem(variable, "variable_project_board", choice=entry.name)
    if variable.closed == "never" and entry.closed:
        yield _problem(variable, "variable_closed", choice=entry.name)
    if variable.closed == "expected" and entry.closed is False:
        yield _problem(variable, "variable_not_closed", is_error=False, choice=entry.name)
    writes_time = value_of(values, Kind.TIME).text == TIME_ENTRIES
    if variable.closed == "never" and writes_time and not entry.takes_time:
        yield _problem(variable, "variable_no_time", choice=entry.name)


def _check_agreement(values: Values, found: Found) -> Iterator[Problem]:
    name = value_of(values, Kind.AGREEMENT).text
    if name and found.knows_agreement is False:
        yield _problem(first_of(Kind.AGREEMENT), "variable_agreement_unknown", choice=name)


def _check_pairs(values: Values, found: Found) -> Iterator[Problem]:
    subtype = found.entries.get(Kind.SUBTYPE, {}).get(id_of(values, Kind.SUBTYPE))
    type_id = id_of(values, Kind.TYPE)
    if subtype is not None and type_id and subtype.types and type_id not in subtype.types:
        of = _name_of(values, Kind.TYPE)
        yield _problem(first_of(Kind.SUBTYPE), "variable_not_of_type", choice=subtype.name, type=of)
    if found.item_fits is False:
        choice, of = _name_of(values, Kind.ITEM), _name_of(values, Kind.SUBTYPE)
        yield _problem(first_of(Kind.ITEM), "variable_not_of_subtype", choice=choice, subtype=of)


def renamed(values: Values, found: Found) -> dict[str, Value]:
    """The values with the names that their records have now, which is what people are shown."""
    fresh = {}
    for name, value in values.items():
        variable = find_variable(name)
        known = found.entries.get(variable.kind, {}) if variable else {}
        picks = tuple(
            Pick(id=it.id, label=known[it.id].name if it.id in known else it.label) for it in value.picks
        )
        fresh[name] = value.model_copy(update={"picks": picks})
    return fresh
