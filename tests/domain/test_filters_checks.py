"""A whole filter judged: where its fields belong, what they hold, and how it is mended."""

import pytest

from bot.domain.filters import (
    DEFAULT_FILTER,
    URL_LIMIT,
    URL_RESERVE,
    FilterKind,
    Problem,
    Severity,
    apply_move,
    apply_suggestion,
    check,
    encoded_length,
)
from bot.domain.filters.company import load_fields
from bot.domain.instance import Filter


def only(filter_: Filter) -> Problem:
    (problem,) = check(filter_)
    return problem


@pytest.mark.parametrize(
    "filter_",
    [
        Filter(),
        Filter(conditions="  \n"),
        DEFAULT_FILTER,
        Filter(
            conditions='lastUpdated > [2016-08-20T18:04:26Z] and _info/lastUpdated != null and STATUS/NAME="x"'
        ),
        Filter(conditions="id in (1, 2) and country/identifier = 'NZ' and dateDeleted = null"),
        Filter(child_conditions="types/id = 3 or types/name contains 'x'"),
        Filter(custom_field_conditions="caption='Rewst' and value='yes'"),
    ],
)
def test_a_good_filter_has_no_problems(filter_: Filter) -> None:
    assert check(filter_) == ()


def test_every_text_that_cannot_be_read_is_reported_on_its_own_field() -> None:
    problems = check(
        Filter(conditions="a ==", child_conditions="types/id in (1)", custom_field_conditions="x")
    )
    assert [it.error.field for it in problems] == [
        "conditions",
        "child_conditions",
        "custom_field_conditions",
    ]
    assert all(it.is_error for it in problems)


def test_a_field_in_the_wrong_parameter_can_be_moved_where_it_belongs() -> None:
    typed = Filter(conditions='deletedFlag=false and types/name like "Client*"')
    problem = only(typed)
    assert (problem.key, problem.severity, problem.move_to) == (
        "filter_wrong_parameter",
        Severity.ERROR,
        FilterKind.CHILD,
    )
    assert problem.error.params == {"found": "types/name", "belongs": "the child conditions"}
    moved = apply_move(typed, problem)
    assert moved == Filter(conditions="deletedFlag = false", child_conditions='types/name like "Client*"')
    assert check(moved) == ()


def test_what_is_moved_joins_what_is_there() -> None:
    typed = Filter(conditions="types/id = 3", child_conditions='types/name = "a" or types/name = "b"')
    moved = apply_move(typed, only(typed))
    assert moved == Filter(child_conditions='(types/name = "a" OR types/name = "b") AND types/id = 3')


def test_a_list_is_written_out_when_it_moves_to_where_lists_are_not_known() -> None:
    typed = Filter(conditions="types/id in (3, 4) and id > 7")
    moved = apply_move(typed, only(typed))
    assert moved == Filter(conditions="id > 7", child_conditions="types/id = 3 OR types/id = 4")


def test_a_plain_field_among_child_conditions_moves_to_the_conditions() -> None:
    typed = Filter(child_conditions="types/id = 3 and deletedFlag = false")
    moved = apply_move(typed, only(typed))
    assert moved == Filter(conditions="deletedFlag = false", child_conditions="types/id = 3")


def test_a_caption_takes_its_value_along() -> None:
    typed = Filter(conditions='id > 3 and caption = "Rewst" and value = true')
    problems = check(typed)
    assert [it.move_to for it in problems] == [FilterKind.CUSTOM, FilterKind.CUSTOM]
    for problem in problems:
        moved = apply_move(typed, problem)
        assert moved == Filter(
            conditions="id > 3", custom_field_conditions='caption = "Rewst" AND value = true'
        )


@pytest.mark.parametrize(
    "typed",
    [
        Filter(conditions="id = 1 or types/id = 3"),
        Filter(conditions="id > 1 and (types/id = 3 or id = 2)"),
        Filter(conditions='id = 1 and caption = "Rewst"'),
        Filter(conditions="types/id = 3", child_conditions="types/id =="),
    ],
)
def test_no_move_is_offered_where_it_would_change_what_is_meant(typed: Filter) -> None:
    problem = next(it for it in check(typed) if it.key == "filter_wrong_parameter")
    assert problem.move_to is None
    with pytest.raises(ValueError, match="no move"):
        apply_move(typed, problem)


