"""The language of `conditions`: text in, a tree of comparisons out, or ConnectWise's complaint."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NoReturn


class ConditionError(Exception):
    """The text is not a condition; the message is ConnectWise's."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`name operator value`; `negated` for a `not` before the operator.

    The value is a string, number, bool, aware datetime or None; a tuple of those for `in`.
    """

    name: str
    operator: str
    value: Any
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined by `and` or by `or`."""

    joint: str
    parts: tuple["Condition", ...]


Condition = Comparison | Group


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


_TOKEN: Final = re.compile(
    r"""(?P<blank>\s+)
      | (?P<string>"[^"]*"|'[^']*')
      | (?P<moment>\[[^\]]*\])
      | (?P<number>-?\d+(?:\.\d+)?(?![\w/]))
      | (?P<operator><=|>=|!=|=|<|>)
      | (?P<mark>[(),])
      | (?P<word>[A-Za-z_]\w*(?:/\w+)*)
      | (?P<other>\S+)""",
    re.VERBOSE,
)
_WORD_OPERATORS: Final = frozenset({"like", "contains", "in"})
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_KEYWORDS: Final = _WORD_OPERATORS | {"and", "or", "not"} | frozenset(_CONSTANTS)
_DEEPEST: Final = 50


def parse(text: str, *, allow_in: bool = True) -> Condition:
    """The tree of a condition. Raises ConditionError.

    Child and custom-field conditions know no `in`: `allow_in` is False for them.
    """
    return _Parser(text, allow_in=allow_in).parse()


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "blank":
            yield _Token(str(match.lastgroup), match.group(), match.start())
    yield _Token("end", "", len(text))


def read_moment(text: str) -> datetime | None:
    """A date-time of UTC in whole seconds (`2016-08-20T18:04:26Z`), or None where it is something else."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


class _Parser:
    """Recursive descent: or < and < comparison or parentheses."""

    def __init__(self, text: str, *, allow_in: bool) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0
        self._allow_in = allow_in

    def parse(self) -> Condition:
        tree = self._any_of()
        if self._token.kind != "end":
            self._fail()
        return tree

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._token
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _is(self, text: str) -> bool:
        return self._token.kind in {"word", "mark"} and self._token.text.casefold() == text

    def _fail(self, token: _Token | None = None) -> NoReturn:
        culprit = token or self._token
        before = self._text[: culprit.start]
        line = before.count("\n") + 1
        character = culprit.start - (before.rfind("\n") + 1) + 1
        place = f"Line {line}, Character {character}"
        raise ConditionError(f"Condition Syntax Error ({place}) - Unrecognized value: {culprit.text}")

    def _any_of(self) -> Condition:
        return self._joined("or", self._all_of)

    def _all_of(self) -> Condition:
        return self._joined("and", self._one)

    def _joined(self, joint: str, part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self._is(joint):
            self._next()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Group(joint, tuple(parts))

    def _one(self) -> Condition:
        if not self._is("("):
            return self._comparison()
        if self._depth >= _DEEPEST:
            self._fail()
        self._depth += 1
        self._next()
        inner = self._any_of()
        if not self._is(")"):
            self._fail()
        self._next()
        self._depth -= 1
        return inner

    def _comparison(self) -> Comparison:
        name = self._next()
        if name.kind != "word" or name.text.casefold() in _KEYWORDS:
            self._fail(name)
        negated = self._is("not")
        if negated:
            self._next()
        operator = self._next()
        if operator.kind == "operator":
            return Comparison(name.text, operator.text, self._value(), negated)
        if operator.kind != "word" or operator.text.casefold() not in _WORD_OPERATORS:
            self._fail(operator)
        return self._word_comparison(name.text, operator, negated=negated)

    def _word_comparison(self, name: str, operator: _Token, *, negated: bool) -> Comparison:
        word = operator.text.casefold()
        if word == "in":
            if not self._allow_in:
                self._fail(operator)
            return Comparison(name, word, self._list(), negated)
        token = self._token
        value = self._value()
        if not isinstance(value, str):
            self._fail(token)
        return Comparison(name, word, value, negated)

    def _list(self) -> tuple[Any, ...]:
        if not self._is("("):
            self._fail()
        self._next()
        values = [self._value()]
        while self._is(","):
            self._next()
            values.append(self._value())
        if not self._is(")"):
            self._fail()
        self._next()
        return tuple(values)

    def _value(self) -> Any:
        token = self._next()
        if token.kind == "string":
            return token.text[1:-1]
        if token.kind == "number":
            return float(token.text) if "." in token.text else int(token.text)
        if token.kind == "moment":
            moment = read_moment(token.text[1:-1])
            return moment if moment is not None else self._fail(token)
        if token.kind != "word" or token.text.casefold() not in _CONSTANTS:
            self._fail(token)
        return _CONSTANTS[token.text.casefold()]
