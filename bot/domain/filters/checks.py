"""A whole filter judged: its three texts, the fields they name, where those belong, and the room in a URL."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote as percent_encode

from bot.domain.filters.company import CompanyField, FieldType, find_field, suggest_path
from bot.domain.filters.errors import FilterError, FilterKind
from bot.domain.filters.moves import find_home, plan_move
from bot.domain.filters.nodes import (
    Boolean,
    DateTime,
    Membership,
    Null,
    Number,
    Operator,
    Span,
    String,
    Term,
    Value,
    walk,
)
from bot.domain.filters.parser import parse_all
from bot.domain.filters.printer import print_expression, quote
from bot.domain.filters.problems import LABELS, PARAMETERS, Problem, Severity, text_of
from bot.domain.filters.tokens import repair_date
from bot.domain.instance import Filter

URL_LIMIT: Final = 2000
URL_RESERVE: Final = 250
"""What host, path, paging and field list of the longest call around a filter take of a URL, in characters."""

_TRUTHS: Final = {"true": "true", "false": "false", "1": "true", "0": "false", "yes": "true", "no": "false"}


def check(filter_: Filter) -> tuple[Problem, ...]:
    """Everything that can be told without asking ConnectWise: errors first, each group from left to right."""
    found = [it for kind in FilterKind for it in _check_text(filter_, kind)]
    found += _check_length(filter_)
    return tuple(sorted(found, key=lambda it: not it.is_error))


def encoded_length(filter_: Filter) -> int:
    """How many characters the filter adds to a URL, percent-encoded, parameter names included."""
    used = ((PARAMETERS[kind], text_of(filter_, kind)) for kind in FilterKind)
    return sum(len(name) + 2 + len(percent_encode(text, safe="")) for name, text in used if text)


def _check_length(filter_: Filter) -> Iterator[Problem]:
    length, limit = encoded_length(filter_), URL_LIMIT - URL_RESERVE
    if length > limit:
        kind = max(FilterKind, key=lambda it: len(text_of(filter_, it)))
        text = text_of(filter_, kind)
        yield Problem(_at(kind, text, "filter_url_too_long", Span(), used=length, limit=limit))


def _check_text(filter_: Filter, kind: FilterKind) -> Iterator[Problem]:
    text = text_of(filter_, kind)
    if not text.strip():
        return
    try:
        parsed = parse_all(text, kind)
    except FilterError as error:
        yield Problem(error)
        return
    if parsed.mixes:
        printed = print_expression(parsed.expression)
        mixed = _at(kind, text, "filter_and_or_mixed", Span(0, len(text)), printed)
        yield Problem(mixed, Severity.WARNING)
    if kind is FilterKind.CUSTOM:
        return
    for term in walk(parsed.expression):
        misplaced = _check_place(filter_, kind, term)
        yield from [misplaced] if misplaced else _check_term(term, kind, text)
        yield from _check_like(term, kind, text)


def _check_term(term: Term, kind: FilterKind, text: str) -> Iterator[Problem]:
    known = find_field(term.field)
    if known is not None:
        yield from _check_path(term, known, kind, text)
        yield from _check_value(term, known, kind, text)
    elif not term.field.startswith("_info"):
        yield _unknown(term, kind, text)


def _check_place(filter_: Filter, kind: FilterKind, term: Term) -> Problem | None:
    home = find_home(term)
    if home is None or home is kind:
        return None
    error = _at(
        kind,
        text_of(filter_, kind),
        "filter_wrong_parameter",
        term.span,
        found=term.field[:40],
        belongs=f"the {LABELS[home]}",
    )
    return Problem(error, Severity.ERROR, home if plan_move(filter_, kind, term, home) else None)


def _unknown(term: Term, kind: FilterKind, text: str) -> Problem:
    near = suggest_path(term.field)
    return _warn(kind, text, "filter_field_unknown", term.field_span, near, found=term.field[:40])


def _check_path(term: Term, known: CompanyField, kind: FilterKind, text: str) -> Iterator[Problem]:
    part = term.field.partition("/")[2]
    if known.parts and not part:
        usual = "name" if "name" in known.parts else known.parts[0]
        whole = f"{known.name}/{usual}"
        yield _warn(kind, text, "filter_reference_needs_part", term.field_span, whole, found=known.name)
    elif part and not known.has(part):
        yield _unknown(term, kind, text)


def _check_value(term: Term, known: CompanyField, kind: FilterKind, text: str) -> Iterator[Problem]:
    if isinstance(term, Membership) or "/" in term.field:
        return
    span, found = term.value_span, term.field[:40]
    expected, suggestion = _misfit(known.type, term.value)
    if expected:
        yield _warn(kind, text, "filter_value_type", span, suggestion, found=found, expected=expected)


def _check_like(term: Term, kind: FilterKind, text: str) -> Iterator[Problem]:
    if isinstance(term, Membership) or term.operator is not Operator.LIKE:
        return
    value = term.value
    if isinstance(value, String) and not set(value.text) & set("*%"):
        starred = quote(f"{value.text}*")
        yield _warn(kind, text, "filter_like_without_wildcard", term.value_span, starred)


def _misfit(type_: FieldType, value: Value) -> tuple[str, str | None]:
    """What a field of this type expects instead of the value, and the value rewritten where that is sure."""
    if isinstance(value, Null):
        return "", None
    written = value.text if isinstance(value, String | Number) else ""
    if type_ is FieldType.FLAG and not isinstance(value, Boolean):
        return "true or false", _TRUTHS.get(written.lower())
    if type_ is FieldType.DATE and not isinstance(value, DateTime):
        return "a date in brackets", repair_date(written)
    if type_ is FieldType.NUMBER and not isinstance(value, Number):
        return "a number", written if written.isascii() and written.isdigit() else None
    if type_ is FieldType.TEXT and not isinstance(value, String):
        return "text in quotation marks", quote(written) if written else None
    return "", None


def _warn(
    kind: FilterKind, text: str, key: str, span: Span, suggestion: str | None, **params: str | int
) -> Problem:
    return Problem(_at(kind, text, key, span, suggestion, **params), Severity.WARNING)


def _at(
    kind: FilterKind, text: str, key: str, span: Span, suggestion: str | None = None, **params: str | int
) -> FilterError:
    return FilterError(
        key, kind=kind, text=text, position=span.position, length=span.length, suggestion=suggestion, **params
    )
