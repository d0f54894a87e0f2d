"""What a role, a level and a board restriction let the API member see."""

from typing import Any

import pytest

from bot.sandbox.connectwise import ConnectWiseSite
from bot.sandbox.connectwise.grid import COLUMNS, FUNCTIONS, LEAST, parse_right
from tests.sandbox_connectwise.conftest import Client

FORBIDDEN = {
    "code": "Security",
    "message": "You do not have security permission to perform this action.",
    "errors": None,
}
PROBES = {
    "/company/companies": "Companies/Company Maintenance",
    "/company/configurations": "Companies/Configurations",
    "/company/contacts": "Companies/Contacts",
    "/service/tickets": "Service Desk/Service Tickets",
    "/service/boards": "System/Table Setup",
    "/service/priorities": "System/Table Setup",
    "/company/companies/statuses": "System/Table Setup",
    "/time/workRoles": "System/Table Setup",
    "/project/projects": "Project/Project Headers",
    "/project/tickets": "Project/Project Ticket",
    "/time/entries": "Time & Expense/Time Entry",
    "/finance/agreements": "Finance/Agreements",
    "/procurement/catalog": "Procurement/Product Catalog",
    "/system/members": "System/Member Maintenance",
    "/system/apiMembers": "System/Member Maintenance",
    "/system/securityroles": "System/Security Roles",
    "/system/securityRoles/66/settings": "System/Security Roles",
}
ALWAYS = (
    "/system/info",
    "/system/mySecurity",
    "/system/myMembers",
    "/system/myMembers/info",
    "/system/info/members",
    "/service/info/boards",
    "/service/boards/1/statuses/info",
)
NEVER_GRANTED = {"Procurement/Product Catalog", "System/Security Roles"}


async def security(client: Client) -> dict[str, dict[str, Any]]:
    """The rows of mySecurity by module and function."""
    rows = (await client.api("/system/mySecurity", pageSize=1000)).json
    return {f"{row['moduleName']}/{row['moduleFunctionName']}": row for row in rows}


def levels(row: dict[str, Any]) -> tuple[str | None, ...]:
    return tuple(row[f"{column}Level"] for column in COLUMNS)


async def test_the_role_grants_the_least_privilege_list_and_nothing_else(client: Client) -> None:
    rows = await security(client)
    assert len(rows) == len(FUNCTIONS)
    assert len(LEAST) == 20
    for key, row in rows.items():
        wanted = LEAST.get(key)
        expected = ("None",) * 4 if wanted is None else tuple(getattr(wanted, column) for column in COLUMNS)
        assert tuple(level or "None" for level in levels(row)) == expected, key


async def test_reports_have_an_inquire_level_only(client: Client) -> None:
    assert levels((await security(client))["Finance/Reports"]) == (None, None, None, "None")


async def test_my_security_comes_in_pages_of_25_unless_asked(client: Client) -> None:
    assert len((await client.api("/system/mySecurity")).json) == 25


async def test_my_security_names_the_member_that_asks(client: Client) -> None:
    row = (await security(client))["System/Table Setup"]
    assert row["member"] == {"id": 230, "identifier": "Rewst", "name": "Rewst"}
    assert (row["moduleIdentifier"], row["moduleFunctionIdentifier"]) == ("System", "TableSetup")
    assert row["customFlag"] is True


@pytest.mark.parametrize(("path", "function"), PROBES.items())
async def test_each_path_is_governed_by_its_function(
    client: Client, site: ConnectWiseSite, path: str, function: str
) -> None:
    granted = await client.api(path, pageSize=1, fields="id")
    assert granted.status == (403 if function in NEVER_GRANTED else 200)
    site.set(rights_excess=[f"{function}/inquire"])
    assert (await client.api(path, pageSize=1, fields="id")).status == 200
    site.set(rights_missing=[f"{function}/inquire"])
    refused = await client.api(path, pageSize=1, fields="id")
    assert (refused.status, refused.json) == (403, FORBIDDEN)


@pytest.mark.parametrize("path", ALWAYS)
async def test_some_paths_ask_for_no_right(client: Client, site: ConnectWiseSite, path: str) -> None:
    site.set(role="nothing")
    assert (await client.api(path)).status == 200


async def test_a_right_that_is_taken_away_shows_in_my_security(client: Client, site: ConnectWiseSite) -> None:
    site.set(rights_missing=["Service Desk/Service Tickets/add", "Finance/Agreements"])
    rows = await security(client)
    assert levels(rows["Service Desk/Service Tickets"]) == ("None", "All", "None", "All")
    assert levels(rows["Finance/Agreements"]) == ("None",) * 4


