"""Which paths there are, which table each shows, and which function of the role governs it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Resource:
    """A list of records and the paths below it.

    Attributes:
        path: the list's path below the API's root; `{parentId}` stands for the id of the record above.
        table: which rows it shows.
        name: what ConnectWise calls one record.
        function: `Module/Function` of the role; empty where signing in suffices.
        setup: the table of Table Setup that "(customize)" may take away.
        owner: path to the identifier of the record's owner, for level My; empty where nothing is one's own.
        company: path to the id of the company that a low Level may hide.
        board: path to the id of the board that Restrict Board Access may hide.
        parent: path that has to equal `{parentId}`.
        where: rows of a twin are those where this flag has this value.
        strip: a field that serves the choice of rows only and is not shown.
        count: whether `/count` below it exists.
        item: whether `/{id}` below it exists.
    """

    path: str
    table: str
    name: str
    function: str = ""
    setup: str = ""
    owner: str = ""
    company: str = ""
    board: str = ""
    parent: str = ""
    where: tuple[str, bool] | None = None
    strip: str = ""
    count: bool = True
    item: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """What a path means: a resource, and `list`, `count`, `item` or `single` (a record outside any list)."""

    resource: Resource
    kind: str
    parent_id: str = ""
    record_id: str = ""


_SETUP: Final = "System/Table Setup"
_MEMBERS: Final = "System/Member Maintenance"
_BOARD: Final = "Service / Service Board"


def _plain(path: str, table: str, name: str) -> Resource:
    """A twin with fewer fields, which asks for no right."""
    return Resource(path, table, name)


def _set_up(path: str, table: str, name: str, setup: str) -> Resource:
    return Resource(path, table, name, _SETUP, setup)


def _of_board(path: str, table: str, name: str) -> Resource:
    full = f"/service/boards/{{parentId}}/{path}"
    return Resource(full, table, name, _SETUP, _BOARD, board="board/id", parent="board/id")


RESOURCES: Final = (
    Resource("/system/mySecurity", "mySecurity", "MySecurity", count=False, item=False),
    Resource(
        "/system/mySecurity/customizeItems/",
        "customizeItems",
        "MySecurityCustomizeItem",
        count=False,
        item=False,
    ),
    Resource("/system/members", "members", "Member", _MEMBERS, owner="identifier"),
    _set_up("/system/members/types", "memberTypes", "MemberType", "General / Member Type"),
    Resource("/system/apiMembers", "apiMembers", "ApiMember", _MEMBERS, owner="identifier"),
    _plain("/system/info/members", "memberInfos", "MemberInfo"),
    _plain("/system/info/locations", "locationInfos", "LocationInfo"),
    _plain("/system/info/departments", "departmentInfos", "DepartmentInfo"),
    Resource("/system/securityroles", "securityRoles", "SecurityRole", "System/Security Roles"),
    _plain("/system/securityroles/info", "securityRoleInfos", "SecurityRoleInfo"),
    Resource(
        "/system/securityRoles/{parentId}/settings",
        "roleSettings",
        "SecurityRoleSetting",
        "System/Security Roles",
        parent="role/id",
        strip="role",
    ),
    Resource("/system/locations", "locations", "Location", "System/My Company"),
    Resource("/system/departments", "departments", "Department", "System/My Company"),
    Resource("/system/callbacks", "callbacks", "CallbackEntry", _SETUP, "General / Callback"),
    Resource("/system/documents", "documents", "DocumentInfo", "Companies/Manage Attachments"),
    Resource("/system/reports", "reports", "Report", "System/API Reports", count=False, item=False),
    Resource(
        "/company/companies",
        "companies",
        "Company",
        "Companies/Company Maintenance",
        owner="territoryManager/identifier",
        company="id",
    ),
    _set_up("/company/companies/types", "companyTypes", "CompanyType", "Company / Company Type"),
    _set_up("/company/companies/statuses", "companyStatuses", "CompanyStatus", "Company / Company Status"),
    Resource(
        "/company/configurations",
        "configurations",
        "Configuration",
        "Companies/Configurations",
        company="company/id",
    ),
    _set_up(
        "/company/configurations/types", "configurationTypes", "ConfigurationType", "Company / Configuration"
    ),
    Resource("/company/contacts", "contacts", "Contact", "Companies/Contacts", company="company/id"),
    _set_up("/company/contacts/types", "contactTypes", "ContactType", "Contacts / Contact Type"),
    _set_up("/company/teamRoles", "teamRoles", "TeamRole", "Company / Team Role"),
    Resource(
        "/service/tickets",
        "tickets",
        "Ticket",
        "Service Desk/Service Tickets",
        owner="owner/identifier",
        company="company/id",
        board="board/id",
    ),
    Resource("/service/boards", "boards", "Board", _SETUP, _BOARD, board="id"),
    Resource("/service/info/boards", "boardInfos", "BoardInfo", board="id"),
    Resource(
        "/service/info/boards/active",
        "boardInfos",
        "BoardInfo",
        board="id",
        where=("inactiveFlag", False),
        item=False,
    ),
    _of_board("statuses", "boardStatuses", "BoardStatus"),
    Resource(
        "/service/boards/{parentId}/statuses/info",
        "boardStatusInfos",
        "BoardStatusInfo",
        board="board/id",
        parent="board/id",
        strip="board",
        count=False,
        item=False,
    ),
    _of_board("types", "boardTypes", "BoardType"),
    _of_board("subtypes", "boardSubTypes", "BoardSubType"),
    _of_board("items", "boardItems", "BoardItem"),
    _set_up("/service/priorities", "priorities", "Priority", "Service / Priority"),
    _set_up("/service/sources", "sources", "Source", "Service / Source"),
    Resource(
        "/project/projects",
        "projects",
        "Project",
        "Project/Project Headers",
        owner="manager/identifier",
        company="company/id",
    ),
    Resource(
        "/project/tickets",
        "projectTickets",
        "ProjectTicket",
        "Project/Project Ticket",
        owner="owner/identifier",
        company="company/id",
        board="board/id",
    ),
    Resource(
        "/time/entries",
        "timeEntries",
        "TimeEntry",
        "Time & Expense/Time Entry",
        owner="member/identifier",
        company="company/id",
    ),
    _set_up("/time/workRoles", "workRoles", "WorkRole", "Time / Work Role"),
    _set_up("/time/workTypes", "workTypes", "WorkType", "Time / Work Type"),
    Resource("/expense/entries", "none", "ExpenseEntry", "Time & Expense/Expense Entry"),
    Resource("/schedule/entries", "none", "ScheduleEntry", "Service Desk/Resource Scheduling"),
    Resource("/sales/opportunities", "none", "Opportunity", "Sales/Opportunity"),
    Resource("/marketing/campaigns", "none", "Campaign", "Marketing/Campaigns"),
    Resource("/finance/agreements", "agreements", "Agreement", "Finance/Agreements", company="company/id"),
    Resource("/finance/invoices", "none", "Invoice", "Finance/Invoicing"),
    Resource("/procurement/catalog", "catalog", "CatalogItem", "Procurement/Product Catalog"),
    Resource("/procurement/products", "none", "ProductItem", "Procurement/Products"),
    Resource("/procurement/purchaseorders", "none", "PurchaseOrder", "Procurement/Purchase Orders"),
)
SINGLES: Final = (
    Resource("/system/info", "systemInfo", "Info"),
    Resource("/system/myMembers", "myMember", "MyMember"),
    Resource("/system/myMembers/info", "myMemberInfo", "MyMemberInfo"),
    Resource("/system/apiMembers/default", "apiMemberDefault", "ApiMember", _MEMBERS),
)
# There is no list of accounts: only one's own, by id.
_MY_ACCOUNT: Final = Resource(
    "/system/myAccount", "myAccount", "MyAccount", "System/My Account", owner="identifier"
)
TABLE_SETUP_ITEMS: Final = tuple(sorted({it.setup for it in RESOURCES if it.setup}))


def _compile() -> list[tuple[re.Pattern[str], Resource, str]]:
    """Every path as a pattern: literal endings first, so that `/count` is never taken for an id."""
    routes = [(it.path, it, "single") for it in SINGLES]
    routes += [(it.path, it, "list") for it in RESOURCES]
    routes += [(f"{it.path}/count", it, "count") for it in RESOURCES if it.count]
    routes += [(f"{it.path}/{{id}}", it, "item") for it in (*RESOURCES, _MY_ACCOUNT) if it.item]
    return [(_pattern(path), resource, kind) for path, resource, kind in routes]


def _pattern(path: str) -> re.Pattern[str]:
    text = path.replace("{parentId}", r"(?P<parent>\d+)").replace("{id}", r"(?P<id>\d+)")
    # Only the path that is documented with a closing slash insists on it.
    return re.compile(text if path.endswith("/") else f"{text}/?", re.IGNORECASE)


_ROUTES: Final = _compile()


def find_route(path: str) -> Route | None:
    """What a path below the API's root means; None where nothing is routed. Capitals do not matter."""
    for pattern, resource, kind in _ROUTES:
        match = pattern.fullmatch(path)
        if match:
            found: Mapping[str, str | None] = match.groupdict()
            return Route(resource, kind, found.get("parent") or "", found.get("id") or "")
    return None
