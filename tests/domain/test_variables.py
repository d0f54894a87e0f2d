"""Which organization variables there are, what is printed of them, and when they go together."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.catalogue import entries, explain
from bot.domain.drift import Subject, compare
from bot.domain.onboarding import (
    Onboarding,
    StepName,
    StepState,
    Thread,
    accept_variables,
    apply_report,
    close,
)
from bot.domain.report import Layer, Outcome, Report, State
from bot.domain.variable_checks import (
    PROBLEM_KEYS,
    Found,
    Problem,
    check_against,
    check_form,
    is_email,
    renamed,
)
from bot.domain.variables import (
    LISTED,
    MOST_CHOICES,
    NOTES_ONLY,
    TIME_ENTRIES,
    VARIABLES_DRIFT,
    Entry,
    Kind,
    Pick,
    Value,
    Variables,
    find_variable,
    first_of,
    list_rows,
    variables,
    write_csv,
)

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
WORKING, WAITING, COMPLETE = (it.name for it in variables() if it.kind is Kind.STATUS)
BOARD = first_of(Kind.BOARD).name
STATUSES = {
    1: Entry(1, "New", closed=False),
    2: Entry(2, "Waiting", closed=False),
    3: Entry(3, "Closed", closed=True),
    4: Entry(4, "Retired", closed=False, inactive=True),
    5: Entry(5, "Frozen", closed=False, takes_time=False),
}
FOUND = Found(
    entries={
        Kind.BOARD: {7: Entry(7, "Help Desk"), 8: Entry(8, "Projects", is_project=True)},
        Kind.STATUS: STATUSES,
        Kind.PRIORITY: {1: Entry(1, "High")},
        Kind.TYPE: {11: Entry(11, "New User"), 12: Entry(12, "Incident")},
        Kind.SUBTYPE: {21: Entry(21, "Account", types=(11, 12)), 22: Entry(22, "Hardware", types=(12,))},
        Kind.ITEM: {31: Entry(31, "Create")},
        Kind.MEMBER: {41: Entry(41, "Ada Lind")},
        Kind.WORK_ROLE: {51: Entry(51, "Engineer")},
        Kind.WORK_TYPE: {61: Entry(61, "Remote")},
    }
)


def chosen(**ids: int | str | tuple[int, ...]) -> dict[str, Value]:
    """A form that is as it should be, with changes: ids, texts, or nothing for 0."""
    values: dict[str, int | str | tuple[int, ...]] = {
        BOARD: 7,
        WORKING: 1,
        WAITING: 2,
        COMPLETE: 3,
        first_of(Kind.PRIORITY).name: 1,
        first_of(Kind.TIME).name: NOTES_ONLY,
        **ids,
    }
    return {name: _value(it) for name, it in values.items() if it}


def _value(it: int | str | tuple[int, ...]) -> Value:
    if isinstance(it, str):
        return Value(text=it)
    ids = it if isinstance(it, tuple) else (it,)
    return Value(picks=tuple(Pick(id=one, label=f"№ {one}") for one in ids))


def of(kind: Kind, it: int | str) -> dict[str, int | str]:
    return {first_of(kind).name: it}


def keys(problems: tuple[Problem, ...]) -> dict[str, str]:
    return {it.variable: it.key for it in problems}


def test_names_are_unique_and_what_hangs_on_something_has_one_thing_to_hang_on() -> None:
    names = [it.name for it in variables()]
    assert len(names) == len(set(names)) > 15
    for kind in (Kind.BOARD, Kind.TYPE, Kind.SUBTYPE, Kind.ITEM, Kind.MEMBER, Kind.TIME):
        assert sum(it.kind is kind for it in variables()) == 1, kind
    assert all(it.group or it.fixed for it in variables())


def test_every_problem_has_its_sentence_and_uses_only_what_it_is_given() -> None:
    given_to_all = {"label"}
    more = {"limit", "below", "choice", "board", "type", "subtype"}
    for key in PROBLEM_KEYS:
        entry = entries()[key]
        assert set(re.findall(r"\{(\w+)\}", entry.summary + entry.fix)) <= given_to_all | more, key


def test_what_goes_together_is_taken() -> None:
    values = chosen(**of(Kind.TYPE, 11), **of(Kind.SUBTYPE, 21), **of(Kind.ITEM, 31))
    assert check_form(values) == ()
    assert check_against(values, FOUND) == ()


def test_what_is_required_and_missing_is_named() -> None:
    required = {it.name for it in variables() if it.required}
    assert keys(check_form({})) == dict.fromkeys(required, "variable_missing")


@pytest.mark.parametrize(
    ("status", "key"),
    [(3, "variable_closed"), (4, "variable_inactive"), (99, "variable_not_of_board")],
)
def test_a_status_to_work_in_is_open_active_and_of_the_board(status: int, key: str) -> None:
    assert keys(check_against(chosen(**{WORKING: status}), FOUND)) == {WORKING: key}


def test_a_status_for_complete_that_leaves_the_ticket_open_is_worth_a_word_and_no_error() -> None:
    (problem,) = check_against(chosen(**{COMPLETE: 1}), FOUND)
    assert (problem.variable, problem.key, problem.is_error) == (COMPLETE, "variable_not_closed", False)


def test_a_board_for_projects_takes_no_tickets() -> None:
    assert keys(check_against(chosen(**{BOARD: 8}), FOUND)) == {BOARD: "variable_project_board"}


def test_time_entries_need_somebody_and_a_status_that_takes_time() -> None:
    values = chosen(**of(Kind.TIME, TIME_ENTRIES), **{WORKING: 5})
    needed = {first_of(it).name for it in (Kind.MEMBER, Kind.WORK_ROLE, Kind.WORK_TYPE)}
    assert keys(check_form(values)) == dict.fromkeys(needed, "variable_needed_for_time")
    whole = values | chosen(
        **of(Kind.TIME, TIME_ENTRIES),
        **of(Kind.MEMBER, 41),
        **of(Kind.WORK_ROLE, 51),
        **of(Kind.WORK_TYPE, 61),
    )
    assert check_form(whole) == ()
    assert keys(check_against(whole | chosen(**of(Kind.TIME, TIME_ENTRIES), **{WORKING: 5}), FOUND)) == {
        WORKING: "variable_no_time"
    }


def test_a_subtype_belongs_to_its_type_and_an_item_to_its_subtype() -> None:
    wrong = chosen(**of(Kind.TYPE, 11), **of(Kind.SUBTYPE, 22))
    assert keys(check_against(wrong, FOUND)) == {first_of(Kind.SUBTYPE).name: "variable_not_of_type"}
    item = chosen(**of(Kind.TYPE, 11), **of(Kind.SUBTYPE, 21), **of(Kind.ITEM, 31))
    loose = Found(entries=FOUND.entries, item_fits=False)
    assert keys(check_against(item, loose)) == {first_of(Kind.ITEM).name: "variable_not_of_subtype"}
    assert keys(check_form(chosen(**of(Kind.ITEM, 31)))) == {
        first_of(Kind.SUBTYPE).name: "variable_needs_subtype"
    }
    assert keys(check_form(chosen(**of(Kind.SUBTYPE, 21)))) == {
        first_of(Kind.TYPE).name: "variable_needs_type"
    }


def test_a_list_that_may_not_be_read_stands_in_the_way_of_saving_and_is_no_drift() -> None:
    unread = Found(entries={kind: it for kind, it in FOUND.entries.items() if kind is not Kind.PRIORITY})
    name = first_of(Kind.PRIORITY).name
    assert keys(check_against(chosen(), unread)) == {name: "variable_unreadable"}
    assert check_against(chosen(), unread, is_strict=False) == ()


def test_an_agreement_is_refused_only_when_it_is_known_not_to_exist() -> None:
    values = chosen(**of(Kind.AGREEMENT, "Gold"))
    for knows, expected in (
        (True, {}),
        (None, {}),
        (False, {first_of(Kind.AGREEMENT).name: "variable_agreement_unknown"}),
    ):
        assert keys(check_against(values, Found(entries=FOUND.entries, knows_agreement=knows))) == expected


@pytest.mark.parametrize("text", ['Gold "plus"', "Gold\\", "Gold\u202eeman", "G" * 201])
def test_a_name_that_could_not_be_asked_for_is_refused(text: str) -> None:
    assert keys(check_form(chosen(**of(Kind.AGREEMENT, text)))) == {
        first_of(Kind.AGREEMENT).name: "variable_text_invalid"
    }


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("support@brightwater.example", True),
        ("a.b+c@x.co", True),
        ("support", False),
        ("a@b", False),
        ("a b@c.de", False),
        ("<a@b.cd>", False),
        ("a@b.cd, e@f.gh", False),
    ],
)
def test_a_mail_address_looks_like_one(text: str, is_one: bool) -> None:
    assert is_email(text) is is_one


def test_a_note_that_was_chosen_and_too_many_choices_are_refused() -> None:
    assert keys(check_form(chosen(**{WORKING: (0,)}))) == {WORKING: "variable_not_chosen"}
    assert keys(check_form(chosen(**{WORKING: (1, 2)}))) == {WORKING: "variable_too_many"}
    name = first_of(Kind.COMPANY_STATUS).name
    assert check_form(chosen(**{name: tuple(range(1, MOST_CHOICES + 1))})) == ()
    assert keys(check_form(chosen(**{name: tuple(range(1, MOST_CHOICES + 2))}))) == {
        name: "variable_too_many"
    }


ANYTHING = st.dictionaries(
    st.sampled_from([it.name for it in variables()]),
    st.builds(
        Value,
        picks=st.lists(st.builds(Pick, id=st.integers(-1, 70), label=st.text(max_size=5)), max_size=3).map(
            tuple
        ),
        text=st.text(max_size=8),
    ),
)


@given(ANYTHING, st.booleans(), st.sampled_from([None, True, False]))
def test_whatever_is_chosen_each_variable_has_at_most_one_problem_and_it_can_be_said(
    values: dict[str, Value],
    is_strict: bool,
    told: bool | None,
) -> None:
    found = Found(entries=FOUND.entries, knows_agreement=told, item_fits=told)
    for problems in (check_form(values), check_against(values, found, is_strict=is_strict)):
        assert len({it.variable for it in problems}) == len(problems)
        for problem in problems:
            assert find_variable(problem.variable) is not None
            assert problem.key in PROBLEM_KEYS
            assert "{" not in explain(problem.key, **dict.fromkeys(problem.params, "x")).summary


@given(ANYTHING)
@example({"default_psa": Value(text="a\rb")})
def test_the_csv_says_what_the_table_says_and_holds_no_formula(values: dict[str, Value]) -> None:
    rows = list(csv.reader(io.StringIO(write_csv(values))))
    assert rows[0] == ["variable", "value", "label"]
    for cells in rows[1:]:
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_ids_are_printed_as_the_integration_takes_them() -> None:
    name, types = first_of(Kind.COMPANY_STATUS).name, first_of(Kind.COMPANY_TYPE).name
    rows = {it.name: it.value for it in list_rows(chosen(**{name: (1, 5), types: (4, 6)}))}
    assert rows["default_psa"] == "cw_manage"
    assert rows[BOARD] == "7"
    assert rows[name] == "[1, 5]"
    assert rows[types] == "types/id=4 OR types/id=6"


def test_names_are_those_that_connectwise_has_now() -> None:
    fresh = renamed(chosen(**{WORKING: 1, WAITING: 77}), FOUND)
    assert fresh[WORKING].picks == (Pick(id=1, label="New"),)
    assert fresh[WAITING].picks == (Pick(id=77, label="№ 77"),)


def test_only_ids_and_texts_make_variables_differ() -> None:
    kept = Variables(values=chosen(), by="U1", at=NOW)
    assert kept.differs_in(renamed(chosen(), FOUND)) == ()
    assert kept.differs_in(chosen(**{WORKING: 2})) == ("Status while working",)


def onboarding() -> Onboarding:
    return Onboarding(
        id="i",
        team_id="T",
        name="P",
        host="h",
        company="c",
        started_by="U1",
        started_at=NOW,
        thread=Thread(channel_id="C"),
    )


def report(drift: list[dict[str, object]] | None) -> Report:
    facts = {} if drift is None else {VARIABLES_DRIFT: drift}
    layers = (Layer(name="keys", state=State.OK),)
    return Report(outcome=Outcome.VERIFIED, site="h", company="c", checked_at=NOW, layers=layers, facts=facts)


GONE: dict[str, object] = {
    "variable": WORKING,
    "key": "variable_not_of_board",
    "params": {"label": "Status", "choice": "A", "board": "B"},
}


def test_chosen_variables_verify_the_step_drift_contradicts_it_and_its_end_confirms_it() -> None:
    done = accept_variables(onboarding(), Variables(values=chosen(), by="U2", at=NOW), at=NOW)
    step = done.step(StepName.VARIABLES)
    assert (step.state, step.by) == (StepState.CHECKED, "U2")
    assert apply_report(done, report(None), at=NOW).step(StepName.VARIABLES).state is StepState.CHECKED
    drifted = apply_report(done, report([GONE]), at=NOW)
    assert drifted.step(StepName.VARIABLES).state is StepState.CONTRADICTED
    assert apply_report(drifted, report([]), at=NOW).step(StepName.VARIABLES).state is StepState.CHECKED


def test_older_variables_replace_no_newer_ones_and_a_closed_thread_takes_none() -> None:
    newer = accept_variables(onboarding(), Variables(by="U2", at=NOW, edition=2), at=NOW)
    assert accept_variables(newer, Variables(by="U3", at=NOW, edition=1), at=NOW) == newer
    closed = close(onboarding(), by="U1", at=NOW)
    assert accept_variables(closed, Variables(by="U2", at=NOW), at=NOW) == closed


def test_drift_of_variables_is_news_once() -> None:
    (news,) = compare(report([]), report([GONE]))
    assert (news.subject, news.name, news.is_worse) == (Subject.VARIABLE, "Status", True)
    assert compare(report(None), report([GONE])) == (news,)
    assert compare(report([GONE]), report([GONE])) == ()
    assert compare(report([GONE]), report([])) == ()


def test_every_kind_of_list_is_asked_for_by_some_variable() -> None:
    assert {it.kind for it in variables()} >= LISTED
