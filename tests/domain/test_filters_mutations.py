"""A valid filter with one fault put into it at a known place: the fault is found there, and called what it is.

And held against a parser written by somebody else from the same facts (the sandbox's): whatever is accepted here,
and so would be sent, is accepted there.
"""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.domain.filters import Expression, FilterError, FilterKind, parse, print_expression
from bot.domain.filters.tokens import Token, TokenKind, tokenize
from bot.sandbox.connectwise.conditions import parse as parse_elsewhere
from tests.domain.filter_strategies import expressions, filters
from tests.domain.test_filters_properties import KEYWORDS, PIECES

CONDITIONS = FilterKind.CONDITIONS
VALUES = {TokenKind.STRING, TokenKind.NUMBER, TokenKind.DATE}
trees = expressions[CONDITIONS]
# Trees are dear to make, and not each has a place for each fault.
few = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def tokens_of(text: str, *kinds: TokenKind) -> list[Token]:
    return [it for it in tokenize(text, CONDITIONS) if it.kind in kinds]


def pick(data: st.DataObject, found: list[Token]) -> Token:
    assume(found)
    return data.draw(st.sampled_from(found))


def replaced(text: str, token: Token, piece: str) -> str:
    return text[: token.span.position] + piece + text[token.span.end :]


def refusal(text: str, kind: FilterKind = CONDITIONS) -> FilterError:
    with pytest.raises(FilterError) as caught:
        parse(text, kind)
    return caught.value


def blamed(error: FilterError) -> str:
    return error.text[error.position : error.position + error.length]


@few
@given(trees, st.data(), st.sampled_from(["==", "<>", "=>", "&&", "=~"]))
def test_an_operator_that_is_none_is_found_where_it_stands(
    tree: Expression, data: st.DataObject, wrong: str
) -> None:
    text = print_expression(tree)
    operator = pick(data, tokens_of(text, TokenKind.OPERATOR))
    error = refusal(replaced(text, operator, wrong))
    assert (error.key, error.position, blamed(error)) == (
        "filter_operator_unknown",
        operator.span.position,
        wrong,
    )


@few
@given(trees, st.data())
def test_a_quotation_mark_that_is_left_open_is_found_where_it_is_opened(
    tree: Expression, data: st.DataObject
) -> None:
    text = print_expression(tree)
    string = pick(data, tokens_of(text, TokenKind.STRING))
    mark = text[string.span.position]
    assume(mark not in text[string.span.end :])  # another one would close it
    error = refusal(text[: string.span.end - 1] + text[string.span.end :])
    assert error.position == string.span.position
    assert error.key in {
        "filter_quote_unclosed",
        "filter_smart_quotes",
    }  # the latter where it ends in a curly one


@few
@given(
    trees,
    st.data(),
    st.sampled_from(["[2016-08-20]", "2016-08-20", "[2016-08-20T18:04:26.5Z]", "[yesterday]"]),
)
def test_a_date_in_another_form_is_found_where_it_stands(
    tree: Expression, data: st.DataObject, wrong: str
) -> None:
    text = print_expression(tree)
    value = pick(data, tokens_of(text, TokenKind.DATE, TokenKind.NUMBER))
    error = refusal(replaced(text, value, wrong))
    assert (error.key, error.position, blamed(error)) == ("filter_date_form", value.span.position, wrong)


@few
@given(trees, st.data(), st.sampled_from("#$;{}^\\+"))
def test_a_character_of_no_meaning_is_found_where_it_stands(
    tree: Expression, data: st.DataObject, wrong: str
) -> None:
    text = print_expression(tree)
    follower = pick(data, list(tokenize(text, CONDITIONS)))
    at = follower.span.position
    error = refusal(f"{text[:at]} {wrong} {text[at:]}")
    assert (error.key, error.position) == ("filter_character_unknown", at + 1)


@few
@given(trees, st.data())
def test_a_value_that_is_left_out_is_found_where_it_belongs(tree: Expression, data: st.DataObject) -> None:
    text = print_expression(tree)
    value = pick(data, tokens_of(text, *VALUES))
    assume(text[: value.span.position].rstrip()[-1:] not in {"(", ","})  # of a list
    damaged = replaced(text, value, "")
    error = refusal(damaged)
    assert error.key == "filter_value_missing"
    assert damaged[value.span.position : error.position].strip() == ""


@few
@given(trees, st.data())
def test_a_connective_said_twice_is_found_at_the_second(tree: Expression, data: st.DataObject) -> None:
    text = print_expression(tree)
    word = pick(data, [it for it in tokenize(text, CONDITIONS) if it.is_word("and", "or")])
    error = refusal(f"{text[: word.span.end]} or{text[word.span.end :]}")
    assert (error.key, error.position) == ("filter_connective_double", word.span.end + 1)


@few
@given(expressions[FilterKind.CHILD], expressions[FilterKind.CHILD], st.sampled_from(["and", "OR"]))
def test_a_list_is_found_where_child_conditions_know_none(
    left: Expression, right: Expression, joint: str
) -> None:
    before = f"({print_expression(left)}) {joint} "
    text = f'{before}types/name in ("a", "b") {joint} ({print_expression(right)})'
    error = refusal(text, FilterKind.CHILD)
    assert (error.key, error.position) == ("filter_in_not_allowed", len(before))
    assert error.corrected is not None
    parse(error.corrected, FilterKind.CHILD)


def accept_elsewhere(text: str, kind: FilterKind) -> None:
    parse_elsewhere(text, allow_in=kind is FilterKind.CONDITIONS)


@few
@given(filters())
def test_whatever_is_printed_here_is_accepted_elsewhere(made: tuple[FilterKind, Expression]) -> None:
    kind, tree = made
    accept_elsewhere(print_expression(tree), kind)


@few
@given(filters(), st.data())
def test_whatever_is_accepted_here_although_it_is_damaged_is_accepted_elsewhere(
    made: tuple[FilterKind, Expression], data: st.DataObject
) -> None:
    kind, tree = made
    text = print_expression(tree)
    at, cut = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 3))
    damaged = text[:at] + data.draw(PIECES | st.just("")) + text[at + cut :]
    try:
        parse(damaged, kind)
    except FilterError:
        return
    accept_elsewhere(damaged, kind)


@few
@given(st.lists(PIECES | st.sampled_from(["id", "name", "1", '"x"', *KEYWORDS]), max_size=8).map(" ".join))
def test_whatever_pieces_are_accepted_here_are_accepted_elsewhere(text: str) -> None:
    try:
        parse(text, CONDITIONS)
    except FilterError:
        return
    accept_elsewhere(text, CONDITIONS)
