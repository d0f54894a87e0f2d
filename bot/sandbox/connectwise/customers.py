"""The provider's customers: companies, their contacts, configurations and agreements."""

from typing import Any

from bot.sandbox.connectwise.names import COMPANY_FIRST, COMPANY_SECOND, FIRST_NAMES, LAST_NAMES
from bot.sandbox.connectwise.world import Maker, Row, ref

_COMPANIES = 336
_STATUSES = ("Active", "Inactive", "Not Approved", "Credit Hold", "Delinquent", "Problem", "Imported")
_STATUS_WEIGHTS = (70, 14, 3, 3, 2, 2, 6)
_TYPES = (
    "Client",
    "Prospect",
    "Vendor",
    "Client - Co-managed",
    "Former Client",
    "Partner",
    "Lead",
    "Competitor",
)
_TYPE_WEIGHTS = (58, 14, 8, 7, 6, 3, 3, 1)


def make(maker: Maker) -> None:
    """Fill the tables of companies and what belongs to them."""
    _make_lists(maker)
    maker.add("companies", [_company(maker, i) for i in range(_COMPANIES)])
    maker.add("contacts", [_contact(maker, i) for i in range(_COMPANIES * 2)])
    maker.add("configurations", [_configuration(maker, i) for i in range(_COMPANIES * 2)])
    maker.add("agreements", [_agreement(maker, i) for i in range(180)])
    maker.add("catalog", [_catalog_item(maker, i) for i in range(60)])


def _make_lists(maker: Maker) -> None:
    maker.add(
        "companyStatuses",
        [
            {
                "id": i,
                "name": name,
                "defaultFlag": name == "Active",
                "inactiveFlag": name == "Inactive",
                "notifyFlag": name == "Credit Hold",
                "disallowSavingFlag": False,
            }
            for i, name in enumerate(_STATUSES, start=1)
        ],
    )
    maker.add(
        "companyTypes",
        [
            {"id": i, "name": name, "defaultFlag": name == "Client", "vendorFlag": name == "Vendor"}
            for i, name in enumerate(_TYPES, start=1)
        ],
    )
    maker.add(
        "contactTypes",
        [
            {"id": i, "description": name, "defaultFlag": i == 1}
            for i, name in enumerate(("End User", "Decision Maker", "VIP", "Billing", "Approver"), start=1)
        ],
    )
    maker.add(
        "configurationTypes",
        [
            {"id": i, "name": name, "inactiveFlag": False, "systemFlag": False}
            for i, name in enumerate(
                ("Managed Workstation", "Managed Server", "Firewall", "Switch", "Printer"), start=1
            )
        ],
    )
    maker.add(
        "teamRoles",
        [
            {"id": i, "name": name, "accountManagerFlag": i == 1, "techFlag": i == 2, "salesFlag": i == 3}
            for i, name in enumerate(("Account Manager", "Technician", "Sales Rep", "Virtual CIO"), start=1)
        ],
    )


def _company(maker: Maker, index: int) -> Row:
    if index == 0:
        name, status, types = (
            "Brightwater Managed Services",
            maker.tables["companyStatuses"][0],
            tuple[Row, ...](),
        )
    else:
        first = COMPANY_FIRST[index % len(COMPANY_FIRST)]
        name = f"{first} {COMPANY_SECOND[(index * 7 + index // len(COMPANY_FIRST)) % len(COMPANY_SECOND)]}"
        status = maker.chance.choices(maker.tables["companyStatuses"], _STATUS_WEIGHTS)[0]
        types = tuple(
            maker.chance.choices(maker.tables["companyTypes"], _TYPE_WEIGHTS, k=1 + (index % 12 == 0))
        )
    location = maker.chance.choices(maker.tables["locations"], (50, 22, 18, 10))[0]
    manager = maker.tables["apiMembers"][0] if index % 60 == 7 else maker.pick("members")
    deleted = index % 40 == 39
    company = {
        "id": 2 + index if index else 1,
        "identifier": _identifier(name, index),
        "name": name,
        "status": ref(status),
        "addressLine1": f"{10 + index} {maker.chance.choice(COMPANY_FIRST)} Street",
        "city": location["name"],
        "state": "HB",
        "zip": f"{20000 + index * 7}",
        "country": {"id": 1, "name": "Brightland"},
        "phoneNumber": f"55501{index:05d}",
        "website": f"www.{_identifier(name, index).lower()}.example",
        "territory": ref(location),
        "market": {"id": 1 + index % 6, "name": COMPANY_SECOND[index % 6]},
        "accountNumber": f"C{1000 + index}",
        "dateAcquired": maker.moment(),
        "annualRevenue": float(maker.chance.randrange(1, 90) * 100_000),
        "numberOfEmployees": maker.chance.randrange(3, 400),
        "leadFlag": status["name"] == "Not Approved",
        "unsubscribeFlag": False,
        "deletedFlag": deleted,
        "territoryManager": {
            "id": manager["id"],
            "identifier": manager["identifier"],
            "name": _full_name(manager),
        },
        "isVendorFlag": any(row["name"] == "Vendor" for row in types),
        "types": [ref(row) for row in {row["id"]: row for row in types}.values()],
        "site": {"id": 5000 + index, "name": "Main"},
        "customFields": _custom_fields(maker, index),
    }
    return company | ({"dateDeleted": maker.moment(), "deletedBy": "SBirkholm"} if deleted else {})


