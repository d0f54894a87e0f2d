"""The company filter's language: read, judge, mend and print `conditions` and its two companions."""

from typing import Final

from bot.domain.filters.checks import URL_LIMIT, URL_RESERVE, check, encoded_length
from bot.domain.filters.errors import ERROR_KEYS, FilterError, FilterKind, render_caret
from bot.domain.filters.moves import apply_move, apply_suggestion
from bot.domain.filters.nodes import (
    And,
    Boolean,
    Comparison,
    DateTime,
    Expression,
    Membership,
    Null,
    Number,
    Operator,
    Or,
    String,
    Value,
)
from bot.domain.filters.parser import parse
from bot.domain.filters.printer import print_expression
from bot.domain.filters.problems import LABELS, PARAMETERS, Problem, Severity
from bot.domain.instance import Filter

__all__ = [
    "DEFAULT_FILTER",
    "ERROR_KEYS",
    "LABELS",
    "PARAMETERS",
    "URL_LIMIT",
    "URL_RESERVE",
    "And",
    "Boolean",
    "Comparison",
    "DateTime",
    "Expression",
    "FilterError",
    "FilterKind",
    "Membership",
    "Null",
    "Number",
    "Operator",
    "Or",
    "Problem",
    "Severity",
    "String",
    "Value",
    "apply_move",
    "apply_suggestion",
    "check",
    "encoded_length",
    "parse",
    "print_expression",
    "render_caret",
]

DEFAULT_FILTER: Final = Filter(
    conditions='deletedFlag=false AND status/name="Active"',
    child_conditions='types/name LIKE "Client*"',
)
"""What Rewst's form starts with: companies that are active, of a type whose name begins with Client."""
