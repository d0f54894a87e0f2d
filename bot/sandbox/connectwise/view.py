"""What one caller sees: the data set through the switches, the role, the level and the board restriction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from bot.sandbox.connectwise.answers import RefusalError, forbidden
from bot.sandbox.connectwise.grid import EVERYTHING, LEAST, Grid, Levels
from bot.sandbox.connectwise.matching import find
from bot.sandbox.connectwise.moods import Moods
from bot.sandbox.connectwise.resources import Resource
from bot.sandbox.connectwise.rights import allowed_tables, customize_rows, grid_of, security_rows
from bot.sandbox.connectwise.world import API_MEMBER, LOCATION_NAMES, REGIONS, ROLE_NAME, Row, World, ref

_SETUP: Final = "System/Table Setup"
_DELETED_STATUS: Final = "In Progress"


@dataclass(frozen=True)
class View:
    """The site as the member `caller` sees it."""

    world: World
    moods: Moods
    caller: str

    @property
    def is_restricted(self) -> bool:
        """Whether the switches of member and role apply: they are about the API member of the integration."""
        return self.caller == API_MEMBER

    @cached_property
    def grid(self) -> Grid:
        """The caller's effective rights."""
        return grid_of(self.moods) if self.is_restricted else EVERYTHING

    def rows(self, resource: Resource, parent_id: str = "") -> list[Row]:
        """The rows that the caller may see. Raises RefusalError where the role lacks the function."""
        self._check(resource)
        rows = _chosen(self.table(resource.table), resource, parent_id)
        if self._level(resource) == "My":
            rows = [row for row in rows if resource.owner and _at(row, resource.owner) == self.caller]
        if self.is_restricted:
            rows = self._on_visible_boards(resource, self._within_level(resource, rows))
        if resource.strip:
            rows = [{name: value for name, value in row.items() if name != resource.strip} for row in rows]
        return rows

    def _check(self, resource: Resource) -> None:
        if self._level(resource) == "None":
            raise RefusalError(forbidden())
        if (
            resource.function == _SETUP
            and self.is_restricted
            and resource.setup not in allowed_tables(self.moods)
        ):
            raise RefusalError(forbidden())

    def _level(self, resource: Resource) -> str:
        return self.grid.get(resource.function, Levels()).inquire if resource.function else "All"

    def _within_level(self, resource: Resource, rows: list[Row]) -> list[Row]:
        if not resource.company or self.moods["level"] == "corporate":
            return rows
        visible = self._visible_companies
        return [row for row in rows if _at(row, resource.company) in visible]

    @cached_property
    def _visible_companies(self) -> frozenset[int]:
        location = self.moods["location"]
        region = next(names for names in REGIONS.values() if location in names)
        places = region if self.moods["level"] == "region" else (location,)
        companies = self.world.tables["companies"]
        return frozenset(row["id"] for row in companies if row["territory"]["name"] in places)

    def _on_visible_boards(self, resource: Resource, rows: list[Row]) -> list[Row]:
        hidden = self._hidden_boards
        if not hidden or not resource.board:
            return rows
        return [row for row in rows if _at(row, resource.board) not in hidden]

    @cached_property
    def _hidden_boards(self) -> tuple[int, ...]:
        names = self.moods["hidden_boards"]
        return tuple(row["id"] for row in self.world.tables["boards"] if row["name"] in names)

    def table(self, name: str) -> list[Row]:
        """A table as the switches have it, whoever asks."""
        maker = _SPECIAL.get(name)
        return maker(self) if maker else self.world.tables.get(name, [])

    def myself(self) -> Row:
        """The caller's API member."""
        return next(row for row in self.table("apiMembers") if row["identifier"] == self.caller)


def _chosen(rows: list[Row], resource: Resource, parent_id: str) -> list[Row]:
    """The rows that a twin or a list below another record is about."""
    if resource.where is not None:
        name, wanted = resource.where
        rows = [row for row in rows if row[name] is wanted]
    if resource.parent:
        rows = [row for row in rows if str(_at(row, resource.parent)) == parent_id]
    return rows


def _at(row: Mapping[str, Any], path: str) -> Any:
    """The value at a path that leads through no array."""
    return find(row, path.casefold().split("/"))[0]


def _only(rows: Sequence[Row], *names: str) -> list[Row]:
    return [{name: row[name] for name in names if name in row} for row in rows]


