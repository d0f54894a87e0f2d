"""The effective rights of the member that asks, and how ConnectWise shows them."""

from collections.abc import Mapping
from typing import Final

from bot.sandbox.connectwise.grid import (
    CONNECT,
    EVERYTHING,
    FUNCTIONS,
    LEAST,
    NOTHING,
    VARIANTS,
    Function,
    Grid,
    Level,
    Levels,
    change,
)
from bot.sandbox.connectwise.moods import Moods
from bot.sandbox.connectwise.resources import TABLE_SETUP_ITEMS
from bot.sandbox.connectwise.world import Row

_ROLES: Final[Mapping[str, Grid]] = {
    "least": LEAST,
    "connect": CONNECT,
    "admin": EVERYTHING,
    "nothing": NOTHING,
}
_SERVICE_BOARD: Final = "Service / Service Board"
_OTHER_TABLES: Final = (
    "Company / Country",
    "Company / Currency",
    "Contacts / Communication Type",
    "General / StsClient",
    "Invoicing / Billing Cycle",
    "Invoicing / Tax Code",
    "Opportunities / Opportunity Status",
    "Products / Manufacturers",
    "Service / Severity",
    "Service / SLA",
)


def grid_of(moods: Moods) -> Grid:
    """The grid of the role 'Rewst API' as the switches have it."""
    grid = _ROLES[moods["role"]]
    grid = change(grid, moods["rights_excess"], "All")
    grid = change(grid, moods["rights_my"], "My", only_above=("All",))
    return change(grid, moods["rights_missing"], "None")


def allowed_tables(moods: Moods) -> frozenset[str]:
    """The tables that "(customize)" on Table Setup leaves to the role."""
    every = frozenset((*TABLE_SETUP_ITEMS, *_OTHER_TABLES))
    return {
        "all": every,
        "no_service_board": every - {_SERVICE_BOARD},
        "only_service_board": frozenset({_SERVICE_BOARD}),
        "nothing": frozenset[str](),
    }[moods["table_setup"]]


def security_rows(grid: Grid, *, variant: bool) -> list[Row]:
    """The rows of mySecurity: one for each function, with four levels."""
    return [_security_row(index, function, grid, variant=variant) for index, function in enumerate(FUNCTIONS)]


def _security_row(index: int, function: Function, grid: Grid, *, variant: bool) -> Row:
    levels = grid.get(function.key, Levels())
    module, name = (
        VARIANTS.get(function.key, (function.module, function.name))
        if variant
        else (
            function.module,
            function.name,
        )
    )
    return {
        "id": 500 + index,
        "addLevel": _shown(levels.add, report=function.report),
        "editLevel": _shown(levels.edit, report=function.report),
        "deleteLevel": _shown(levels.delete, report=function.report),
        "inquireLevel": levels.inquire,
        "moduleFunctionName": name,
        "moduleFunctionDescription": name,
        "myAllFlag": not function.report,
        "moduleFunctionIdentifier": _letters(function.name),
        "reportFlag": function.report,
        "restrictFlag": False,
        "customFlag": function.customizable,
        "moduleDescription": module,
        "moduleIdentifier": _letters(function.module),
        "moduleName": module,
        "sortOrder": index + 1,
    }


def _shown(level: Level, *, report: bool) -> Level | None:
    """Reports can only be looked at: their other levels are null."""
    return None if report else level


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


def customize_rows(moods: Moods, *, everything: bool) -> list[Row]:
    """The rows of customizeItems: the tables, configuration types and accounts left to the role."""
    tables = frozenset((*TABLE_SETUP_ITEMS, *_OTHER_TABLES)) if everything else allowed_tables(moods)
    items = [("SystemTableSetup", table) for table in sorted(tables)]
    kinds = ("Managed Workstation", "Managed Server", "Firewall", "Switch", "Printer")
    items += [("CompanyConfigurations", kind) for kind in kinds]
    is_named = moods["customized_as"] == "names"
    return [
        {"id": i, "customizeIdentifier": customize, "itemIdentifier": item if is_named else str(40 + i)}
        for i, (customize, item) in enumerate(items, start=1)
    ]