def test_a_problem_of_another_filter_moves_nothing() -> None:
    problem = only(Filter(conditions="types/id = 3"))
    with pytest.raises(ValueError, match="no move"):
        apply_move(Filter(conditions="types/id = 4"), problem)
    with pytest.raises(ValueError, match="no move"):
        apply_move(Filter(conditions="types/id = 3", child_conditions="broken"), problem)


@pytest.mark.parametrize(
    ("conditions", "key", "corrected"),
    [
        ('nmae = "x"', "filter_field_unknown", 'name = "x"'),
        ('statsu/name = "x"', "filter_field_unknown", 'status/name = "x"'),
        ('status/nam = "x"', "filter_field_unknown", 'status/name = "x"'),
        ("somethingElse = 3", "filter_field_unknown", None),
        ('status = "Active"', "filter_reference_needs_part", 'status/name = "Active"'),
        ('deletedFlag = "False"', "filter_value_type", "deletedFlag = false"),
        ("deletedFlag = 1", "filter_value_type", "deletedFlag = true"),
        ('deletedFlag = "maybe"', "filter_value_type", None),
        ('id = "7"', "filter_value_type", "id = 7"),
        ('id = "seven"', "filter_value_type", None),
        ("zip = 90210", "filter_value_type", 'zip = "90210"'),
        ('lastUpdated > "2016-08-20"', "filter_value_type", "lastUpdated > [2016-08-20T00:00:00Z]"),
        ('name like "Acme"', "filter_like_without_wildcard", 'name like "Acme*"'),
        ("id=1 or id=2 and id=3", "filter_and_or_mixed", "id = 1 OR (id = 2 AND id = 3)"),
    ],
)
def test_what_is_only_doubtful_is_a_warning_with_a_way_out(
    conditions: str, key: str, corrected: str | None
) -> None:
    typed = Filter(conditions=conditions)
    problem = only(typed)
    assert (problem.key, problem.severity) == (key, Severity.WARNING)
    assert problem.error.corrected == corrected
    if corrected is None:
        with pytest.raises(ValueError, match="no suggestion"):
            apply_suggestion(typed, problem)
    else:
        assert apply_suggestion(typed, problem) == Filter(conditions=corrected)
        assert check(Filter(conditions=corrected)) == ()


def test_a_problem_tells_its_place_like_its_error() -> None:
    problem = only(Filter(conditions='id = 1 and nmae = "x"'))
    assert (problem.kind, problem.position, problem.length, problem.suggestion) == (
        FilterKind.CONDITIONS,
        11,
        4,
        "name",
    )
    assert problem.caret_line() == problem.error.caret_line()


def test_errors_come_before_warnings() -> None:
    problems = check(Filter(conditions='nmae = "x"', child_conditions="types/id =="))
    assert [it.severity for it in problems] == [Severity.ERROR, Severity.WARNING]


def test_a_filter_is_measured_as_it_stands_in_a_url() -> None:
    assert encoded_length(Filter()) == 0
    assert encoded_length(Filter(conditions='name = "a"')) == len("&conditions=name%20%3D%20%22a%22")
    assert encoded_length(Filter(child_conditions="types/id=3")) == len("&childConditions=types%2Fid%3D3")


def test_a_filter_that_leaves_no_room_in_the_url_is_an_error_on_its_longest_text() -> None:
    names = ", ".join(f'"Company {it}"' for it in range(90))
    typed = Filter(conditions=f"name in ({names})", child_conditions="types/id = 3")
    problem = only(typed)
    assert (problem.key, problem.kind, problem.is_error) == (
        "filter_url_too_long",
        FilterKind.CONDITIONS,
        True,
    )
    assert problem.error.params == {"used": encoded_length(typed), "limit": URL_LIMIT - URL_RESERVE}
    short = ", ".join(str(it) for it in range(100, 180))
    assert check(Filter(conditions=f"id in ({short})")) == ()


def test_known_fields_are_spelt_once() -> None:
    fields = load_fields()
    assert fields["status"].parts == ("id", "name")
    assert all(key == it.name.lower() for key, it in fields.items())
    assert len(fields) > 60