def _api_members(view: View) -> list[Row]:
    changes = _api_member_changes(view)
    return [
        row | (changes if row["identifier"] == API_MEMBER else {}) for row in view.world.tables["apiMembers"]
    ]


def _api_member_changes(view: View) -> Row:
    moods, tables = view.moods, view.world.tables
    location = next(row for row in tables["locations"] if row["name"] == moods["location"])
    role_name = "Admin" if moods["role"] == "admin" else ROLE_NAME
    role = next(row for row in tables["securityRoles"] if row["name"] == role_name)
    return {
        "inactiveFlag": moods["member"] != "active",
        "securityRole": ref(role),
        "structureLevel": _structure_level(moods["level"], moods["location"]),
        "securityLocation": ref(location),
        "defaultLocation": ref(location),
        "excludedServiceBoardIds": [
            row["id"] for row in tables["boards"] if row["name"] in moods["hidden_boards"]
        ],
    }


def _structure_level(level: str, location: str) -> Row:
    if level == "corporate":
        return {"id": 1, "name": "Corporate (Level 1)"}
    if level == "region":
        names = list(REGIONS)
        name = next(name for name in names if location in REGIONS[name])
        return {"id": 2 + names.index(name), "name": name}
    name = location if level == "unnumbered" else "Location (Level 3)"
    return {"id": 4 + LOCATION_NAMES.index(location), "name": name}


def _my_member(view: View) -> list[Row]:
    member = view.myself()
    return [
        {
            "id": member["id"],
            "identifier": member["identifier"],
            "firstName": member["name"],
            "lastName": "API",
            "licenseClass": view.moods["license_class"] if view.is_restricted else "A",
            "adminFlag": member["securityRole"]["name"] == "Admin",
            **{name: member[name] for name in _SHARED_WITH_MEMBER},
        }
    ]


_SHARED_WITH_MEMBER: Final = (
    "inactiveFlag",
    "timeZone",
    "securityRole",
    "structureLevel",
    "securityLocation",
    "defaultLocation",
    "defaultDepartment",
    "salesDefaultLocation",
    "excludedServiceBoardIds",
    "_info",
)
_MEMBER_INFO: Final = (
    "id",
    "identifier",
    "firstName",
    "lastName",
    "licenseClass",
    "inactiveFlag",
    "timeZone",
    "defaultLocation",
    "defaultDepartment",
    "salesDefaultLocation",
    "excludedServiceBoardIds",
    "_info",
)


def _my_member_info(view: View) -> list[Row]:
    rows = _only(_my_member(view), *_MEMBER_INFO)
    return [row | {"fullName": f"{row['firstName']} {row['lastName']}"} for row in rows]


def _member_infos(view: View) -> list[Row]:
    rows = _only(
        view.world.tables["members"],
        "id",
        "identifier",
        "firstName",
        "lastName",
        "licenseClass",
        "inactiveFlag",
        "_info",
    )
    return [row | {"fullName": f"{row['firstName']} {row['lastName']}"} for row in rows]


def _my_security(view: View) -> list[Row]:
    if view.is_restricted and view.moods["my_security"] == "empty":
        return []
    member = view.myself()
    rows = security_rows(view.grid, variant=view.moods["spelling"] == "variant")
    if view.is_restricted and view.moods["my_security"] == "new_levels":
        rows = [row | ({"addLevel": "Team"} if row["addLevel"] == "All" else {}) for row in rows]
    return [row | {"member": ref(member, "identifier", "name"), "_info": member["_info"]} for row in rows]


def _role_settings(view: View) -> list[Row]:
    """The settings of every role; roles that no switch is about look like the least-privilege list."""
    variant = view.moods["spelling"] == "variant"
    grids = {"Admin": EVERYTHING, ROLE_NAME: grid_of(view.moods)}
    return [
        row | {"role": ref(role), "_info": role["_info"]}
        for role in view.world.tables["securityRoles"]
        for row in security_rows(grids.get(role["name"], LEAST), variant=variant)
    ]


def _companies(view: View) -> list[Row]:
    moods = view.moods
    if moods["no_companies"]:
        return []
    rows = view.world.tables["companies"]
    if moods["company_status"] == "normal" and moods["company_type"] == "normal":
        return rows
    statuses = {row["id"]: row for row in _company_statuses(view)}
    types = {row["id"]: row for row in _company_types(view)}
    fallback = next(row for row in statuses.values() if row["name"] == "Inactive")
    return [
        row
        | {
            "status": ref(statuses.get(row["status"]["id"], fallback)),
            "types": [ref(types[kind["id"]]) for kind in row["types"]],
        }
        for row in rows
    ]


