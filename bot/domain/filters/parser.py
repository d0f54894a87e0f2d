"""From tokens to a tree, by recursive descent.

    expression = conjunction { "or" conjunction }
    conjunction = term { "and" term }
    term       = "(" expression ")" | field [ "not" ] comparison
    comparison = ( "=" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "like" ) value | "in" "(" value { "," value } ")"
    value      = "text" | 'text' | number | true | false | null | [2016-08-20T18:04:26Z]

Child conditions and custom-field conditions know no `in`. What is not documented is refused rather than guessed:
a quotation mark inside text (doubled, or behind a backslash), and `not` before a field or a group.
"""

import difflib
import re
from dataclasses import dataclass, field
from typing import Final

from bot.domain.filters.custom import check_custom
from bot.domain.filters.errors import FilterError, FilterKind
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
    Span,
    String,
    Term,
    Value,
    join_and,
    join_or,
    spread,
)
from bot.domain.filters.printer import can_quote, print_expression, print_value, quote
from bot.domain.filters.tokens import Token, TokenKind, tokenize

MAX_TEXT: Final = 4000
MAX_DEPTH: Final = 32
_FIELD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:/[A-Za-z_][A-Za-z0-9_]*)*")
_CONNECTIVES: Final = ("and", "or")
_WORD_OPERATORS: Final = ("contains", "like", "in", "not")
_LITERALS: Final[dict[str, Value]] = {
    "true": Boolean(value=True),
    "false": Boolean(value=False),
    "null": Null(),
}
_RESERVED: Final = frozenset({*_CONNECTIVES, *_WORD_OPERATORS, *_LITERALS})
_OPERATORS: Final = {it.value: it for it in Operator}
_TEXT_ONLY: Final = (Operator.CONTAINS, Operator.LIKE)
_ORDERS: Final = (Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST)
_MEANT: Final = {
    "is": "=",
    "equals": "=",
    "equal": "=",
    "eq": "=",
    "ne": "!=",
    "neq": "!=",
    "lt": "<",
    "lte": "<=",
    "le": "<=",
    "gt": ">",
    "gte": ">=",
    "ge": ">=",
    "matches": "like",
    "has": "contains",
    "includes": "contains",
    "startswith": "like",
    "endswith": "like",
    "isnot": "!=",
}
_CUTOFF: Final = 0.6


@dataclass(frozen=True, slots=True)
class Parsed:
    """A tree, and whether and/or were mixed somewhere without parentheses."""

    expression: Expression
    mixes: bool


def parse(text: str, kind: FilterKind) -> Expression:
    """The tree of a filter's text.

    Raises:
        FilterError: with the place of the fault and, where it is sure, what to write instead.
    """
    return parse_all(text, kind).expression


def parse_all(text: str, kind: FilterKind) -> Parsed:
    """The same with what the tree alone does not tell. Raises `FilterError`."""
    if len(text) > MAX_TEXT:
        raise FilterError("filter_too_long", kind=kind, text=text, position=MAX_TEXT, limit=MAX_TEXT)
    parser = _Parser(text, kind, tokenize(text, kind))
    expression = parser.read_all()
    if kind is FilterKind.CUSTOM:
        check_custom(expression, text)
    return Parsed(expression, parser.mixes)