async def test_a_right_beyond_the_list_shows_in_my_security(client: Client, site: ConnectWiseSite) -> None:
    site.set(rights_excess=["Finance/Invoicing", "Companies/Contacts/delete"])
    rows = await security(client)
    assert levels(rows["Finance/Invoicing"]) == ("All",) * 4
    assert levels(rows["Companies/Contacts"]) == ("All",) * 4


async def test_my_instead_of_all_answers_with_fewer_records_and_no_error(
    client: Client, site: ConnectWiseSite
) -> None:
    paths = ("/company/companies", "/service/tickets", "/project/projects", "/time/entries")
    every = {path: (await client.api(f"{path}/count")).json["count"] for path in paths}
    site.set(
        rights_my=[f"{PROBES[path]}/inquire" for path in paths],
    )
    assert levels((await security(client))["Companies/Company Maintenance"]) == ("None", "None", "None", "My")
    for path in paths:
        mine = (await client.api(f"{path}/count")).json["count"]
        assert 0 < mine < every[path] / 10
    owners = {
        row["owner"]["identifier"] for row in (await client.api("/service/tickets", pageSize=1000)).json
    }
    assert owners == {"Rewst"}


async def test_levels_that_were_not_all_do_not_become_my(client: Client, site: ConnectWiseSite) -> None:
    site.set(rights_my=["System/Member Maintenance"])
    assert levels((await security(client))["System/Member Maintenance"]) == ("None", "None", "None", "My")


async def test_the_two_connecting_rows_suffice_for_members_and_companies(
    client: Client, site: ConnectWiseSite
) -> None:
    site.set(role="connect")
    assert (await client.api("/system/members")).status == 200
    assert (await client.api("/company/companies")).status == 200
    assert (await client.api("/service/tickets")).status == 403


async def test_an_administrators_role_is_all_everywhere(client: Client, site: ConnectWiseSite) -> None:
    site.set(role="admin")
    rows = await security(client)
    assert {level for row in rows.values() for level in levels(row)} == {"All", None}
    me = (await client.api("/system/myMembers")).json
    assert (me["adminFlag"], me["securityRole"]["name"]) == (True, "Admin")


async def test_the_admin_member_has_keys_and_rights_of_its_own(client: Client, site: ConnectWiseSite) -> None:
    site.set(role="nothing", my_security="refused")
    assert (await client.as_admin("/system/myMembers")).json["identifier"] == "SiteAdmin"
    assert (await client.as_admin("/finance/invoices")).status == 200
    assert (await client.as_admin("/system/mySecurity")).status == 200


@pytest.mark.parametrize(("mood", "status"), [("refused", 403), ("missing", 404)])
async def test_my_security_may_be_refused_or_missing(
    client: Client, site: ConnectWiseSite, mood: str, status: int
) -> None:
    site.set(my_security=mood)
    assert (await client.api("/system/mySecurity")).status == status
    assert (await client.api("/system/mySecurity/customizeItems/")).status == status
    assert (await client.api("/company/companies")).status == 200


async def test_my_security_may_speak_of_a_level_of_a_new_kind(client: Client, site: ConnectWiseSite) -> None:
    site.set(my_security="new_levels")
    assert {row["addLevel"] for row in (await security(client)).values()} == {"Team", "My", "None", None}


async def test_what_customize_leaves_may_be_listed_by_number(client: Client, site: ConnectWiseSite) -> None:
    site.set(customized_as="numbers")
    rows = (await client.api("/system/mySecurity/customizeItems/", pageSize=1000)).json
    assert all(row["itemIdentifier"].isdigit() for row in rows)


async def test_my_security_may_be_empty(client: Client, site: ConnectWiseSite) -> None:
    site.set(my_security="empty")
    assert (await client.api("/system/mySecurity")).json == []


async def test_functions_may_be_spelt_in_other_ways(client: Client, site: ConnectWiseSite) -> None:
    site.set(spelling="variant")
    rows = await security(client)
    assert levels(rows["Projects/Project Tickets – Dependencies"]) == ("All", "All", "None", "All")
    assert levels(rows["Service Desk/Service Tickets - Dependancies"]) == ("All", "All", "None", "All")
    assert levels(rows["Time & Expenses/Time Entry"]) == ("All", "All", "My", "All")
    assert "Project/Project Ticket" not in rows