def _company_statuses(view: View) -> list[Row]:
    rows = view.world.tables["companyStatuses"]
    mood = view.moods["company_status"]
    if mood == "deleted":
        return [row for row in rows if row["name"] != "Active"]
    renamed = mood == "renamed"
    return [
        row | {"name": "Current Customer"} if renamed and row["name"] == "Active" else row for row in rows
    ]


def _company_types(view: View) -> list[Row]:
    renamed = {"Client": "Managed Customer", "Client - Co-managed": "Managed Customer - Shared"}
    if view.moods["company_type"] == "normal":
        renamed = {}
    return [
        row | {"name": renamed.get(row["name"], row["name"])} for row in view.world.tables["companyTypes"]
    ]


def _board_statuses(view: View) -> list[Row]:
    rows = view.world.tables["boardStatuses"]
    gone = view.moods["board_status_deleted"]
    return [row for row in rows if not (gone and row["name"] == _DELETED_STATUS)]


def _board_status_infos(view: View) -> list[Row]:
    return [
        {
            **{name: row[name] for name in ("id", "name", "board", "sortOrder", "defaultFlag", "_info")},
            "inactiveFlag": row["inactive"],
            "closedFlag": row["closedStatus"],
        }
        for row in _board_statuses(view)
    ]


def _system_info(view: View) -> list[Row]:
    cloud = view.moods["hosting"] == "cloud"
    info: Row = {
        "version": "v2026.2" if view.moods["upgraded"] else "v2026.1",
        "isCloud": cloud,
        "serverTimeZone": "Harbour Standard Time",
        "licenseBits": [
            {"name": "ProjectModule", "activeFlag": True},
            {"name": "TimeModule", "activeFlag": True},
        ],
    }
    return [info | ({"cloudRegion": "NA"} if cloud else {})]


def _my_account(view: View) -> list[Row]:
    """One's own account: what the member may change for itself, no role."""
    member = _my_member(view)[0]
    kept = {name: member[name] for name in _MEMBER_INFO if name != "excludedServiceBoardIds"}
    tables = view.world.tables
    chief = tables["members"][0]
    approver = ref(chief, "identifier") | {"name": f"{chief['firstName']} {chief['lastName']}"}
    return [
        kept
        | {
            "defaultEmail": "Office",
            "defaultPhone": "Office",
            "hireDate": chief["hireDate"],
            "workRole": ref(tables["workRoles"][5]),
            "timeApprover": approver,
            "expenseApprover": approver,
            "companyActivityTabFormat": "SummaryList",
            "invoiceTimeTabFormat": "SummaryList",
            "invoiceScreenDefaultTabFormat": "ShowInvoicingTab",
            "invoicingDisplayOptions": "RemainOnInvoicingScreen",
            "agreementInvoicingDisplayOptions": "RemainOnInvoicingScreen",
        }
    ]


_SPECIAL: Final[Mapping[str, Callable[[View], list[Row]]]] = {
    "apiMembers": _api_members,
    "apiMemberDefault": lambda view: [
        view.world.tables["apiMembers"][0] | {"id": 0, "identifier": "", "name": ""}
    ],
    "myMember": _my_member,
    "myMemberInfo": _my_member_info,
    "myAccount": _my_account,
    "memberInfos": _member_infos,
    "mySecurity": _my_security,
    "customizeItems": lambda view: customize_rows(view.moods, everything=not view.is_restricted),
    "companies": _companies,
    "companyStatuses": _company_statuses,
    "companyTypes": _company_types,
    "boardStatuses": _board_statuses,
    "boardStatusInfos": _board_status_infos,
    "boardInfos": lambda view: _only(
        view.world.tables["boards"],
        *("id", "name", "location", "department", "projectFlag", "inactiveFlag", "billTime", "_info"),
    ),
    "locationInfos": lambda view: _only(
        view.world.tables["locations"], "id", "name", "structureLevel", "_info"
    ),
    "departmentInfos": lambda view: _only(view.world.tables["departments"], "id", "name", "_info"),
    "roleSettings": _role_settings,
    "securityRoleInfos": lambda view: _only(
        view.world.tables["securityRoles"], "id", "name", "roleType", "inactiveFlag", "_info"
    ),
    "systemInfo": _system_info,
}