def _full_name(member: Row) -> str:
    return str(member.get("name") or f"{member['firstName']} {member['lastName']}")


def _identifier(name: str, index: int) -> str:
    """The short company ID: letters of the name, made unique."""
    return f"{''.join(part for part in name if part.isalnum())[:20]}{index}" if index else "Brightwater"


def _custom_fields(maker: Maker, index: int) -> list[dict[str, Any]]:
    common = {"numberOfDecimals": 0, "entryMethod": "EntryField"}
    return [
        {"id": 11, "caption": "Rewst Enabled", "type": "Checkbox", "value": index % 3 != 0, **common},
        {
            "id": 12,
            "caption": "Support Tier",
            "type": "Text",
            **common,
            "value": ("Gold", "Silver", "Bronze")[index % 3],
        },
        {"id": 13, "caption": "Seats", "type": "Number", "value": maker.chance.randrange(1, 300), **common},
        {
            "id": 14,
            "caption": "Contract Review",
            "type": "Date",
            "value": maker.moment() if index % 4 else None,
            **common,
        },
    ]


def company_ref(company: Row) -> Row:
    """A reference to a company."""
    return ref(company, "identifier", "name")


def _contact(maker: Maker, index: int) -> Row:
    company = maker.tables["companies"][index // 2]
    first, last = maker.chance.choice(FIRST_NAMES), maker.chance.choice(LAST_NAMES)
    kind = maker.tables["contactTypes"][index % 5]
    return {
        "id": 900 + index,
        "firstName": first,
        "lastName": last,
        "company": company_ref(company),
        "site": company["site"],
        "title": ("Office Manager", "Owner", "Accountant", "Engineer")[index % 4],
        "inactiveFlag": index % 17 == 16,
        "defaultFlag": index % 2 == 0,
        "defaultPhoneType": "Direct",
        "defaultPhoneNbr": f"55502{index:05d}",
        "types": [{"id": kind["id"], "name": kind["description"]}],
        "communicationItems": [
            {
                "id": 7000 + index,
                "type": {"id": 1, "name": "Email"},
                "value": f"{first}.{last}@{company['website'].removeprefix('www.')}".lower(),
                "defaultFlag": True,
                "communicationType": "Email",
            }
        ],
        "unsubscribeFlag": False,
    }


def _configuration(maker: Maker, index: int) -> Row:
    company = maker.tables["companies"][index // 2]
    kind = maker.tables["configurationTypes"][index % 5]
    return {
        "id": 3000 + index,
        "name": f"{company['identifier'][:8].upper()}-{kind['name'].split()[-1][:3].upper()}{index:04d}",
        "type": ref(kind),
        "status": {"id": 1, "name": "Active"} if index % 8 else {"id": 2, "name": "Inactive"},
        "company": company_ref(company),
        "site": company["site"],
        "locationId": company["territory"]["id"],
        "location": company["territory"],
        "serialNumber": f"SN{index:07d}",
        "activeFlag": bool(index % 8),
        "billFlag": False,
        "installationDate": maker.moment(),
    }


def _agreement(maker: Maker, index: int) -> Row:
    company = maker.tables["companies"][1 + index]
    contact = maker.tables["contacts"][(1 + index) * 2]
    kind = ("Managed Services", "Block Time", "Backup", "Co-managed")[index % 4]
    return {
        "id": 400 + index,
        "name": f"{kind} - {company['name']}",
        "type": {"id": 1 + index % 4, "name": kind},
        "company": company_ref(company),
        "contact": {"id": contact["id"], "name": f"{contact['firstName']} {contact['lastName']}"},
        "location": company["territory"],
        "startDate": maker.moment(),
        "noEndingDateFlag": index % 3 != 0,
        "cancelledFlag": index % 15 == 14,
        "billAmount": float(100 + 25 * index),
        "agreementStatus": "Cancelled" if index % 15 == 14 else "Active",
    }


def _catalog_item(maker: Maker, index: int) -> Row:
    price = float(maker.chance.randrange(5, 900))
    return {
        "id": 800 + index,
        "identifier": f"BW-{index:03d}",
        "description": f"Sandbox product {index}",
        "customerDescription": f"Product {index}",
        "inactiveFlag": index % 20 == 19,
        "subcategory": {"id": 1, "name": "Licences"},
        "type": {"id": 1, "name": "Software"},
        "productClass": "NonInventory",
        "price": price,
        "cost": round(price * 0.7, 2),
        "taxableFlag": True,
        "recurringFlag": index % 2 == 0,
    }
