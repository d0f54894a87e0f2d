"""Organization variables: what the automations must know of a ConnectWise company, mostly ids of its records.

Which there are lies in `data/org_variables.json`: the variable's own name, what it holds, and what it hangs on. The names
are the integration's; meanings and labels are told in our words.
"""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

# So many of one list can be chosen: their ids have to fit into one question to ConnectWise.
MOST_CHOICES: Final = 50

# Refusals that are about one list alone: the connection as such works.
UNREADABLE_KEYS: Final = frozenset({"right_missing", "forbidden", "not_found", "endpoint_unknown"})

# Where a report's facts hold what is wrong with them; an empty list says that they were looked at and are well.
VARIABLES_DRIFT: Final = "variables_drift"

NOTES_ONLY: Final = "1"
TIME_ENTRIES: Final = "0"
TIME_LABELS: Final[Mapping[str, str]] = {NOTES_ONLY: "Notes only", TIME_ENTRIES: "Time entries"}

# What begins like this would be a formula where the CSV is opened.
_FORMULA_MARKS: Final = ("=", "+", "-", "@", "\t", "\r")


class Kind(StrEnum):
    """What a variable holds: a record of one of ConnectWise's lists, or something typed."""

    BOARD = "board"
    STATUS = "status"
    TYPE = "type"
    SUBTYPE = "subtype"
    ITEM = "item"
    PRIORITY = "priority"
    SOURCE = "source"
    MEMBER = "member"
    WORK_ROLE = "work_role"
    WORK_TYPE = "work_type"
    COMPANY_STATUS = "company_status"
    COMPANY_TYPE = "company_type"
    TIME = "time"
    EMAIL = "email"
    AGREEMENT = "agreement"
    FIXED = "fixed"


TYPED: Final = frozenset({Kind.TIME, Kind.EMAIL, Kind.AGREEMENT, Kind.FIXED})
LISTED: Final = frozenset(Kind) - TYPED
OF_BOARD: Final = frozenset({Kind.STATUS, Kind.TYPE, Kind.SUBTYPE, Kind.ITEM})
OF_TYPE: Final = frozenset({Kind.SUBTYPE, Kind.ITEM})


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Variable(_Value):
    """One variable. `closed` says whether a status may, or should, be one that closes its ticket."""

    name: str
    label: str
    kind: Kind
    why: str
    group: str = ""
    required: bool = False
    many: bool = False
    closed: Literal["never", "expected", "either"] = "either"
    fixed: str = ""
    print_as: Literal["variable", "child_conditions"] = "variable"

    @property
    def is_listed(self) -> bool:
        """Whether it is chosen from a list of ConnectWise's."""
        return self.kind in LISTED

    def is_set(self, value: "Value") -> bool:
        """Whether the value holds something of what this variable holds."""
        return bool(value.picks if self.is_listed else value.text)


class Pick(_Value):
    """A record that was chosen: its id, and its name when it was last looked at (text of ConnectWise's)."""

    id: int
    label: str = ""


class Value(_Value):
    """What a variable is set to: records, or text."""

    picks: tuple[Pick, ...] = ()
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was chosen or typed."""
        return not self.picks and not self.text

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of what was chosen."""
        return tuple(it.id for it in self.picks)


Values = Mapping[str, Value]


class Variables(_Value):
    """The variables of one instance, as somebody saved them. `edition` counts the times that they were."""

    values: dict[str, Value] = {}
    by: str
    at: datetime
    edition: int = 1

    def differs_in(self, values: Values) -> tuple[str, ...]:
        """The labels of the variables that are not the same there, whatever their records are called now."""
        return tuple(it.label for it in variables() if _content(self.values, it) != _content(values, it))


def _content(values: Values, variable: Variable) -> tuple[tuple[int, ...], str]:
    value = values.get(variable.name, Value())
    return tuple(sorted(value.ids)), value.text


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of one of ConnectWise's lists. None and an empty `types` mean that it is not told.

    `closed`: the status closes its ticket. `takes_time`: time can be entered in it. `types`: the ids of the types that a
    subtype belongs to. `is_project`: a board of projects, which takes no service tickets.
    """

    id: int
    name: str
    note: str = ""
    inactive: bool = False
    closed: bool | None = None
    takes_time: bool = True
    types: tuple[int, ...] = ()
    is_project: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of ConnectWise's, as far as it was read."""

    entries: tuple[Entry, ...] = ()
    is_complete: bool = True


@cache
def variables() -> tuple[Variable, ...]:
    """All of them, in the order in which they are asked for."""
    text = (files("bot.domain") / "data" / "org_variables.json").read_text(encoding="utf-8")
    return tuple(Variable.model_validate(entry) for entry in json.loads(text))


def find_variable(name: str) -> Variable | None:
    """The variable of that name."""
    return next((it for it in variables() if it.name == name), None)


def first_of(kind: Kind) -> Variable:
    """The variable of a kind that there is one of: the board, the type, the technician."""
    return next(it for it in variables() if it.kind is kind)


def value_of(values: Values, kind: Kind) -> Value:
    """What the only variable of that kind is set to."""
    return values.get(first_of(kind).name, Value())


def id_of(values: Values, kind: Kind) -> int:
    """The record that the only variable of that kind is set to; 0 where it is not."""
    picks = value_of(values, kind).picks
    return picks[0].id if picks else 0


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table to paste from: the variable, its value as the integration takes it, and what that is."""

    name: str
    value: str
    label: str


def list_rows(values: Values) -> tuple[Row, ...]:
    """What is set, to paste: ids as numbers, several of them as a JSON list."""
    rows = []
    for variable in variables():
        value = values.get(variable.name, Value(text=variable.fixed))
        if variable.is_set(value):
            rows.append(Row(variable.name, _print(variable, value), _describe(variable, value)))
    return tuple(rows)


def _print(variable: Variable, value: Value) -> str:
    if not variable.is_listed:
        return value.text
    if variable.print_as == "child_conditions":
        # These conditions know no `in`.
        return " OR ".join(f"types/id={it}" for it in value.ids)
    return json.dumps(list(value.ids)) if variable.many else str(value.ids[0])


def _describe(variable: Variable, value: Value) -> str:
    if variable.kind is Kind.TIME:
        return TIME_LABELS.get(value.text, "")
    return ", ".join(it.label for it in value.picks)


def write_csv(values: Values) -> str:
    """The same as CSV, with a heading; text that a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("variable", "value", "label"))
    for row in list_rows(values):
        writer.writerow((row.name, _as_text(row.value), _as_text(row.label)))
    return out.getvalue()


def _as_text(cell: str) -> str:
    line = " ".join(cell.splitlines())  # the csv module leaves a lone carriage return unquoted
    return f"'{line}" if line.startswith(_FORMULA_MARKS) else line
