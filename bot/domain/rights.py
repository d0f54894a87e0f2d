"""A security role held against the least-privilege list: what is missing, and what is beyond it.

ConnectWise tells the effective rights of the calling member at `/system/mySecurity`, one row a function;
here those rows are compared with the list of `bot.domain.matrix`. Nothing can be set by REST, so findings
are for a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bot.domain.instance import Profile
from bot.domain.matrix import (
    COLUMNS,
    LEVELS,
    Column,
    Key,
    Level,
    Matrix,
    ModuleSheet,
    Row,
    Table,
    fold,
    fold_key,
    load_matrix,
    load_tables,
    role_sheet,
    role_sheet_csv,
    rows_for,
)
from bot.domain.report import RightFinding, Rights

__all__ = [
    "COLUMNS",
    "LEVELS",
    "Column",
    "CustomizeItem",
    "CustomizeNote",
    "FunctionGap",
    "Level",
    "Matrix",
    "ModuleGap",
    "ModuleSheet",
    "RightsAudit",
    "Row",
    "SecurityRow",
    "Table",
    "admin_like",
    "compare",
    "customize_notes",
    "fold",
    "fold_key",
    "load_matrix",
    "load_tables",
    "missing_by_module",
    "role_sheet",
    "role_sheet_csv",
    "rows_for",
]

_Levels = dict[Column, Level]
_BY_TEXT: Final[dict[str, Level]] = {it.casefold(): it for it in LEVELS} | {"": "None"}
_FEW_ROWS: Final = 20
_NEARLY_ALL: Final = 0.8
# Many instances have the same role, and one has it at every check: what was found out is remembered, unless the list is
# longer than any of ConnectWise's.
_ROLES_REMEMBERED: Final = 64
_ROWS_REMEMBERED: Final = 300


@dataclass(frozen=True, slots=True)
class SecurityRow:
    """One row of `/system/mySecurity` as it came; a level is the text `None`, `My` or `All`, or null."""

    module: str
    function: str
    add: str | None = None
    edit: str | None = None
    delete: str | None = None
    inquire: str | None = None


@dataclass(frozen=True, slots=True)
class RightsAudit:
    """The comparison.

    `rights` holds what is missing and what is beyond the profile's rows. `my_instead_of_all` is the part of
    what is missing where ConnectWise will answer without an error but only with the member's own records.
    `excess_within_full` is the part of the excess that the full list grants: unused by this profile, yet
    not odd. `unmatched_expected` are rows of the list that ConnectWise did not mention (they count as
    missing: a function that is not granted may be left out). `unreadable` are expected rows whose levels
    could not be understood; nothing is claimed about them. `is_admin_like` is what `admin_like` says.
    """

    rights: Rights
    my_instead_of_all: tuple[RightFinding, ...] = ()
    excess_within_full: tuple[RightFinding, ...] = ()
    unmatched_expected: tuple[Row, ...] = ()
    unreadable: tuple[Row, ...] = ()
    is_admin_like: bool = False


@dataclass(frozen=True, slots=True)
class _Granted:
    module: str
    function: str
    levels: _Levels


def compare(rows: Iterable[SecurityRow], profile: Profile) -> RightsAudit:
    """Hold the rows of mySecurity against the profile's rows of the list.

    Names are matched folded. A function that comes twice counts with the higher level of each column,
    because either row grants it. A row whose levels are not understood is ignored. Excess is measured
    against the profile's own rows, a function on no list included. Findings are in the order of
    ConnectWise's grid.
    """
    listed = tuple(rows)
    look = _compare if len(listed) > _ROWS_REMEMBERED else _compare_remembered
    return look(listed, profile)


def _compare(listed: tuple[SecurityRow, ...], profile: Profile) -> RightsAudit:
    granted = _merge(listed)
    expected = rows_for(profile)
    seen = {_canonical(it.module, it.function) for it in listed}
    unmatched = tuple(it for it in expected if it.key not in seen)
    unreadable = tuple(it for it in expected if it.key in seen and it.key not in granted)
    missing = tuple(_missing(expected, granted, {it.key for it in unreadable}))
    excess = tuple(_excess(expected, granted))
    return RightsAudit(
        rights=Rights(missing=missing, excess=excess),
        my_instead_of_all=tuple(it for it in missing if it.have == "My"),
        excess_within_full=tuple(it for it in excess if _within_full(it)),
        unmatched_expected=unmatched,
        unreadable=unreadable,
        is_admin_like=_is_admin_like(granted),
    )


_compare_remembered = lru_cache(maxsize=_ROLES_REMEMBERED)(_compare)


def admin_like(rows: Iterable[SecurityRow]) -> bool:
    """Whether the role is an administrator's in all but name.

    True when it may change security roles or members, or when All is granted on nearly every function there
    is.
    """
    return _is_admin_like(_merge(rows))


def _is_admin_like(granted: dict[Key, _Granted]) -> bool:
    guarded = load_matrix().guarded
    if any("All" in _written(it) for key, it in granted.items() if key in guarded):
        return True
    full = sum(list(it.levels.values()).count("All") >= 3 for it in granted.values())
    return len(granted) > _FEW_ROWS and full >= _NEARLY_ALL * len(granted)


@dataclass(frozen=True, slots=True)
class FunctionGap:
    """What one function lacks."""

    function: str
    why: str
    findings: tuple[RightFinding, ...]


@dataclass(frozen=True, slots=True)
class ModuleGap:
    """What one module lacks, function by function."""

    module: str
    functions: tuple[FunctionGap, ...]


def missing_by_module(rights: Rights) -> tuple[ModuleGap, ...]:
    """The missing levels grouped the way ConnectWise's grid is clicked through."""
    grouped: dict[str, dict[str, list[RightFinding]]] = {}
    for finding in rights.missing:
        grouped.setdefault(finding.module, {}).setdefault(finding.function, []).append(finding)
    return tuple(
        ModuleGap(
            module, tuple(FunctionGap(it, found[0].why, tuple(found)) for it, found in functions.items())
        )
        for module, functions in grouped.items()
    )


