"""The conditions language: what it means, and how ConnectWise complains."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.sandbox.connectwise import ConnectWiseSite
from bot.sandbox.connectwise.conditions import Comparison, ConditionError, Group, parse
from bot.sandbox.connectwise.matching import meets
from tests.sandbox_connectwise.conftest import Client

COMPANY = {
    "id": 7,
    "name": "Cedar Foods",
    "status": {"id": 1, "name": "Active"},
    "deletedFlag": False,
    "revenue": 1200.5,
    "fax": None,
    "dateAcquired": "2025-03-01T08:00:00Z",
    "types": [{"id": 1, "name": "Client"}, {"id": 3, "name": "Vendor"}],
}


@pytest.mark.parametrize(
    "text",
    [
        'name="Cedar Foods"',
        "name = 'cedar foods'",
        'name != "Oak"',
        "id=7",
        "id<8 and id<=7 and id>6 and id>=7",
        "revenue>1200",
        "deletedFlag=false",
        "deletedFlag = False",
        "deletedFlag != TRUE",
        'status/name="Active"',
        'STATUS/Name="active"',
        'name like "Cedar*"',
        'name LIKE "%foods"',
        'name like "*dar*oo%"',
        'name not like "Oak*"',
        'name contains "dar f"',
        'name not contains "oak"',
        "id in (1, 7)",
        "id not in (1,2)",
        'name not = "Oak"',
        "id not > 7",
        'status/name in ("Inactive","Active")',
        "fax = null",
        "name != null",
        "missing = null",
        "dateAcquired > [2025-02-28T23:59:59Z]",
        "dateAcquired = [2025-03-01T08:00:00Z]",
        "dateAcquired <= [2025-03-01T08:00:00Z]",
        'id=1 or name="Cedar Foods"',
        'id=7 or id=8 and name="Nobody"',
        '(id=1 or id=7) and (deletedFlag=false and (name contains "cedar"))',
        'types/name like "Client*"',
        'types/name = "Vendor"',
    ],
)
def test_a_condition_that_holds_is_met(text: str) -> None:
    assert meets(COMPANY, parse(text))


@pytest.mark.parametrize(
    "text",
    [
        'name="Cedar"',
        "id=8",
        "id<7",
        "fax > 1",
        "fax < 1",
        'fax like "*"',
        "name = null",
        "fax != null",
        'name like "edar*"',
        'name not like "Cedar*"',
        'name like "Cedar.Foods"',
        "id not in (7)",
        "deletedFlag=true",
        '(id=7 or id=8) and name="Nobody"',
        "dateAcquired < [2025-03-01T08:00:00Z]",
        "name > [2025-03-01T08:00:00Z]",
        'types/name = "Prospect"',
    ],
)
def test_a_condition_that_does_not_hold_is_not_met(text: str) -> None:
    assert not meets(COMPANY, parse(text))


def test_and_binds_more_tightly_than_or() -> None:
    tree = parse("id=1 or id=2 and id=3")
    one, two, three = (Comparison("id", "=", number) for number in (1, 2, 3))
    assert tree == Group("or", (one, Group("and", (two, three))))


def test_a_moment_is_utc() -> None:
    tree = parse("dateAcquired > [2016-08-20T18:04:26Z]")
    assert tree == Comparison("dateAcquired", ">", datetime(2016, 8, 20, 18, 4, 26, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "character", "value"),
    [
        ("name = Active", 8, "Active"),
        ('name ~ "x"', 6, "~"),
        ('name = "open', 8, '"open'),
        ("name", 5, ""),
        ("name =", 7, ""),
        ("(id=1", 6, ""),
        ("id=1)", 5, ")"),
        ("id=1 and", 9, ""),
        ("id=1 id=2", 6, "id"),
        ("id in 1", 7, "1"),
        ("id in (1,)", 10, ")"),
        ("name like 5", 11, "5"),
        ("name not 5", 10, "5"),
        ("not (id=1)", 1, "not"),
        ("date > [2016-08-20]", 8, "[2016-08-20]"),
        ("date > [2016-08-20T18:04:26.5Z]", 8, "[2016-08-20T18:04:26.5Z]"),
        ("date > [2016-02-31T00:00:00Z]", 8, "[2016-02-31T00:00:00Z]"),
        ("= 5", 1, "="),
    ],
)
def test_what_cannot_be_read_is_pointed_at(text: str, character: int, value: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert str(caught.value) == (
        f"Condition Syntax Error (Line 1, Character {character}) - Unrecognized value: {value}"
    )


def test_the_line_of_a_mistake_is_counted() -> None:
    with pytest.raises(ConditionError, match=r"Line 2, Character 7\)"):
        parse("id=1 and\n name Active")


def test_parentheses_without_end_are_refused_instead_of_exhausting_the_parser() -> None:
    with pytest.raises(ConditionError):
        parse("(" * 5000 + "id=1" + ")" * 5000)


async def test_the_default_filter_finds_active_clients(client: Client) -> None:
    reply = await client.api(
        "/company/companies",
        conditions='deletedFlag=false AND status/name="Active"',
        childConditions='types/name LIKE "Client*"',
        pageSize=1000,
    )
    assert 100 < len(reply.json) < 250
    for row in reply.json:
        assert row["status"]["name"] == "Active"
        assert row["deletedFlag"] is False
        assert any(kind["name"].startswith("Client") for kind in row["types"])


async def test_count_and_list_agree(client: Client) -> None:
    conditions = 'territory/name in ("Millbrook","Eastvale") and numberOfEmployees > 100'
    count = await client.api("/company/companies/count", conditions=conditions)
    assert count.json == {"count": len(await client.names(conditions))}
    assert count.json["count"] > 0


async def test_custom_field_conditions_are_about_one_field_at_a_time(client: Client) -> None:
    every = (await client.api("/company/companies", pageSize=1000)).json
    gold = [row["name"] for row in every if _custom(row, "Support Tier") == "Gold"]
    found = await client.names("", customFieldConditions='caption="Support Tier" AND value = "Gold"')
    assert found == gold
    assert await client.names("", customFieldConditions='caption="Seats" AND value = "Gold"') == []


def _custom(row: dict[str, Any], caption: str) -> object:
    return next(entry["value"] for entry in row["customFields"] if entry["caption"] == caption)


async def test_custom_field_conditions_compare_numbers_checkboxes_and_dates(client: Client) -> None:
    every = (await client.api("/company/companies", pageSize=1000)).json

    def expected(caption: str, test: Callable[[Any], bool]) -> list[str]:
        return [row["name"] for row in every if test(_custom(row, caption))]

    cases = {
        'caption="Seats" AND value > 200': expected("Seats", lambda value: value > 200),
        'caption="Rewst Enabled" AND value = true': expected("Rewst Enabled", lambda value: value is True),
        'caption="Contract Review" AND value = null': expected(
            "Contract Review", lambda value: value is None
        ),
        'caption="Contract Review" AND value > [2026-01-01T00:00:00Z]': expected(
            "Contract Review", lambda value: value is not None and value > "2026-01-01T00:00:00Z"
        ),
    }
    for conditions, names in cases.items():
        assert names
        assert await client.names("", customFieldConditions=conditions) == names


@pytest.mark.parametrize(
    ("parameter", "text", "message"),
    [
        ("conditions", "x/y = 1", "x/y is not a recognized name."),
        ("conditions", 'types/name = "Client"', "types/name is not a recognized name."),
        ("conditions", 'status/nam = "Active"', "status/nam is not a recognized name."),
        ("childConditions", 'name = "x"', "name is not a recognized name."),
        ("customFieldConditions", 'label = "x"', "label is not a recognized name."),
        (
            "childConditions",
            'types/name in ("Client")',
            "Condition Syntax Error (Line 1, Character 12) - Unrecognized value: in",
        ),
        (
            "customFieldConditions",
            'caption in ("Seats")',
            "Condition Syntax Error (Line 1, Character 9) - Unrecognized value: in",
        ),
        ("orderBy", "nothing desc", "nothing is not a recognized name."),
        (
            "conditions",
            "name = Active",
            "Condition Syntax Error (Line 1, Character 8) - Unrecognized value: Active",
        ),
    ],
)
async def test_a_filter_that_is_wrong_is_a_400_with_its_reason(
    client: Client, parameter: str, text: str, message: str
) -> None:
    reply = await client.api("/company/companies", None, **{parameter: text})
    assert reply.status == 400
    assert reply.json == {"code": "ApiFindCondition", "message": message, "errors": None}


async def test_a_field_that_every_company_leaves_empty_is_still_a_name(client: Client) -> None:
    assert await client.names('parentCompany/name = "Nobody" or userDefinedField3 != null') == []


async def test_names_are_known_although_a_switch_empties_the_list(
    client: Client, site: ConnectWiseSite
) -> None:
    site.set(no_companies=True)
    assert await client.names('status/name="Active"') == []


async def test_special_characters_survive_percent_encoding(client: Client) -> None:
    assert await client.names('name = "O\'Brien & Sons + 5%"') == []
