"""A filter's tree as text that reads back as the same tree."""

from typing import assert_never

from bot.domain.filters.nodes import (
    And,
    Boolean,
    Comparison,
    DateTime,
    Expression,
    Membership,
    Null,
    Number,
    Or,
    String,
    Value,
)


def print_expression(expression: Expression) -> str:
    """One line of text.

    And inside or, and or inside and, always stand in parentheses: ConnectWise does not document which binds
    closer.
    """
    if isinstance(expression, And):
        return " AND ".join(_nested(it) for it in expression.terms)
    if isinstance(expression, Or):
        return " OR ".join(_nested(it) for it in expression.terms)
    negation = " not" if expression.negated else ""
    if isinstance(expression, Membership):
        values = ", ".join(print_value(it) for it in expression.values)
        return f"{expression.field}{negation} in ({values})"
    return f"{expression.field}{negation} {expression.operator} {print_value(expression.value)}"


def print_value(value: Value) -> str:
    """A value the way ConnectWise reads it."""
    match value:
        case String(text):
            return quote(text)
        case Number(text):
            return text
        case DateTime(text):
            return f"[{text}]"
        case Boolean(truth):
            return "true" if truth else "false"
        case Null():
            return "null"
        case _:
            assert_never(value)


def quote(text: str) -> str:
    """The text between quotation marks that are not in it.

    Raises:
        ValueError: both kinds are in it, or it ends in a backslash; how to escape is not documented.
    """
    mark = "'" if '"' in text else '"'
    if mark in text or text.endswith("\\"):
        raise ValueError("no quotation mark is left for this text")
    return f"{mark}{text}{mark}"


def can_quote(text: str) -> bool:
    """Whether `quote` can do it."""
    return not ('"' in text and "'" in text) and not text.endswith("\\")


def _nested(expression: Expression) -> str:
    text = print_expression(expression)
    return text if isinstance(expression, Comparison | Membership) else f"({text})"
