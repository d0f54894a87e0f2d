"""The grid of a security role: every function of ConnectWise's role screen, with its four levels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["None", "My", "All"]
COLUMNS: Final = ("add", "edit", "delete", "inquire")


@dataclass(frozen=True, slots=True)
class Function:
    """One line of the grid. `report` functions have an inquire level only (the others are null)."""

    module: str
    name: str
    report: bool = False
    customizable: bool = False

    @property
    def key(self) -> str:
        """`Module/Function`, the way moods name it."""
        return f"{self.module}/{self.name}"


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of one function in one role."""

    add: Level = "None"
    edit: Level = "None"
    delete: Level = "None"
    inquire: Level = "None"

    def with_level(self, columns: Iterable[str], level: Level) -> "Levels":
        """A copy with these columns at that level."""
        values: dict[str, Level] = {column: getattr(self, column) for column in COLUMNS}
        return Levels(**(values | dict.fromkeys(columns, level)))


Grid = Mapping[str, Levels]

_MODULES: Final[Mapping[str, str]] = {
    "Companies": "Client Portal; Company Maintenance; Company/Contact Group Maintenance; Configurations*; "
    "Configurations - Display Passwords; Contacts; CRM/Sales Activities; Manage Attachments; Notes; "
    "Reports+*; Surveys; Team Members; Tracks",
    "Finance": "Accounting Interface; Agreements*; Agreement Invoicing; Agreement Sales; "
    "Billing View Expense; Billing View Product; Billing View Time; Invoicing; Reports+*",
    "Marketing": "Campaigns; Email Marketing; Groups; Marketing Management; Reports+*",
    "Procurement": "Inventory Adjustments; Inventory Transfers; Pricing Schedules; Product Catalog; "
    "Product Receiving; Products; Purchase Approvals; Purchase Orders; Reports+*; RMA",
    "Project": "Close Project Tickets; Project Billing Method; Project Contacts; Project Finance; "
    "Project Headers; Project Management; Project Notes; Project Phase; Project Product; Project Reports+*; "
    "Project Scheduling*; Project Teams; Project Ticket; Project Ticket - Dependancies; Project Ticket Tasks",
    "Sales": "Closed Opportunity; Opportunity; Reports+*; Sales Activity; Sales Funnel; Sales Orders; "
    "Sales Team",
    "Service Desk": "Change Approvals; Close Service Tickets; Knowledge Base; Knowledge Base Approver; "
    "Merge Tickets; Reports+*; Resource Scheduling*; Service Ticket – Dependencies; "
    "Service Ticket - Finance; Service Tickets; SLA Dashboard; Ticket Templates",
    "System": "API Reports+; Custom Menu Entry*; Email Connector; Import; Integrator Login; "
    "Manage Hosted API*; Mass Maintenance*; Member Maintenance; My Account*; My Company; Report Writer; "
    "Security Roles; System Reports+*; Table Setup*; Today Links",
    "Time & Expense": "Expense Approvals; Expense Billable Option; Expense Entry; Expense Report Status; "
    "Reports+*; Time Approvals; Time Entry; Time Entry Billable Option; Time Sheet Status",
}


def _function(module: str, text: str) -> Function:
    return Function(module, text.rstrip("+*"), report="+" in text, customizable="*" in text)


FUNCTIONS: Final = tuple(
    _function(module, text) for module, line in _MODULES.items() for text in line.split("; ")
)
KNOWN: Final = frozenset(function.key for function in FUNCTIONS)

# Two rows suffice to connect; the other eighteen are what the automations use.
CONNECT: Final[Grid] = {
    "System/Member Maintenance": Levels(inquire="All"),
    "Companies/Company Maintenance": Levels(inquire="All"),
}
LEAST: Final[Grid] = {
    **CONNECT,
    "Companies/Configurations": Levels("All", "All", "None", "All"),
    "Companies/Contacts": Levels("All", "All", "None", "All"),
    "Companies/Manage Attachments": Levels("My", "My", "My", "All"),
    "Companies/Team Members": Levels(inquire="All"),
    "Finance/Agreements": Levels(inquire="All"),
    "Finance/Billing View Time": Levels(edit="All", inquire="All"),
    "Project/Project Ticket": Levels("All", "All", "None", "All"),
    "Project/Project Ticket - Dependancies": Levels("All", "All", "None", "All"),
    "Project/Close Project Tickets": Levels(edit="All", inquire="All"),
    "Project/Project Headers": Levels("All", "All", "All", "All"),
    "Service Desk/Service Tickets": Levels("All", "All", "None", "All"),
    "Service Desk/Service Ticket – Dependencies": Levels("All", "All", "None", "All"),
    "Service Desk/Close Service Tickets": Levels(edit="All", inquire="All"),
    "Service Desk/Merge Tickets": Levels("All", "All", "None", "All"),
    "System/My Account": Levels("My", "My", "My", "My"),
    "System/Table Setup": Levels(add="All", inquire="All"),
    "Time & Expense/Time Entry": Levels("All", "All", "My", "All"),
    "Time & Expense/Time Entry Billable Option": Levels("All", "All", "My", "All"),
}
EVERYTHING: Final[Grid] = {key: Levels("All", "All", "All", "All") for key in KNOWN}
NOTHING: Final[Grid] = {}

# Other spellings under which the same functions are met, in other releases and in other vendors' guides.
VARIANTS: Final[Mapping[str, tuple[str, str]]] = {
    "Companies/Company Maintenance": ("Company", "Company maintenance"),
    "Companies/Configurations": ("Companies", "Configuration"),
    "Project/Project Ticket": ("Projects", "Project Tickets"),
    "Project/Project Ticket - Dependancies": ("Projects", "Project Tickets – Dependencies"),
    "Project/Close Project Tickets": ("Projects", "Close Project Ticket"),
    "Project/Project Headers": ("Projects", "Project Header"),
    "Service Desk/Service Tickets": ("Service Desk", "SERVICE TICKET"),
    "Service Desk/Service Ticket – Dependencies": ("Service Desk", "Service Tickets - Dependancies"),
    "Service Desk/Close Service Tickets": ("Service Desk", "Close Service Ticket"),
    "Time & Expense/Time Entry": ("Time & Expenses", "Time Entry"),
    "Time & Expense/Time Entry Billable Option": ("Time & Expenses", "Time entry billable option"),
}


def parse_right(text: str) -> tuple[str, tuple[str, ...]]:
    """`Module/Function` or `Module/Function/level` as (key, columns). Raises ValueError on an unknown one.

    Function names may contain a slash, so that the whole text is tried first.
    """
    if text in KNOWN:
        return text, COLUMNS
    key, _, column = text.rpartition("/")
    if key in KNOWN and column in COLUMNS:
        return key, (column,)
    raise ValueError(
        f"The security role has no function {text!r}; write Module/Function or Module/Function/level."
    )


def change(grid: Grid, rights: Iterable[str], level: Level, *, only_above: Iterable[Level] = ()) -> Grid:
    """The grid with some rights at another level; with `only_above`, only where it was one of those."""
    changed = dict(grid)
    above = frozenset(only_above)
    for right in rights:
        key, columns = parse_right(right)
        levels = changed.get(key, Levels())
        hit = [column for column in columns if not above or getattr(levels, column) in above]
        changed[key] = levels.with_level(hit, level)
    return changed
