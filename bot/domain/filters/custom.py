"""What custom-field conditions ask beyond the grammar: a caption that names the field, and a value of it."""

from typing import Final

from bot.domain.filters.errors import FilterError, FilterKind
from bot.domain.filters.nodes import (
    And,
    Comparison,
    Expression,
    Membership,
    Operator,
    Or,
    Span,
    String,
    Term,
    walk,
)
from bot.domain.filters.printer import can_quote, print_expression, quote

CAPTION: Final = "caption"
VALUE: Final = "value"
_BOTH: Final = frozenset({CAPTION, VALUE})


def check_custom(expression: Expression, text: str) -> None:
    """Raises `FilterError` unless every way to satisfy the expression names a caption and a value."""
    for term in walk(expression):
        _check_term(term, text)
    named = _always_named(expression)
    if named >= _BOTH:
        return
    key = "filter_custom_needs_value" if CAPTION in named else "filter_custom_needs_caption"
    raise _error(key, text, Span(0, len(text)))


def _check_term(term: Term, text: str) -> None:
    name = term.field.lower()
    if name not in _BOTH:
        raise _error("filter_custom_form", text, term.span, _as_caption(term), found=term.field[:40])
    if name == CAPTION and not _is_exact_caption(term):
        raise _error("filter_caption_needs_equals", text, term.span)


def _is_exact_caption(term: Term) -> bool:
    return (
        isinstance(term, Comparison)
        and term.operator is Operator.EQUALS
        and not term.negated
        and isinstance(term.value, String)
    )


def _as_caption(term: Term) -> str | None:
    if isinstance(term, Membership) or not can_quote(term.field):
        return None
    value = Comparison(VALUE, term.operator, term.value, term.negated)
    return f"({CAPTION} = {quote(term.field)} AND {print_expression(value)})"


def _always_named(expression: Expression) -> frozenset[str]:
    if isinstance(expression, And):
        return frozenset().union(*(_always_named(it) for it in expression.terms))
    if isinstance(expression, Or):
        return frozenset.intersection(*(_always_named(it) for it in expression.terms))
    return frozenset({expression.field.lower()})


def _error(
    key: str, text: str, span: Span, suggestion: str | None = None, **params: str | int
) -> FilterError:
    return FilterError(
        key,
        kind=FilterKind.CUSTOM,
        text=text,
        position=span.position,
        length=span.length,
        suggestion=suggestion,
        **params,
    )