async def test_role_settings_are_read_by_whoever_may_read_roles(
    client: Client, site: ConnectWiseSite
) -> None:
    role = (await client.as_admin("/system/securityroles", conditions='name="Rewst API"')).json[0]
    settings = await client.as_admin(f"/system/securityRoles/{role['id']}/settings", pageSize=1000)
    mine = (await client.api("/system/mySecurity", pageSize=1000)).json
    assert [levels(row) for row in settings.json] == [levels(row) for row in mine]


@pytest.mark.parametrize(
    ("mood", "boards", "priorities"),
    [
        ("all", 200, 200),
        ("no_service_board", 403, 200),
        ("only_service_board", 200, 403),
        ("nothing", 403, 403),
    ],
)
async def test_table_setup_may_be_narrowed_to_tables(
    client: Client, site: ConnectWiseSite, mood: str, boards: int, priorities: int
) -> None:
    site.set(table_setup=mood)
    assert (await client.api("/service/boards")).status == boards
    assert (await client.api("/service/boards/1/statuses")).status == boards
    assert (await client.api("/service/priorities")).status == priorities
    items = (await client.api("/system/mySecurity/customizeItems/", pageSize=1000)).json
    tables = {row["itemIdentifier"] for row in items if row["customizeIdentifier"] == "SystemTableSetup"}
    assert ("Service / Service Board" in tables) is (boards == 200)
    assert ("Service / Priority" in tables) is (priorities == 200)


async def test_customize_items_insists_on_its_closing_slash(client: Client) -> None:
    assert (await client.api("/system/mySecurity/customizeItems")).status == 404


async def test_a_lower_level_hides_companies_and_what_belongs_to_them(
    client: Client, site: ConnectWiseSite
) -> None:
    counts: dict[str, list[int]] = {}
    for level in ("corporate", "region", "location"):
        site.set(level=level, location="Millbrook")
        for path in ("/company/companies", "/company/contacts", "/service/tickets", "/finance/agreements"):
            counts.setdefault(path, []).append((await client.api(f"{path}/count")).json["count"])
    for path, (corporate, region, location) in counts.items():
        assert corporate > region > location > 0, path
    places = {
        row["territory"]["name"] for row in (await client.api("/company/companies", pageSize=1000)).json
    }
    assert places == {"Millbrook"}
    row = (await client.api("/system/apiMembers", conditions='identifier="Rewst"')).json[0]
    assert row["structureLevel"]["name"] == "Location (Level 3)"
    assert row["securityLocation"]["name"] == "Millbrook"


async def test_restricted_boards_are_hidden_with_their_tickets(client: Client, site: ConnectWiseSite) -> None:
    site.set(hidden_boards=["Help Desk", "Security"])
    for path in ("/service/boards", "/service/info/boards"):
        names = {row["name"] for row in (await client.api(path, pageSize=1000)).json}
        assert len(names) == 10
        assert not names & {"Help Desk", "Security"}
    assert (await client.api("/service/boards/1")).status == 404
    assert (await client.api("/service/boards/1/statuses")).json == []
    assert (await client.api("/service/tickets/count", conditions="board/id=1")).json == {"count": 0}
    member = (await client.api("/system/apiMembers", conditions='identifier="Rewst"')).json[0]
    assert member["excludedServiceBoardIds"] == [1, 5]


async def test_ones_own_account_is_read_by_id_and_nobody_elses(client: Client, site: ConnectWiseSite) -> None:
    assert (await client.api("/system/myAccount/230", fields="identifier")).json == {"identifier": "Rewst"}
    assert (await client.api("/system/myAccount/231")).status == 404
    site.set(rights_missing=["System/My Account"])
    assert (await client.api("/system/myAccount/230")).status == 403


async def test_a_member_may_be_flagged_inactive_and_still_be_answered(
    client: Client, site: ConnectWiseSite
) -> None:
    site.set(member="flagged", license_class="F")
    me = (await client.api("/system/myMembers/info")).json
    assert (me["inactiveFlag"], me["licenseClass"]) == (True, "F")
    assert "securityRole" not in me


@pytest.mark.parametrize("text", ["System/Nothing", "Table Setup", "System/Table Setup/read", ""])
def test_a_right_that_does_not_exist_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="has no function"):
        parse_right(text)


def test_a_function_with_a_slash_in_its_name_is_understood() -> None:
    assert parse_right("Companies/Company/Contact Group Maintenance/edit") == (
        "Companies/Company/Contact Group Maintenance",
        ("edit",),
    )
