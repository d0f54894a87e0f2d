"""The least-privilege list as data: which level of which function the security role needs, and why."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final, Literal, get_args

from bot.domain.instance import Profile
from bot.domain.text import fold_dashes

Level = Literal["None", "My", "All"]
Column = Literal["add", "edit", "delete", "inquire"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
COLUMNS: Final[tuple[Column, ...]] = get_args(Column)
Key = tuple[str, str]

_LEFT_OUT: Final[dict[Profile, frozenset[tuple[str, str]]]] = {
    Profile.FULL: frozenset(),
    Profile.NO_PROJECTS: frozenset({("Project", "*")}),
    Profile.NO_TIME: frozenset({("Time & Expense", "*"), ("Finance", "Billing View Time")}),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One function of ConnectWise's Security Roles grid and the levels the list gives it."""

    module: str
    function: str
    add: Level
    edit: Level
    delete: Level
    inquire: Level
    required_for: Literal["authentication", "actions"]
    why: str
    also: tuple[str, ...] = ()

    def level(self, column: Column) -> Level:
        """The level in one column of the grid."""
        level: Level = getattr(self, column)
        return level

    @property
    def key(self) -> Key:
        """The folded name under which the row is matched."""
        return fold_key(self.module, self.function)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that the integration reads through Table Setup."""

    table: str
    why: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole list in the grid's order, with where it is from and the date it was last seen to change."""

    source: str
    date: str
    rows: tuple[Row, ...]
    modules: tuple[str, ...]
    guarded: frozenset[Key]
    aliases: Mapping[Key, Key]
    by_key: Mapping[Key, Row]
    places: Mapping[str, int]

    def find(self, key: Key) -> Row | None:
        """The row of a folded name in any known spelling, or None where the list has no such function."""
        canonical = self.aliases.get(key)
        return None if canonical is None else self.by_key.get(canonical)

    def place(self, module: str, function: str) -> tuple[int, str, str]:
        """Where a function stands in the grid, as something to sort by."""
        own = fold(module)
        return (self.places.get(own, len(self.modules)), own, fold_dashes(function).casefold())


@dataclass(frozen=True, slots=True)
class ModuleSheet:
    """The rows of one module, in the grid's order."""

    module: str
    rows: tuple[Row, ...]


@lru_cache(maxsize=2048)
def fold(name: str) -> str:
    """A module or function name with its spelling variants folded away.

    Case, blanks, dashes of every kind, `&` and `and`, a plural s, and the spelling "dependancies" make no
    difference.
    """
    text = fold_dashes(unicodedata.normalize("NFKC", name).casefold()).replace("(s)", "s")
    words = re.findall(r"[^\W_]+", text.replace("dependanc", "dependenc"))
    return " ".join(_singular(it) for it in words if it != "and")


@lru_cache(maxsize=2048)
def fold_key(module: str, function: str) -> Key:
    """The pair by which rows are matched."""
    return fold(module), fold(function)


@cache
def load_matrix() -> Matrix:
    """The list that ships with the bot."""
    data = _read("least_privilege.json")
    rows = tuple(Row(**{**it, "also": tuple(it["also"])}) for it in data["rows"])
    return Matrix(
        source=data["source"],
        date=data["date"],
        rows=rows,
        modules=tuple(data["module_order"]),
        guarded=frozenset(fold_key(it["module"], it["function"]) for it in data["guarded_functions"]),
        aliases=dict(_aliases(rows, data["also_modules"])),
        by_key={it.key: it for it in reversed(rows)},
        places={fold(it): n for n, it in reversed(tuple(enumerate(data["module_order"])))},
    )


@cache
def load_tables() -> tuple[Table, ...]:
    """The tables that Table Setup must still show when it is customised, the most needed first."""
    rows = _read("table_setup.json")["tables"]
    return tuple(Table(it["table"], it["why"], tuple(it["also"])) for it in rows)


@cache
def rows_for(profile: Profile) -> tuple[Row, ...]:
    """The rows that an instance of this profile is held to, in the grid's order."""
    rows = load_matrix().rows
    if profile is Profile.CONNECT:
        return tuple(it for it in rows if it.required_for == "authentication")
    left_out = _LEFT_OUT[profile]
    return tuple(it for it in rows if not {(it.module, "*"), (it.module, it.function)} & left_out)


def role_sheet(profile: Profile) -> tuple[ModuleSheet, ...]:
    """What to click in ConnectWise, module by module in the grid's order."""
    return tuple(ModuleSheet(module, tuple(rows)) for module, rows in _by_module(rows_for(profile)))


def role_sheet_csv(profile: Profile) -> str:
    """The same as a table for a spreadsheet: one heading line, one line a function, CRLF at line ends."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["Module", "Function", "Add", "Edit", "Delete", "Inquire", "Needed for", "Why"])
    for row in rows_for(profile):
        levels = [row.level(it) for it in COLUMNS]
        writer.writerow([row.module, row.function, *levels, row.required_for, row.why])
    return out.getvalue()


def _by_module(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    modules: dict[str, list[Row]] = {}
    for row in rows:
        modules.setdefault(row.module, []).append(row)
    yield from modules.items()


def _aliases(rows: Iterable[Row], modules: Mapping[str, list[str]]) -> Iterator[tuple[Key, Key]]:
    for row in rows:
        for module in (row.module, *modules.get(row.module, ())):
            yield from ((fold_key(module, it), row.key) for it in (row.function, *row.also))


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _read(name: str) -> dict[str, Any]:
    text = resources.files("bot.domain").joinpath("data", name).read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
