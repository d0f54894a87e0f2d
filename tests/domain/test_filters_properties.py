"""Any filter at all: what is valid reads back, what is not is refused at a place inside the text."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from bot.domain.filters import ERROR_KEYS, Expression, FilterError, FilterKind, check, parse, print_expression
from bot.domain.filters.tokens import tokenize
from bot.domain.instance import Filter
from tests.domain.filter_strategies import expressions, filters, kinds

KEYWORDS = ("and", "or", "not", "in", "like", "contains", "true", "false", "null")
PIECES = st.sampled_from(
    [*"()[],=<>!&|\"'\\/.“”‘’ \n-7", "==", "status/name", "[2016-08-20]", *(f" {it} " for it in KEYWORDS)]
)


def attempt(text: str, kind: FilterKind) -> Expression | FilterError:
    try:
        return parse(text, kind)
    except FilterError as error:
        return error


def assert_sound(error: FilterError) -> None:
    assert isinstance(error, InputError)
    assert error.field == error.kind.value
    assert set(error.params) == ERROR_KEYS[error.key]
    assert 0 <= error.position <= error.position + error.length <= len(error.text)
    lines = error.caret_line().split("\n")
    assert len(lines) == 2
    assert set(lines[1].strip()) == {"^"}
    assert len(lines[0]) <= 74


@given(filters())
def test_a_valid_filter_is_printed_as_text_that_reads_back_as_the_same(
    made: tuple[FilterKind, Expression],
) -> None:
    kind, tree = made
    text = print_expression(tree)
    assert parse(text, kind) == tree
    assert print_expression(parse(text, kind)) == text


@given(filters(), st.data())
def test_blanks_and_capitals_of_keywords_make_no_difference(
    made: tuple[FilterKind, Expression], data: st.DataObject
) -> None:
    kind, tree = made
    text = print_expression(tree)
    blanks = st.sampled_from([" ", "\n", "\t  ", "\r\n"])
    case = st.sampled_from([str.lower, str.upper, str.title])
    written = ""
    for token in tokenize(text, kind):
        piece = text[token.span.position : token.span.end]
        written += data.draw(case)(piece) if token.is_word(*KEYWORDS) else piece
        written += data.draw(blanks)
    assert parse(written, kind) == tree


@given(filters(), st.data())
def test_a_damaged_filter_is_refused_inside_its_text_or_is_still_a_filter(
    made: tuple[FilterKind, Expression], data: st.DataObject
) -> None:
    kind, tree = made
    text = print_expression(tree)
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 3))
    damaged = text[:at] + data.draw(PIECES | st.just("")) + text[at + cut :]
    outcome = attempt(damaged, kind)
    if isinstance(outcome, FilterError):
        assert_sound(outcome)
        assert outcome.text == damaged
    else:
        assert parse(print_expression(outcome), kind) == outcome


@given(kinds, st.text(max_size=40) | st.lists(PIECES, max_size=12).map("".join))
@example(FilterKind.CONDITIONS, "")
@example(FilterKind.CONDITIONS, "(" * 500)
@example(FilterKind.CONDITIONS, "x" * 5000)
@example(FilterKind.CONDITIONS, "a > [9999-12-31T23:59:59-23:59]")
@example(FilterKind.CONDITIONS, "a = 0001-01-01T00:00+23:59")
@example(FilterKind.CONDITIONS, "a = 2016-99-99")
def test_any_text_at_all_is_a_filter_or_a_filter_error(kind: FilterKind, text: str) -> None:
    outcome = attempt(text, kind)
    if isinstance(outcome, FilterError):
        assert_sound(outcome)
    else:
        assert parse(print_expression(outcome), kind) == outcome


@given(st.text(max_size=30), st.lists(PIECES, max_size=8).map("".join), st.text(max_size=30))
def test_checking_a_filter_of_any_texts_never_fails(conditions: str, child: str, custom: str) -> None:
    typed = Filter(conditions=conditions, child_conditions=child, custom_field_conditions=custom)
    for problem in check(typed):
        assert_sound(problem.error)


@given(expressions[FilterKind.CONDITIONS])
def test_one_unbalanced_parenthesis_is_always_found(tree: Expression) -> None:
    text = print_expression(tree)
    for damaged, key in (
        (f"({text}", "filter_parenthesis_unclosed"),
        (f"{text})", "filter_parenthesis_unopened"),
    ):
        with pytest.raises(FilterError) as caught:
            parse(damaged, FilterKind.CONDITIONS)
        assert caught.value.key == key
        assert damaged[caught.value.position] in "()"


@given(expressions[FilterKind.CONDITIONS], st.sampled_from(["and", "OR"]))
def test_a_trailing_connective_is_always_found_and_can_be_taken_away(tree: Expression, word: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(f"{print_expression(tree)} {word}", FilterKind.CONDITIONS)
    assert caught.value.key == "filter_connective_trailing"
    assert caught.value.corrected is not None
    assert parse(caught.value.corrected, FilterKind.CONDITIONS) == tree
