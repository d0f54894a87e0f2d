"""The least-privilege list itself, and the sheets made from it."""

import csv
import io

import pytest

from bot.domain.instance import Profile
from bot.domain.rights import COLUMNS, LEVELS, load_matrix, role_sheet, role_sheet_csv, rows_for

# Module, function, then add, edit, delete and inquire by their first letters, in the grid's order.
THE_LIST = """
Companies|Company Maintenance|NNNA
Companies|Configurations|AANA
Companies|Contacts|AANA
Companies|Manage Attachments|MMMA
Companies|Team Members|NNNA
Finance|Agreements|NNNA
Finance|Billing View Time|NANA
Project|Close Project Tickets|NANA
Project|Project Headers|AAAA
Project|Project Ticket|AANA
Project|Project Ticket - Dependancies|AANA
Service Desk|Close Service Tickets|NANA
Service Desk|Merge Tickets|AANA
Service Desk|Service Ticket – Dependencies|AANA
Service Desk|Service Tickets|AANA
System|Member Maintenance|NNNA
System|My Account|MMMM
System|Table Setup|ANNA
Time & Expense|Time Entry|AAMA
Time & Expense|Time Entry Billable Option|AAMA
"""


def test_the_full_list_is_the_published_one_in_the_order_of_the_grid() -> None:
    lines = [
        f"{it.module}|{it.function}|" + "".join(it.level(column)[0] for column in COLUMNS)
        for it in rows_for(Profile.FULL)
    ]
    assert lines == THE_LIST.split("\n")[1:-1]


def test_connecting_takes_two_rows() -> None:
    assert [(it.module, it.function, it.required_for) for it in rows_for(Profile.CONNECT)] == [
        ("Companies", "Company Maintenance", "authentication"),
        ("System", "Member Maintenance", "authentication"),
    ]


def test_without_projects_the_project_module_is_left_out_and_nothing_else() -> None:
    left_out = set(rows_for(Profile.FULL)) - set(rows_for(Profile.NO_PROJECTS))
    assert {it.module for it in left_out} == {"Project"}
    assert len(left_out) == 4


def test_without_time_its_module_and_the_billing_of_time_are_left_out_and_nothing_else() -> None:
    left_out = set(rows_for(Profile.FULL)) - set(rows_for(Profile.NO_TIME))
    assert {it.function for it in left_out} == {
        "Billing View Time",
        "Time Entry",
        "Time Entry Billable Option",
    }


def test_every_row_says_in_one_sentence_what_it_is_for() -> None:
    for row in load_matrix().rows:
        assert row.why.endswith(".")
        assert 20 < len(row.why) < 130
        assert {row.level(it) for it in COLUMNS} <= set(LEVELS)


@pytest.mark.parametrize("profile", Profile)
def test_the_sheet_holds_the_rows_of_the_profile_module_by_module(profile: Profile) -> None:
    sheet = role_sheet(profile)
    assert tuple(row for module in sheet for row in module.rows) == rows_for(profile)
    modules = [it.module for it in sheet]
    assert modules == [it for it in load_matrix().modules if it in modules]
    assert all(row.module == module.module for module in sheet for row in module.rows)


@pytest.mark.parametrize("profile", Profile)
def test_the_sheet_for_spreadsheets_reads_back_as_the_rows(profile: Profile) -> None:
    heading, *lines = csv.reader(io.StringIO(role_sheet_csv(profile)))
    assert heading == ["Module", "Function", "Add", "Edit", "Delete", "Inquire", "Needed for", "Why"]
    assert [tuple(it[:6]) for it in lines] == [
        (row.module, row.function, *(row.level(it) for it in COLUMNS)) for row in rows_for(profile)
    ]
