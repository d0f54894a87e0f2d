"""The service desk: boards with their statuses, types, subtypes and items, tickets, projects and time."""

from collections.abc import Sequence
from typing import Any, Final

from bot.sandbox.connectwise.customers import company_ref
from bot.sandbox.connectwise.names import TICKET_SUMMARIES
from bot.sandbox.connectwise.world import BOARD_NAMES, EPOCH, Maker, Row, ref, stamp

_PROJECT_BOARDS: Final = frozenset({"Projects"})
_RETIRED_BOARDS: Final = frozenset({"Legacy Support"})
_STATUSES: Final = (
    "New",
    "Assigned",
    "In Progress",
    "Waiting on Customer",
    "Waiting on Vendor",
    "Scheduled",
    "Completed",
    "Closed",
    "Cancelled",
)
_CLOSED: Final = frozenset({"Closed", "Cancelled"})
_TYPES: Final = ("Incident", "Request", "New User", "User Leaves", "Maintenance")
_SUBTYPES: Final = ("Account", "Hardware", "Software", "Network", "Email")
_ITEMS: Final = ("Create", "Change", "Remove", "Repair")
_TICKETS: Final = 420
_PROJECTS: Final = 36
_OWNED_BY_API_EVERY: Final = 50


def make(maker: Maker) -> None:
    """Fill the tables of the service desk; the provider's people and customers are there already."""
    _make_boards(maker)
    _make_lists(maker)
    service = [row for row in maker.tables["boards"] if not row["projectFlag"] and not row["inactiveFlag"]]
    maker.add("tickets", [_ticket(maker, i, service) for i in range(_TICKETS)])
    maker.add("projects", [_project(maker, i) for i in range(_PROJECTS)])
    maker.add("projectTickets", [_project_ticket(maker, i) for i in range(_PROJECTS * 3)])
    maker.add("timeEntries", [_time_entry(maker, i) for i in range(_TICKETS)])


def _make_boards(maker: Maker) -> None:
    location, department = maker.tables["locations"][0], maker.tables["departments"][0]
    boards = maker.add(
        "boards",
        [
            {
                "id": i,
                "name": name,
                "location": ref(location),
                "department": ref(department, "identifier", "name"),
                "inactiveFlag": name in _RETIRED_BOARDS,
                "projectFlag": name in _PROJECT_BOARDS,
                "billTime": "Billable",
            }
            for i, name in enumerate(BOARD_NAMES, start=1)
        ],
    )
    maker.add(
        "boardStatuses", [_status(board, i, name) for board in boards for i, name in enumerate(_STATUSES)]
    )
    maker.add("boardTypes", _per_board(boards, 1000, _TYPES, category="Reactive", defaultFlag=False))
    maker.add("boardItems", _per_board(boards, 3000, _ITEMS))
    subtypes = _per_board(boards, 2000, _SUBTYPES)
    for row in subtypes:
        first = 1000 + row["board"]["id"] * 20
        # "Account" belongs to every type; the others to the first two, so that a wrong pair can be chosen.
        row["typeAssociationIds"] = list(range(first, first + (5 if row["name"] == "Account" else 2)))
    maker.add("boardSubTypes", subtypes)


def _status(board: Row, index: int, name: str) -> Row:
    return {
        "id": board["id"] * 20 + index,
        "name": name,
        "board": ref(board),
        "sortOrder": index,
        "displayOnBoard": name not in _CLOSED,
        "inactive": False,
        "closedStatus": name in _CLOSED,
        "timeEntryNotAllowed": name == "Cancelled",
        "defaultFlag": name == "New",
        "escalationStatus": "NotResponded" if name == "New" else "Responded",
        "customerPortalFlag": False,
    }


def _per_board(boards: Sequence[Row], base: int, names: Sequence[str], **more: Any) -> list[Row]:
    return [
        {"id": base + board["id"] * 20 + i, "name": name, "board": ref(board), "inactiveFlag": False, **more}
        for board in boards
        for i, name in enumerate(names)
    ]


