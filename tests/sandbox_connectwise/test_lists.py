"""Paging, ordering and fields, and a data set that looks like a real provider's."""

from collections import Counter

import pytest

from bot.sandbox.connectwise import ConnectWiseSite
from bot.sandbox.connectwise.world import build
from tests.sandbox_connectwise.conftest import Client


async def test_a_page_has_25_records_unless_asked(client: Client) -> None:
    first = (await client.api("/company/companies")).json
    second = (await client.api("/company/companies", page=2)).json
    assert len(first) == len(second) == 25
    assert not {row["id"] for row in first} & {row["id"] for row in second}


async def test_pages_together_are_the_whole_list(client: Client) -> None:
    pages = [(await client.api("/company/companies", page=page, pageSize=100)).json for page in range(1, 6)]
    assert [len(page) for page in pages] == [100, 100, 100, 36, 0]


@pytest.mark.parametrize(
    ("name", "value"), [("pageSize", "1001"), ("pageSize", "0"), ("page", "-1"), ("page", "x")]
)
async def test_a_page_that_cannot_be_is_an_invalid_object(client: Client, name: str, value: str) -> None:
    reply = await client.api("/company/companies", None, **{name: value})
    assert (reply.status, reply.json["code"]) == (400, "InvalidObject")
    assert reply.json["errors"][0]["field"] == name


async def test_lists_are_ordered_as_asked(client: Client) -> None:
    rows = (await client.api("/company/companies", orderBy="status/name desc, name asc", pageSize=1000)).json
    names = [row["status"]["name"] for row in rows]
    assert names == sorted(names, reverse=True)
    active = [row["name"].casefold() for row in rows if row["status"]["name"] == "Active"]
    assert active == sorted(active)


async def test_only_the_fields_asked_for_come(client: Client) -> None:
    rows = (await client.api("/company/companies", fields="id,status/name,types/name", pageSize=2)).json
    assert [set(row) for row in rows] == [{"id", "status", "types"}] * 2
    assert set(rows[1]["status"]) == {"name"}
    assert all(set(kind) == {"name"} for row in rows for kind in row["types"])


async def test_a_record_is_found_by_its_id_with_the_fields_asked_for(client: Client) -> None:
    assert (await client.api("/system/apiMembers/230", fields="identifier")).json == {"identifier": "Rewst"}


async def test_the_api_member_is_found_by_its_identifier(client: Client) -> None:
    rows = (await client.api("/system/apiMembers", conditions='identifier="rewst"')).json
    assert [row["identifier"] for row in rows] == ["Rewst"]
    assert rows[0]["securityRole"]["name"] == "Rewst API"
    assert rows[0]["structureLevel"]["name"] == "Corporate (Level 1)"
    assert rows[0]["excludedServiceBoardIds"] == []


async def test_paths_do_not_care_for_capitals(client: Client) -> None:
    assert (await client.api("/system/APIMembers/count")).json == {"count": 4}


async def test_an_address_that_is_too_long_is_refused(client: Client) -> None:
    reply = await client.api("/company/companies", conditions='name="' + "x" * 2000 + '"')
    assert reply.status == 414


async def test_boards_have_statuses_types_subtypes_and_items(client: Client) -> None:
    boards = (await client.api("/service/info/boards", pageSize=1000)).json
    assert len(boards) == 12
    assert len((await client.api("/service/info/boards/active", pageSize=1000)).json) == 11
    for kind in ("types", "subtypes", "items"):
        rows = (await client.api(f"/service/boards/3/{kind}", pageSize=1000)).json
        assert rows
        assert {row["board"]["name"] for row in rows} == {"Onboarding"}
    statuses = (await client.api("/service/boards/3/statuses", pageSize=1000)).json
    assert {row["name"] for row in statuses if row["closedStatus"]} == {"Closed", "Cancelled"}
    infos = (await client.api("/service/boards/3/statuses/info", pageSize=1000)).json
    assert [row["closedFlag"] for row in infos] == [row["closedStatus"] for row in statuses]
    assert "board" not in infos[0]


async def test_subtypes_belong_to_types_of_their_board(client: Client) -> None:
    types = {row["id"] for row in (await client.api("/service/boards/3/types")).json}
    for row in (await client.api("/service/boards/3/subtypes")).json:
        assert set(row["typeAssociationIds"]) <= types


async def test_a_status_may_be_deleted_from_the_boards(client: Client, site: ConnectWiseSite) -> None:
    site.set(board_status_deleted=True)
    names = {row["name"] for row in (await client.api("/service/boards/1/statuses")).json}
    assert "In Progress" not in names


@pytest.mark.parametrize("mood", ["renamed", "deleted"])
async def test_without_the_status_active_the_usual_filter_matches_nothing(
    client: Client, site: ConnectWiseSite, mood: str
) -> None:
    site.set(company_status=mood)
    assert await client.names('deletedFlag=false AND status/name="Active"') == []
    assert len(await client.names("")) == 336
    listed = {row["id"] for row in (await client.api("/company/companies/statuses")).json}
    used = {row["status"]["id"] for row in (await client.api("/company/companies", pageSize=1000)).json}
    assert used <= listed


async def test_without_the_type_client_the_usual_child_conditions_match_nothing(
    client: Client, site: ConnectWiseSite
) -> None:
    site.set(company_type="renamed")
    assert await client.names("", childConditions='types/name LIKE "Client*"') == []
    assert len(await client.names("", childConditions='types/name LIKE "Managed*"')) > 100


async def test_there_may_be_no_companies(client: Client, site: ConnectWiseSite) -> None:
    site.set(no_companies=True)
    assert (await client.api("/company/companies/count")).json == {"count": 0}


def test_the_data_set_is_the_same_at_every_start() -> None:
    assert build.__wrapped__(1).tables == build.__wrapped__(1).tables
    assert build.__wrapped__(1).tables != build.__wrapped__(2).tables


def test_identifiers_are_unique() -> None:
    tables = build().tables
    for name, rows in tables.items():
        ids = Counter(row["id"] for row in rows if "id" in row)
        assert not [key for key, count in ids.items() if count > 1], name
    assert len({row["identifier"] for row in tables["companies"]}) == len(tables["companies"]) == 336
    assert len({row["identifier"] for row in tables["members"]}) == 25


def test_the_provider_has_customers_of_every_kind() -> None:
    companies = build().tables["companies"]
    assert {row["status"]["name"] for row in companies} >= {
        "Active",
        "Inactive",
        "Not Approved",
        "Credit Hold",
    }
    assert {kind["name"] for row in companies for kind in row["types"]} >= {"Client", "Prospect", "Vendor"}
    assert {row["deletedFlag"] for row in companies} == {True, False}
