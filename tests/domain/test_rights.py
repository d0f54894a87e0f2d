"""A security role held against the least-privilege list."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.instance import Profile
from bot.domain.report import Rights
from bot.domain.rights import (
    COLUMNS,
    LEVELS,
    Column,
    CustomizeItem,
    Row,
    SecurityRow,
    admin_like,
    compare,
    customize_notes,
    load_matrix,
    load_tables,
    missing_by_module,
    rows_for,
)

FULL = rows_for(Profile.FULL)
CASES: tuple[Callable[[str], str], ...] = (str, str.upper, str.lower, str.title)


def granted(rows: tuple[Row, ...] = FULL) -> list[SecurityRow]:
    """What ConnectWise would answer for a role clicked exactly like these rows."""
    return [SecurityRow(it.module, it.function, *(it.level(column) for column in COLUMNS)) for it in rows]


def changed(at: int, column: Column, level: str | None) -> list[SecurityRow]:
    rows = granted()
    levels = {it: getattr(rows[at], it) for it in COLUMNS} | {column: level}
    rows[at] = SecurityRow(rows[at].module, rows[at].function, **levels)
    return rows


@pytest.mark.parametrize("profile", Profile)
def test_a_role_clicked_exactly_like_the_profile_lacks_nothing_and_has_nothing_beyond_it(
    profile: Profile,
) -> None:
    audit = compare(granted(rows_for(profile)), profile)
    assert audit.rights == Rights()
    assert audit.unmatched_expected == audit.unreadable == ()


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("row", FULL, ids=lambda it: f"{it.module} {it.function}")
def test_any_level_of_any_row_set_lower_or_higher_is_found_as_exactly_that(row: Row, column: Column) -> None:
    want = row.level(column)
    for have in LEVELS:
        rights = compare(changed(FULL.index(row), column, have), Profile.FULL).rights
        below, above = (LEVELS.index(have) < LEVELS.index(want), LEVELS.index(have) > LEVELS.index(want))
        assert [len(rights.missing), len(rights.excess)] == [below, above]
        for found in rights.missing + rights.excess:
            place = (found.module, found.function, found.level)
            assert place == (row.module, row.function, column)
            assert (found.have, found.want) == (have, want)


def number_of(word: str) -> str:
    """The plural of a singular, and the singular of a plural."""
    if len(word) <= 3 or not word.isalpha() or word.endswith("ss"):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith("y"):
        return f"{word[:-1]}ies"
    return word[:-1] if word.endswith("s") else f"{word}s"


@st.composite
def spellings(draw: st.DrawFn, name: str) -> str:
    """Another way in which a release may write a name."""
    flip = draw(st.booleans())
    words = [number_of(word) if flip and draw(st.booleans()) else word for word in name.split()]
    text = draw(st.sampled_from([" ", "  ", "\u00a0"])).join(words)
    for old, new in (
        ("&", "and"),
        ("-", draw(st.sampled_from("–—‐-"))),
        ("ancies", "encies"),
        ("ancy", "ency"),
    ):
        text = text.replace(old, new) if draw(st.booleans()) else text
    return draw(st.sampled_from(CASES))(text)


@pytest.mark.parametrize("row", FULL, ids=lambda it: f"{it.module} {it.function}")
@given(data=st.data())
@settings(max_examples=20)
def test_a_row_is_recognized_however_its_name_is_written(row: Row, data: st.DataObject) -> None:
    written = SecurityRow(
        data.draw(spellings(row.module)),
        data.draw(spellings(row.function)),
        *(row.level(it) for it in COLUMNS),
    )
    rest = [it for it in granted() if it.function != row.function]
    assert compare([*rest, written], Profile.FULL).rights == Rights()


@given(st.data())
@settings(max_examples=40)
def test_any_mixture_of_levels_is_missing_where_lower_and_excess_where_higher(data: st.DataObject) -> None:
    levels = [[data.draw(st.sampled_from(LEVELS)) for _ in COLUMNS] for _ in FULL]
    rows = [
        SecurityRow(data.draw(spellings(it.module)), data.draw(spellings(it.function)), *own)
        for it, own in zip(FULL, levels, strict=True)
    ]
    rights = compare(data.draw(st.permutations(rows)), Profile.FULL).rights
    cells = [
        (row.module, row.function, column, LEVELS.index(have) - LEVELS.index(row.level(column)))
        for row, own in zip(FULL, levels, strict=True)
        for column, have in zip(COLUMNS, own, strict=True)
    ]
    assert [(it.module, it.function, it.level) for it in rights.missing] == [c[:3] for c in cells if c[3] < 0]
    assert [(it.module, it.function, it.level) for it in rights.excess] == [c[:3] for c in cells if c[3] > 0]


def test_my_where_all_is_needed_is_told_apart_because_connectwise_answers_without_an_error() -> None:
    audit = compare(
        [
            SecurityRow("Companies", "Company Maintenance", inquire="My"),
            SecurityRow("System", "Member Maintenance"),
        ],
        Profile.CONNECT,
    )
    assert [(it.function, it.have) for it in audit.rights.missing] == [
        ("Company Maintenance", "My"),
        ("Member Maintenance", "None"),
    ]
    assert [it.function for it in audit.my_instead_of_all] == ["Company Maintenance"]


@pytest.mark.parametrize(
    ("module", "function"),
    [
        ("SERVICE DESK", "service ticket - dependencies"),
        ("Service  Desk", "Service Tickets – Dependencies"),
        ("Service Desk", "Service Ticket — Dependancies"),
        ("Service Desk", "Service Tickets-Dependency"),
        ("Projects", "Project Tickets – Dependencies"),
        ("project", "Project Ticket - Dependancies"),
        ("Projects", "Project Tickets"),
        ("Project", "Project Header"),
        ("Projects", "Close Project Ticket"),
        ("Time & Expenses", "Time Entry"),
        ("Time and Expense", "Time Entries"),
        ("Time &amp; Expense".replace("&amp;", "＆"), "Time Entry Billable Options"),
        ("Time & Expense(s)", " Time\u00a0Entry "),
        ("Company", "Contact"),
        ("Finance", "Agreement"),
    ],
)
def test_a_row_is_recognized_in_its_spelling_variants(module: str, function: str) -> None:
    audit = compare([SecurityRow(module, function, "All", "All", "All", "All")], Profile.FULL)
    assert len(audit.unmatched_expected) == len(FULL) - 1
    known = {(it.module, it.function) for it in FULL}
    assert {(it.module, it.function) for it in audit.rights.excess} <= known


def test_folding_keeps_the_rows_of_the_list_apart() -> None:
    assert len({it.key for it in FULL}) == len(FULL) == 20


def test_a_function_that_comes_twice_counts_with_the_higher_level_of_each_column() -> None:
    rows = [it for it in granted() if it.function != "Contacts"]
    halves = [
        SecurityRow("Companies", "Contacts", add="All", inquire="My"),
        SecurityRow("Companies", "Contact", edit="All", inquire="All"),
    ]
    assert compare(rows + halves, Profile.FULL).rights == Rights()
    assert compare([*halves[::-1], *rows], Profile.FULL).rights == Rights()


def test_a_function_on_no_list_is_excess_only_where_it_grants_something() -> None:
    unknown = [
        SecurityRow("Sales", "Opportunities", add="None", edit="My", delete=None, inquire="All"),
        SecurityRow("Sales", "Commissions", add="None", edit=None, delete="", inquire="none"),
    ]
    audit = compare(granted() + unknown, Profile.FULL)
    assert [(it.function, it.level, it.have, it.want) for it in audit.rights.excess] == [
        ("Opportunities", "edit", "My", "None"),
        ("Opportunities", "inquire", "All", "None"),
    ]
    assert audit.excess_within_full == ()


def test_excess_stands_in_the_order_of_the_grid() -> None:
    extra = [
        SecurityRow("Unheard Of", "Something", inquire="All"),
        SecurityRow("Sales", "Opportunities", inquire="All"),
        SecurityRow("Finance", "Invoicing", inquire="All"),
        SecurityRow("Companies", "Notes", inquire="All"),
        SecurityRow("Time & Expenses", "Expense Reports", inquire="All"),
    ]
    found = [it.function for it in compare(granted() + extra, Profile.FULL).rights.excess]
    assert found == ["Notes", "Invoicing", "Opportunities", "Expense Reports", "Something"]


def test_excess_that_the_full_list_grants_is_marked_so_that_it_can_be_folded_away() -> None:
    rows = granted()
    rows.append(SecurityRow("Sales", "Opportunities", inquire="All"))
    audit = compare(rows, Profile.CONNECT)
    assert audit.rights.missing == ()
    beyond = [it for it in audit.rights.excess if it not in audit.excess_within_full]
    assert [(it.function, it.why) for it in beyond] == [("Opportunities", "")]
    assert audit.excess_within_full
    assert all(it.why for it in audit.excess_within_full)


@pytest.mark.parametrize("odd", ["Some", "ALLES", "2", "All,My"])
def test_a_row_with_a_level_that_is_not_understood_is_ignored_and_nothing_is_claimed_about_it(
    odd: str,
) -> None:
    at = next(i for i, it in enumerate(FULL) if it.function == "Contacts")
    audit = compare([*changed(at, "add", odd), SecurityRow("Sales", "New", "All", odd, "All")], Profile.FULL)
    assert audit.rights == Rights()
    assert [it.function for it in audit.unreadable] == ["Contacts"]
    assert audit.unmatched_expected == ()


def test_levels_are_read_whatever_their_capitals() -> None:
    rows = [
        replace(it, inquire=(it.inquire or "").upper(), add=f" {(it.add or '').lower()} ") for it in granted()
    ]
    assert compare(rows, Profile.FULL).rights == Rights()


def test_a_row_that_connectwise_does_not_mention_is_missing_and_said_to_be_unmentioned() -> None:
    audit = compare(granted(FULL[1:]), Profile.FULL)
    assert audit.unmatched_expected == FULL[:1]
    assert {it.function for it in audit.rights.missing} == {FULL[0].function}


def test_what_is_missing_is_grouped_the_way_the_grid_is_clicked() -> None:
    gaps = missing_by_module(compare([], Profile.NO_TIME).rights)
    assert [it.module for it in gaps] == ["Companies", "Finance", "Project", "Service Desk", "System"]
    assert [it.function for it in gaps[1].functions] == ["Agreements"]
    contacts = next(it for it in gaps[0].functions if it.function == "Contacts")
    assert [it.level for it in contacts.findings] == ["add", "edit", "inquire"]
    assert contacts.why


def test_the_role_of_the_list_is_no_administrators_role() -> None:
    assert not admin_like(granted())
    assert not admin_like([])


@pytest.mark.parametrize("function", ["Security Roles", "Member Maintenance", "security role"])
def test_a_role_that_may_change_roles_or_members_is_like_an_administrators(function: str) -> None:
    assert admin_like([*granted(), SecurityRow("System", function, edit="All")])
    assert not admin_like([*granted(), SecurityRow("System", function, inquire="All")])


def test_a_role_with_all_on_nearly_everything_is_like_an_administrators() -> None:
    everything = [SecurityRow("Sales", f"Function {it}", "All", "All", "All", "All") for it in range(100)]
    nothing = [SecurityRow("Procurement", f"Function {it}") for it in range(100)]
    assert admin_like(everything + nothing[:20])
    assert not admin_like(everything + nothing)
    assert not admin_like(everything[:10])


def test_table_setup_that_is_not_customized_hides_nothing() -> None:
    assert customize_notes([]) == ()
    assert (
        customize_notes(
            [CustomizeItem("SystemMyAccount", "Anything"), CustomizeItem("SystemTableSetup", " ")]
        )
        == ()
    )


def test_needed_tables_that_a_customized_table_setup_does_not_name_are_told() -> None:
    items = [
        CustomizeItem("SystemTableSetup", "Service / Service Board"),
        CustomizeItem("systemtablesetup", "company/company status"),
        CustomizeItem("SystemTableSetup", "Priority"),
    ]
    (note,) = customize_notes(items)
    assert note.function == "Table Setup"
    assert note.understood
    assert [it.table for it in note.hidden] == ["Company / Company Type", "Company / Configuration"]


def test_entries_that_are_bare_numbers_are_not_taken_for_anything() -> None:
    (note,) = customize_notes([CustomizeItem("SystemTableSetup", "17")])
    assert not note.understood
    assert note.hidden == ()


def test_customized_configurations_are_noted_with_their_entries() -> None:
    (note,) = customize_notes([CustomizeItem("CompanyConfigurations", "Managed Server")])
    assert (note.function, note.entries, note.hidden) == ("Configurations", ("Managed Server",), ())


def test_the_table_asked_for_most_often_comes_first() -> None:
    assert load_tables()[0].table == "Service / Service Board"
    assert all(it.why for it in load_tables())


def test_the_list_says_where_it_is_from_and_from_when() -> None:
    assert load_matrix().source
    assert load_matrix().date == "2026-05-26"
    assert load_matrix() is load_matrix()