def _make_lists(maker: Maker) -> None:
    priorities = (
        ("Priority 1 - Emergency", "Red", "Critical"),
        ("Priority 2 - Quick Response", "Orange", "High"),
        ("Priority 3 - Normal Response", "Yellow", "Medium"),
        ("Priority 4 - Scheduled Maintenance", "White", "Low"),
        ("Do Not Respond", "Gray", "Low"),
    )
    maker.add(
        "priorities",
        [
            {
                "id": i,
                "name": name,
                "color": color,
                "level": level,
                "sortOrder": i,
                "defaultFlag": i == 3,
            }
            for i, (name, color, level) in enumerate(priorities, start=1)
        ],
    )
    sources = ("Phone", "Email Connector", "Portal", "Monitoring", "Automation", "Walk-in")
    maker.add(
        "sources", [{"id": i, "name": name, "defaultFlag": i == 1} for i, name in enumerate(sources, start=1)]
    )


def _member_ref(member: Row) -> Row:
    name = member.get("name") or f"{member['firstName']} {member['lastName']}"
    return {"id": member["id"], "identifier": member["identifier"], "name": name}


def _owner(maker: Maker, index: int) -> Row:
    """A technician; now and then the API member, so that level My finds something."""
    mine = index % _OWNED_BY_API_EVERY == 0
    return _member_ref(maker.tables["apiMembers"][0] if mine else maker.pick("members"))


def _of_board(maker: Maker, table: str, board: Row) -> Row:
    return maker.chance.choice([row for row in maker.tables[table] if row["board"]["id"] == board["id"]])


def _ticket(maker: Maker, index: int, boards: Sequence[Row]) -> Row:
    board = maker.chance.choices(boards, range(len(boards) * 2, len(boards), -1))[0]
    company = maker.pick("companies")
    status = _of_board(maker, "boardStatuses", board)
    return {
        "id": 10_000 + index,
        "summary": maker.chance.choice(TICKET_SUMMARIES),
        "recordType": "ServiceTicket",
        "board": ref(board),
        "status": ref(status),
        "company": company_ref(company),
        "site": company["site"],
        "type": ref(_of_board(maker, "boardTypes", board)),
        "subType": ref(_of_board(maker, "boardSubTypes", board)),
        "owner": _owner(maker, index),
        "priority": ref(maker.pick("priorities")),
        "source": ref(maker.pick("sources")),
        "severity": "Medium",
        "impact": "Medium",
        "closedFlag": status["closedStatus"],
        "actualHours": maker.chance.randrange(0, 32) / 4,
        "requiredDate": maker.moment(),
        "location": company["territory"],
    }


def _project(maker: Maker, index: int) -> Row:
    company = maker.tables["companies"][1 + index * 5]
    board = next(row for row in maker.tables["boards"] if row["projectFlag"])
    return {
        "id": 70 + index,
        "name": f"{('Migration', 'Office move', 'Refresh')[index % 3]} - {company['name']}",
        "billingMethod": "FixedFee",
        "board": ref(board),
        "company": company_ref(company),
        "estimatedStart": stamp(EPOCH),
        "estimatedEnd": maker.moment(),
        "manager": _owner(maker, index),
        "status": {"id": 1, "name": "Open"} if index % 4 else {"id": 2, "name": "Closed"},
        "closedFlag": index % 4 == 0,
        "location": company["territory"],
    }


def _project_ticket(maker: Maker, index: int) -> Row:
    project = maker.tables["projects"][index // 3]
    board = next(row for row in maker.tables["boards"] if row["projectFlag"])
    return {
        "id": 20_000 + index,
        "summary": f"Step {index % 3 + 1}",
        "board": ref(board),
        "status": ref(_of_board(maker, "boardStatuses", board)),
        "project": ref(project),
        "phase": {"id": 500 + index // 3, "name": "Delivery"},
        "company": project["company"],
        "owner": _owner(maker, index),
        "priority": ref(maker.pick("priorities")),
        "closedFlag": False,
    }


def _time_entry(maker: Maker, index: int) -> Row:
    ticket = maker.tables["tickets"][index]
    return {
        "id": 40_000 + index,
        "company": ticket["company"],
        "chargeToId": ticket["id"],
        "chargeToType": "ServiceTicket",
        "member": ticket["owner"],
        "workType": ref(maker.tables["workTypes"][index % 6]),
        "workRole": ref(maker.tables["workRoles"][index % 6]),
        "timeStart": maker.moment(),
        "actualHours": maker.chance.randrange(1, 16) / 4,
        "billableOption": "Billable",
        "notes": "Looked into it",
        "status": "Open",
        "ticket": {"id": ticket["id"], "summary": ticket["summary"]},
    }
