"""The provider itself: locations, departments, roles, members and API members."""

from datetime import timedelta
from typing import Any

from bot.sandbox.connectwise.names import FIRST_NAMES, LAST_NAMES
from bot.sandbox.connectwise.world import (
    ADMIN_MEMBER,
    API_MEMBER,
    EPOCH,
    LOCATION_NAMES,
    REGIONS,
    ROLE_NAME,
    Maker,
    Row,
    ref,
    stamp,
)

_MEMBERS = 25
_TIME_ZONE = {"id": 4, "name": "Harbour Standard Time"}


def make(maker: Maker) -> None:
    """Fill the tables of the provider's own structure and people."""
    _make_structure(maker)
    _make_roles(maker)
    _make_work(maker)
    _make_members(maker)
    _make_api_members(maker)


def _make_structure(maker: Maker) -> None:
    maker.add("structureLevels", [{"id": i, "name": name} for i, name in enumerate(_levels(), start=1)])
    maker.add(
        "locations",
        [
            {
                "id": 10 + i,
                "ownerLevelId": 10 + i,
                "structureLevel": {"id": 3, "name": "Location (Level 3)"},
                "name": name,
                "timeZoneSetup": _TIME_ZONE,
                "locationFlag": True,
                "clientFlag": False,
                "departmentIds": [1, 2, 3, 4],
            }
            for i, name in enumerate(LOCATION_NAMES)
        ],
    )
    departments = ("Professional Services", "Managed Services", "Sales", "Administration")
    maker.add(
        "departments",
        [
            {"id": i, "identifier": name.split()[0], "name": name}
            for i, name in enumerate(departments, start=1)
        ],
    )
    maker.add("memberTypes", [{"id": 1, "name": "Employee", "inactiveFlag": False}])
    # Reports carry no `_info`.
    maker.tables["reports"] = [
        {"name": name} for name in ("Company", "Service", "Time", "Project", "Agreement")
    ]


def _levels() -> list[str]:
    return ["Corporate (Level 1)", *REGIONS]


def _make_roles(maker: Maker) -> None:
    names = ("Admin", "Technician", "Dispatcher", "Sales", "Finance", "Project Manager", ROLE_NAME)
    maker.add(
        "securityRoles",
        [
            {
                "id": 60 + i,
                "name": name,
                "roleType": "Admin" if name == "Admin" else "Custom",
                "adminFlag": name == "Admin",
                "inactiveFlag": False,
            }
            for i, name in enumerate(names)
        ],
    )


def _make_work(maker: Maker) -> None:
    roles = (
        "Engineer I",
        "Engineer II",
        "Engineer III",
        "Project Manager",
        "Consultant",
        "Automation",
        "Retired Role",
    )
    maker.add(
        "workRoles",
        [
            {"id": 20 + i, "name": name, "hourlyRate": 90.0 + 20 * i, "inactiveFlag": name == "Retired Role"}
            for i, name in enumerate(roles)
        ],
    )
    types = ("Remote", "On-site", "After Hours", "Travel", "Automation", "Training", "Retired Type")
    maker.add(
        "workTypes",
        [
            {
                "id": 30 + i,
                "name": name,
                "billTime": "DoNotBill" if name == "Training" else "Billable",
                "rateType": "Multiplier",
                "rate": 1.5 if name == "After Hours" else 1.0,
                "inactiveFlag": name == "Retired Type",
                "overallDefaultFlag": name == "Remote",
                "utilizationFlag": True,
            }
            for i, name in enumerate(types)
        ],
    )


def _make_members(maker: Maker) -> None:
    people = list(zip(FIRST_NAMES[: _MEMBERS * 2 : 2], LAST_NAMES[:_MEMBERS], strict=False))
    maker.add("members", [_member(maker, i, first, last) for i, (first, last) in enumerate(people)])


def _member(maker: Maker, index: int, first: str, last: str) -> Row:
    roles = maker.tables["securityRoles"]
    location = maker.tables["locations"][index % len(LOCATION_NAMES)]
    identifier = f"{first[0]}{last}"[:15]
    email = f"{first}.{last}@brightwater.example".lower()
    return {
        "id": 150 + index,
        "identifier": identifier,
        "firstName": first,
        "lastName": last,
        "title": "Engineer" if index else "Managing Director",
        "licenseClass": "X" if index % 9 == 8 else "F",
        "inactiveFlag": index % 11 == 10,
        "disableOnlineFlag": False,
        "hireDate": stamp(EPOCH - timedelta(days=100 * index)),
        "defaultEmail": "Office",
        "defaultPhone": "Office",
        "officeEmail": email,
        "primaryEmail": email,
        "adminFlag": index < 2,
        "securityRole": ref(roles[0] if index < 2 else roles[1 + index % 5]),
        "type": {"id": 1, "name": "Employee"},
        "timeZone": _TIME_ZONE,
        "structureLevel": {"id": 1, "name": "Corporate (Level 1)"},
        "securityLocation": ref(location),
        "defaultLocation": ref(location),
        "defaultDepartment": ref(maker.tables["departments"][index % 4], "identifier", "name"),
        "workRole": ref(maker.tables["workRoles"][index % 6]),
        "workType": ref(maker.tables["workTypes"][0]),
        "excludedServiceBoardIds": [],
        "dailyCapacity": 8.0,
    }


def _make_api_members(maker: Maker) -> None:
    members = [
        _api_member(maker, 230, API_MEMBER, ROLE_NAME),
        _api_member(maker, 231, ADMIN_MEMBER, "Admin"),
        _api_member(maker, 232, "BackupSync", "Technician"),
        _api_member(maker, 233, "OldMonitor", "Technician", inactive=True),
    ]
    maker.add("apiMembers", members)


def _api_member(maker: Maker, record_id: int, identifier: str, role: str, **flags: Any) -> Row:
    location = ref(maker.tables["locations"][0])
    roles = {row["name"]: row for row in maker.tables["securityRoles"]}
    return {
        "id": record_id,
        "identifier": identifier,
        "name": identifier,
        "emailAddress": f"{identifier}@brightwater.example".lower(),
        "inactiveFlag": bool(flags.get("inactive")),
        "timeZone": _TIME_ZONE,
        "securityRole": ref(roles[role]),
        "structureLevel": {"id": 1, "name": "Corporate (Level 1)"},
        "securityLocation": location,
        "defaultLocation": location,
        "defaultDepartment": ref(maker.tables["departments"][1], "identifier", "name"),
        "salesDefaultLocation": location,
        "excludedServiceBoardIds": [],
        "blockPriceFlag": False,
        "blockCostFlag": False,
    }
