"""A filter as a tree: comparisons joined by and/or."""

import dataclasses
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text, 0-based."""

    position: int = 0
    length: int = 0

    @property
    def end(self) -> int:
        """The position behind the last character."""
        return self.position + self.length

    def to(self, other: "Span") -> "Span":
        """From the beginning of this to the end of the other."""
        return Span(self.position, other.end - self.position)


class Operator(StrEnum):
    """How a field is compared with one value."""

    EQUALS = "="
    DIFFERS = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    CONTAINS = "contains"
    LIKE = "like"


@dataclass(frozen=True, slots=True)
class String:
    """Text. It holds at most one kind of quotation mark: how to escape one is not documented."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A whole or decimal number as it was written."""

    text: str


@dataclass(frozen=True, slots=True)
class DateTime:
    """A moment in UTC to the second, `2016-08-20T18:04:26Z`."""

    text: str


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    value: bool


@dataclass(frozen=True, slots=True)
class Null:
    """No value."""


Value = String | Number | DateTime | Boolean | Null


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field operator value`, or `field not operator value`. Spans take no part in equality."""

    field: str
    operator: Operator
    value: Value
    negated: bool = False
    span: Span = dataclasses.field(default=Span(), compare=False, repr=False)
    field_span: Span = dataclasses.field(default=Span(), compare=False, repr=False)
    value_span: Span = dataclasses.field(default=Span(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Membership:
    """`field in (value, ...)`, or `field not in (...)`."""

    field: str
    values: tuple[Value, ...]
    negated: bool = False
    span: Span = dataclasses.field(default=Span(), compare=False, repr=False)
    field_span: Span = dataclasses.field(default=Span(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """Two terms or more that must all hold; none of them is an `And`."""

    terms: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Two terms or more of which one must hold; none of them is an `Or`."""

    terms: tuple["Expression", ...]


Term = Comparison | Membership
Expression = Comparison | Membership | And | Or


def join_and(terms: tuple[Expression, ...]) -> Expression:
    """The terms joined by and, with nested ones folded in; one term stays itself."""
    flat = tuple(it for term in terms for it in (term.terms if isinstance(term, And) else (term,)))
    return flat[0] if len(flat) == 1 else And(flat)


def join_or(terms: tuple[Expression, ...]) -> Expression:
    """The terms joined by or, with nested ones folded in; one term stays itself."""
    flat = tuple(it for term in terms for it in (term.terms if isinstance(term, Or) else (term,)))
    return flat[0] if len(flat) == 1 else Or(flat)


def top_terms(expression: Expression) -> tuple[Expression, ...]:
    """What must all hold: the terms of the outermost and, or the expression alone."""
    return expression.terms if isinstance(expression, And) else (expression,)


def walk(expression: Expression) -> tuple[Term, ...]:
    """Every comparison in it, from left to right."""
    if isinstance(expression, And | Or):
        return tuple(it for term in expression.terms for it in walk(term))
    return (expression,)


def spread(member: Membership) -> Expression:
    """A membership as plain comparisons, for the parameters that know no `in`; the meaning is the same."""
    operator = Operator.DIFFERS if member.negated else Operator.EQUALS
    terms = tuple(Comparison(member.field, operator, it) for it in member.values)
    return join_and(terms) if member.negated else join_or(terms)