@dataclass(slots=True)
class _Parser:
    text: str
    kind: FilterKind
    tokens: tuple[Token, ...]
    at: int = 0
    mixes: bool = False
    opened: list[Token] = field(default_factory=list)

    @property
    def here(self) -> Token:
        return self.tokens[self.at]

    @property
    def after(self) -> Token:
        return self.tokens[min(self.at + 1, len(self.tokens) - 1)]

    def sees(self, kind: TokenKind) -> bool:
        return self.here.kind is kind

    def advance(self) -> Token:
        token = self.here
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def error(self, key: str, span: Span, suggestion: str | None = None, **params: str | int) -> FilterError:
        return FilterError(
            key,
            kind=self.kind,
            text=self.text,
            position=span.position,
            length=span.length,
            suggestion=suggestion,
            **params,
        )

    # Connectives and groups

    def read_all(self) -> Expression:
        if self.sees(TokenKind.END):
            raise self.error("filter_empty", Span())
        expression = self.read_or()
        if self.sees(TokenKind.CLOSE):
            raise self.error("filter_parenthesis_unopened", self.here.span, "")
        if not self.sees(TokenKind.END):
            raise self.lacks_connective()
        return expression

    def read_or(self) -> Expression:
        terms = [self.read_and()]
        while self.here.is_word("or"):
            self.skip_connective()
            terms.append(self.read_and())
        bare = [it for it, grouped in terms if isinstance(it, And) and not grouped]
        self.mixes |= len(terms) > 1 and bool(bare)
        return join_or(tuple(it for it, _ in terms))

    def read_and(self) -> tuple[Expression, bool]:
        """The conjunction, and whether it is one group in parentheses."""
        grouped = self.sees(TokenKind.OPEN)
        terms = [self.read_term()]
        while self.here.is_word("and"):
            self.skip_connective()
            terms.append(self.read_term())
        return join_and(tuple(terms)), grouped and len(terms) == 1

    def skip_connective(self) -> None:
        token = self.advance()
        follower = self.here
        if follower.kind in {TokenKind.END, TokenKind.CLOSE}:
            raise self.error("filter_connective_trailing", token.span, "", found=token.text)
        if follower.is_word(*_CONNECTIVES):
            raise self.error("filter_connective_double", follower.span, "", found=follower.text)

    def read_term(self) -> Expression:
        token = self.here
        if token.kind is TokenKind.OPEN:
            return self.read_group()
        if token.is_word(*_CONNECTIVES):
            raise self.error("filter_connective_leading", token.span, "", found=token.text)
        return self.read_comparison()

    def read_group(self) -> Expression:
        opening = self.advance()
        if len(self.opened) == MAX_DEPTH:
            raise self.error("filter_too_deep", opening.span, limit=MAX_DEPTH)
        if self.sees(TokenKind.CLOSE):
            raise self.error("filter_group_empty", opening.span.to(self.here.span))
        self.opened.append(opening)
        expression = self.read_or()
        if self.sees(TokenKind.END):
            raise self.error("filter_parenthesis_unclosed", opening.span)
        if not self.sees(TokenKind.CLOSE):
            raise self.lacks_connective()
        self.opened.pop()
        self.advance()
        return expression

    def lacks_connective(self) -> FilterError:
        token = self.here
        if token.kind in {TokenKind.WORD, TokenKind.OPEN}:
            meant = difflib.get_close_matches(token.text.lower(), (*_CONNECTIVES, "und"), 1, _CUTOFF)
            if meant and self.after.kind in {TokenKind.WORD, TokenKind.OPEN}:
                word = "OR" if meant[0] == "or" else "AND"
                return self.error("filter_connective_unknown", token.span, word, found=token.text[:40])
            return self.error("filter_connective_missing", Span(token.span.position), "AND ")
        return self.error("filter_connective_missing", token.span)

    # Comparisons

    def read_comparison(self) -> Term:
        name = self.read_field()
        negation = self.advance() if self.here.is_word("not") else None
        if self.here.is_word("in"):
            return self.read_membership(name, negated=negation is not None)
        operator = self.read_operator(name, negation)
        value, span = self.read_value(operator)
        self.check_fit(operator, value, span)
        return Comparison(
            name.text, operator, value, negation is not None, name.span.to(span), name.span, span
        )

    def read_field(self) -> Token:
        token = self.here
        if token.is_word("not"):
            raise self.misplaced_not()
        if token.kind is TokenKind.STRING and self.kind is FilterKind.CUSTOM:
            meant = f"caption = {quote(token.text)} AND value"
            raise self.error("filter_custom_form", token.span, meant, found=token.text[:40])
        if token.kind is TokenKind.STRING:
            plain = token.text if _FIELD.fullmatch(token.text) else None
            raise self.error("filter_field_quoted", token.span, plain)
        if token.kind is not TokenKind.WORD or token.is_word(*_RESERVED):
            raise self.error("filter_field_missing", token.span)
        if not _FIELD.fullmatch(token.text):
            slashed = token.text.replace(".", "/")
            plain = slashed if _FIELD.fullmatch(slashed) else None
            raise self.error("filter_field_invalid", token.span, plain, found=token.text[:40])
        return self.advance()

    def misplaced_not(self) -> FilterError:
        token, name = self.here, self.after
        if name.kind is TokenKind.WORD and _FIELD.fullmatch(name.text) and not name.is_word(*_RESERVED):
            span = token.span.to(name.span)
            return self.error("filter_not_before_field", span, f"{name.text} not")
        return self.error("filter_not_before_field", token.span)

    def read_operator(self, name: Token, negation: Token | None) -> Operator:
        token = self.here
        operator = _OPERATORS.get(token.text.lower())
        if operator and token.kind in {TokenKind.OPERATOR, TokenKind.WORD}:
            self.advance()
            return operator
        if token.kind is TokenKind.WORD and not token.is_word(*_RESERVED):
            raise self.unknown_operator(token)
        last = negation or name
        raise self.error("filter_operator_missing", Span(last.span.end), found=name.text[:40])

    def unknown_operator(self, token: Token) -> FilterError:
        word = token.text.lower()
        if word == "is" and self.after.is_word("not"):
            return self.error("filter_operator_unknown", token.span.to(self.after.span), "!=", found="is not")
        near = difflib.get_close_matches(word, _WORD_OPERATORS, 1, _CUTOFF)
        meant = _MEANT.get(word) or (near[0] if near else None)
        return self.error("filter_operator_unknown", token.span, meant, found=token.text[:40])

    def read_membership(self, name: Token, *, negated: bool) -> Membership:
        keyword = self.advance()
        opening = self.advance()
        if opening.kind is not TokenKind.OPEN:
            raise self.error("filter_list_missing", Span(keyword.span.end))
        if self.sees(TokenKind.CLOSE):
            raise self.error("filter_list_empty", opening.span.to(self.here.span))
        values = [self.read_item()]
        while self.sees(TokenKind.COMMA):
            self.advance()
            values.append(self.read_item())
        if self.sees(TokenKind.END):
            raise self.error("filter_parenthesis_unclosed", opening.span)
        if not self.sees(TokenKind.CLOSE):
            raise self.error("filter_comma_missing", Span(self.here.span.position), ", ")
        span = name.span.to(self.advance().span)
        member = Membership(name.text, tuple(values), negated, span, name.span)
        if self.kind is FilterKind.CONDITIONS:
            return member
        plain = print_expression(spread(member))
        raise self.error("filter_in_not_allowed", span, plain if len(values) == 1 else f"({plain})")

    def read_item(self) -> Value:
        value, span = self.read_value(None)
        if isinstance(value, Null):
            raise self.error("filter_null_in_list", span)
        return value

    def read_value(self, operator: Operator | None) -> tuple[Value, Span]:
        token = self.here
        literal = _LITERALS.get(token.text.lower()) if token.kind is TokenKind.WORD else None
        if literal is None and token.kind is TokenKind.WORD and not token.is_word(*_RESERVED):
            raise self.bare_text()
        if token.kind is TokenKind.OPEN and operator in {Operator.EQUALS, Operator.DIFFERS}:
            raise self.error("filter_list_needs_in", token.span)
        made = literal or _make_value(token)
        if made is None:
            raise self.error("filter_value_missing", Span(token.span.position))
        self.advance()
        return made, token.span

    def bare_text(self) -> FilterError:
        """The words up to the next keyword are one value whose quotation marks were forgotten."""
        first = last = self.advance()
        while self.here.kind in {TokenKind.WORD, TokenKind.NUMBER} and not self.here.is_word(*_RESERVED):
            if self.after.kind is TokenKind.OPERATOR or self.after.is_word(*_WORD_OPERATORS):
                break
            last = self.advance()
        span = first.span.to(last.span)
        words = self.text[span.position : span.end]
        return self.error("filter_value_needs_quotes", span, quote(" ".join(words.split())), found=words[:40])

    def check_fit(self, operator: Operator, value: Value, span: Span) -> None:
        if operator in _TEXT_ONLY and not isinstance(value, String):
            written = print_value(value)
            suggestion = quote(written) if isinstance(value, Number) and can_quote(written) else None
            raise self.error("filter_text_needed", span, suggestion, operator=operator.value)
        if operator in _ORDERS and isinstance(value, Boolean | Null):
            raise self.error("filter_no_order", span, operator=operator.value, found=print_value(value))


def _make_value(token: Token) -> Value | None:
    if token.kind is TokenKind.STRING:
        return String(token.text)
    if token.kind is TokenKind.NUMBER:
        return Number(token.text)
    return DateTime(token.text) if token.kind is TokenKind.DATE else None
