"""Mending: a comparison moved into the parameter it belongs to, or a suggestion put in its place."""

from bot.domain.filters.company import FieldType, find_field
from bot.domain.filters.custom import CAPTION, VALUE
from bot.domain.filters.errors import FilterError, FilterKind
from bot.domain.filters.nodes import Comparison, Expression, Membership, Term, join_and, spread, top_terms
from bot.domain.filters.parser import parse
from bot.domain.filters.printer import print_expression
from bot.domain.filters.problems import Problem, text_of
from bot.domain.instance import Filter


def find_home(term: Term) -> FilterKind | None:
    """The parameter that a term's field belongs to; None for a field that is not known."""
    if term.field.lower() in {CAPTION, VALUE}:
        return FilterKind.CUSTOM
    known = find_field(term.field)
    if known is None:
        return None
    return FilterKind.CHILD if known.type is FieldType.ARRAY else FilterKind.CONDITIONS


def plan_move(filter_: Filter, kind: FilterKind, term: Term, home: FilterKind) -> Filter | None:
    """The filter with a term of one text moved into another, or None where that would change what is meant.

    Only what must hold on its own is moved: under an or, or beside a text that cannot be read, a term stays.
    A caption and its value move together; a membership becomes plain comparisons where `in` is not known.
    """
    try:
        top = top_terms(parse(text_of(filter_, kind), kind))
        leaving = [it for it in top if _leaves(it, term, home)]
        staying = tuple(it for it in top if it not in leaving)
        moved = tuple(it if home is FilterKind.CONDITIONS else _spread(it) for it in leaving)
        there = text_of(filter_, home)
        joined = top_terms(parse(there, home)) + moved if there.strip() else moved
        target = print_expression(join_and(joined)) if leaving else ""
        parse(target, home)
    except FilterError:
        return None
    source = print_expression(join_and(staying)) if staying else ""
    return filter_.model_copy(update={kind.value: source, home.value: target})


def apply_move(filter_: Filter, problem: Problem) -> Filter:
    """The filter with the comparison that a problem is about moved to `problem.move_to`.

    Raises:
        ValueError: the problem offers no move, or is not about this filter.
    """
    home = problem.move_to
    if home is None or text_of(filter_, problem.kind) != problem.error.text:
        raise ValueError("this problem has no move in this filter")
    top = top_terms(parse(problem.error.text, problem.kind))
    term = next(
        it for it in top if isinstance(it, Comparison | Membership) and it.span.position == problem.position
    )
    moved = plan_move(filter_, problem.kind, term, home)
    if moved is None:
        raise ValueError("this problem has no move in this filter")
    return moved


def apply_suggestion(filter_: Filter, problem: Problem) -> Filter:
    """The filter with a problem's suggestion put in its place.

    Raises:
        ValueError: the problem suggests nothing, or is not about this filter.
    """
    corrected = problem.error.corrected
    if corrected is None or text_of(filter_, problem.kind) != problem.error.text:
        raise ValueError("this problem has no suggestion for this filter")
    return filter_.model_copy(update={problem.kind.value: corrected})


def _leaves(candidate: Expression, term: Term, home: FilterKind) -> bool:
    if not isinstance(candidate, Comparison | Membership):
        return False
    if home is FilterKind.CUSTOM:
        return find_home(candidate) is home
    return candidate == term and candidate.span == term.span


def _spread(expression: Expression) -> Expression:
    return spread(expression) if isinstance(expression, Membership) else expression