@dataclass(frozen=True, slots=True)
class CustomizeItem:
    """One row of `/system/mySecurity/customizeItems/`: which function is narrowed, and one entry it lists."""

    customize: str
    item: str


@dataclass(frozen=True, slots=True)
class CustomizeNote:
    """A narrowed function. `hidden` are needed tables that the entries do not name.

    `understood` is False when the entries are bare numbers: then `hidden` is empty and only the fact of the
    narrowing is sure.
    """

    function: str
    entries: tuple[str, ...]
    hidden: tuple[Table, ...] = ()
    understood: bool = True


_CUSTOMIZABLE: Final = {"systemtablesetup": "Table Setup", "companyconfigurations": "Configurations"}


def customize_notes(items: Iterable[CustomizeItem]) -> tuple[CustomizeNote, ...]:
    """Which functions that matter are narrowed by "(customize)", and which needed tables that may hide.

    The entries are taken for what stays allowed. That is how the page reads, yet it is not documented for
    the API: a note is a reason to look, never a failure.
    """
    listed = tuple(items)
    look = _note_all if len(listed) > _ROWS_REMEMBERED else _note_all_remembered
    return look(listed)


def _note_all(items: tuple[CustomizeItem, ...]) -> tuple[CustomizeNote, ...]:
    entries: dict[str, list[str]] = {}
    for it in items:
        function = _CUSTOMIZABLE.get(it.customize.strip().casefold())
        if function and it.item.strip():
            entries.setdefault(function, []).append(it.item.strip())
    return tuple(_note(function, tuple(found)) for function, found in sorted(entries.items()))


_note_all_remembered = lru_cache(maxsize=_ROLES_REMEMBERED)(_note_all)


def _note(function: str, entries: tuple[str, ...]) -> CustomizeNote:
    if function != "Table Setup":
        return CustomizeNote(function, entries)
    named = {_squash(it) for it in entries}
    hidden = tuple(it for it in load_tables() if not named & {_squash(name) for name in (it.table, *it.also)})
    understood = len(hidden) < len(load_tables()) or any(not it.isdigit() for it in entries)
    return CustomizeNote(function, entries, hidden if understood else (), understood)


def _squash(name: str) -> str:
    return fold(name).replace(" ", "")


def _merge(rows: Iterable[SecurityRow]) -> dict[Key, _Granted]:
    merged: dict[Key, _Granted] = {}
    for row in rows:
        levels = _read_levels(row)
        if levels is None:
            continue
        key = _canonical(row.module, row.function)
        other = merged.get(key)
        if other is None:
            merged[key] = _Granted(row.module, row.function, levels)
        else:
            other.levels.update({it: max(levels[it], other.levels[it], key=LEVELS.index) for it in COLUMNS})
    return merged


def _read_levels(row: SecurityRow) -> _Levels | None:
    levels: _Levels = {}
    for column in COLUMNS:
        level = _BY_TEXT.get((getattr(row, column) or "").strip().casefold())
        if level is None:
            return None
        levels[column] = level
    return levels


def _canonical(module: str, function: str) -> Key:
    key = fold_key(module, function)
    return load_matrix().aliases.get(key, key)


def _missing(
    expected: tuple[Row, ...], granted: dict[Key, _Granted], unreadable: set[Key]
) -> Iterable[RightFinding]:
    for row in expected:
        if row.key in unreadable:
            continue
        have = granted[row.key].levels if row.key in granted else dict.fromkeys(COLUMNS, LEVELS[0])
        for column in COLUMNS:
            want = row.level(column)
            if LEVELS.index(have[column]) < LEVELS.index(want):
                yield RightFinding(
                    module=row.module,
                    function=row.function,
                    level=column,
                    have=have[column],
                    want=want,
                    why=row.why,
                )


def _excess(expected: tuple[Row, ...], granted: dict[Key, _Granted]) -> Iterable[RightFinding]:
    matrix = load_matrix()
    wanted = {it.key: it for it in expected}
    # A function of the list is called as the list calls it.
    named_grants = [(matrix.find(key) or it, key, it) for key, it in granted.items()]
    named_grants.sort(key=lambda it: matrix.place(it[0].module, it[0].function))
    for named, key, grant in named_grants:
        for column in COLUMNS:
            have = grant.levels[column]
            want = wanted[key].level(column) if key in wanted else LEVELS[0]
            if LEVELS.index(have) > LEVELS.index(want):
                found = RightFinding(
                    module=named.module, function=named.function, level=column, have=have, want=want
                )
                row = _within_full(found)
                yield found.model_copy(update={"why": row.why}) if row else found


def _within_full(finding: RightFinding) -> Row | None:
    row = load_matrix().find(fold_key(finding.module, finding.function))
    allowed = row is not None and LEVELS.index(finding.have) <= LEVELS.index(row.level(finding.level))
    return row if allowed else None


def _written(granted: _Granted) -> set[Level]:
    return {level for column, level in granted.levels.items() if column != "inquire"}
