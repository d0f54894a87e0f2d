"""A filter's text cut into tokens."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from bot.domain.filters.errors import FilterError, FilterKind
from bot.domain.filters.nodes import Operator, Span
from bot.domain.filters.printer import can_quote, quote


class TokenKind(StrEnum):
    """What a token is."""

    WORD = "word"
    STRING = "string"
    NUMBER = "number"
    DATE = "date"
    OPERATOR = "operator"
    OPEN = "("
    CLOSE = ")"
    COMMA = ","
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `text` is a string's content without its marks, otherwise what was written."""

    kind: TokenKind
    text: str
    span: Span

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords, whatever its capitals."""
        return self.kind is TokenKind.WORD and self.text.lower() in words


SYMBOLS: Final = frozenset({it.value for it in Operator if not it.isalpha()})
_CORRECTIONS: Final = {
    "==": "=",
    "===": "=",
    "<>": "!=",
    "!==": "!=",
    "=!": "!=",
    "=<": "<=",
    "=>": ">=",
    "≠": "!=",
    "≤": "<=",
    "≥": ">=",
    "&&": "AND",
    "&": "AND",
    "||": "OR",
    "|": "OR",
    "!": "not",
}
_BLANK: Final = re.compile(r"[ \t\r\n]+")
_SYMBOL: Final = re.compile(r"[=!<>&|≠≤≥~]+")
_WORD: Final = re.compile(r"[^\W\d]\w*(?:[/.@:-]\w+)*/?")
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_GLUED: Final = re.compile(r"[\w.@:/-]+")
_DATE: Final = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_EXACT_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_SMART: Final = {**dict.fromkeys("“”„‟«»″", '"'), **dict.fromkeys("‘’‚‛‹›′`´", "'")}
_PLAIN: Final = {"(": TokenKind.OPEN, ")": TokenKind.CLOSE, ",": TokenKind.COMMA}
_JOINERS: Final = "\u200c\u200d"


def tokenize(text: str, kind: FilterKind) -> tuple[Token, ...]:
    """The tokens, the last of them `END`. Raises `FilterError` where no token can be read."""
    scanner = _Scanner(text, kind)
    tokens: list[Token] = []
    while (token := scanner.next()).kind is not TokenKind.END:
        tokens.append(token)
    return (*tokens, token)


def repair_date(text: str) -> str | None:
    """The date in brackets as ConnectWise reads it (UTC where no zone is told), or None for no date."""
    match = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(.*)", text.strip(" \"'"), re.DOTALL)
    if not match:
        return None
    year, month, day, rest = match.groups()
    try:
        moment = datetime.fromisoformat(f"{year}-{int(month):02}-{int(day):02}{rest}")
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return f"[{utc.replace(microsecond=0, tzinfo=None).isoformat()}Z]"


def is_exact_date(text: str) -> bool:
    """Whether the text is a moment of the calendar in the one form that is documented."""
    return _EXACT_DATE.fullmatch(text) is not None and repair_date(text) == f"[{text}]"


class _Scanner:
    """Reads one token after the other."""

    def __init__(self, text: str, kind: FilterKind) -> None:
        self._text = text
        self._kind = kind
        self._at = 0

    def next(self) -> Token:
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
        if self._at == len(self._text):
            return Token(TokenKind.END, "", Span(self._at))
        char = self._text[self._at]
        if char in _PLAIN:
            return self._take(_PLAIN[char], 1)
        if char in "\"'":
            return self._string(char)
        if char == "[":
            return self._date()
        return self._run(char)

    def _run(self, char: str) -> Token:
        if char.isascii() and (char.isdigit() or char == "-"):
            return self._number()
        symbol = _SYMBOL.match(self._text, self._at)
        if symbol:
            return self._symbol(symbol[0])
        word = _WORD.match(self._text, self._at)
        if word:
            return self._take(TokenKind.WORD, len(word[0]))
        raise self._strange(char)

    def _take(self, kind: TokenKind, length: int, *, trim: int = 0) -> Token:
        span = Span(self._at, length)
        self._at += length
        return Token(kind, self._text[span.position + trim : span.end - trim], span)

    def _error(
        self, key: str, length: int, *, at: int | None = None, suggestion: str | None = None, **params: str
    ) -> FilterError:
        position = self._at if at is None else at
        return FilterError(
            key,
            kind=self._kind,
            text=self._text,
            position=position,
            length=length,
            suggestion=suggestion,
            **params,
        )

    def _string(self, mark: str) -> Token:
        end = self._text.find(mark, self._at + 1)
        if end < 0:
            raise self._unclosed(mark)
        for at in range(self._at + 1, end):
            self._check_content(at)
        if self._text[end - 1] == "\\" or self._text[end + 1 : end + 2] == mark:
            at = end - 1 if self._text[end - 1] == "\\" else end
            raise self._error("filter_quote_escape", 2, at=at)
        return self._take(TokenKind.STRING, end + 1 - self._at, trim=1)

    def _check_content(self, at: int) -> None:
        char = self._text[at]
        if char in "\r\n":
            raise self._error("filter_line_break", 1, at=at, suggestion=" ")
        if unicodedata.category(char) in {"Cc", "Cf", "Cs"} and char not in _JOINERS:
            raise self._error("filter_invisible_character", 1, at=at, suggestion="")

    def _unclosed(self, mark: str) -> FilterError:
        for at in range(self._at + 1, len(self._text)):
            if _SMART.get(self._text[at]) == mark:
                return self._smart(at)
        return self._error("filter_quote_unclosed", 1)

    def _smart(self, end: int) -> FilterError:
        content = self._text[self._at + 1 : end]
        # A plain mark may be part of the text where a curly one follows.
        is_sure = self._text[end] in _SMART or not set(self._text[end:]) & _SMART.keys()
        suggestion = quote(content) if is_sure and can_quote(content) else None
        return self._error("filter_smart_quotes", end + 1 - self._at, suggestion=suggestion)

    def _date(self) -> Token:
        end = self._text.find("]", self._at)
        if end < 0:
            raise self._error("filter_bracket_unclosed", 1)
        content = self._text[self._at + 1 : end]
        length = end + 1 - self._at
        if is_exact_date(content):
            return self._take(TokenKind.DATE, length, trim=1)
        as_list = f"({content})" if set(content) & set("\"',") and repair_date(content) is None else None
        raise self._error("filter_date_form", length, suggestion=repair_date(content) or as_list)

    def _number(self) -> Token:
        date = _DATE.match(self._text, self._at)
        if date:
            raise self._error("filter_date_form", len(date[0]), suggestion=repair_date(date[0]))
        number = _NUMBER.match(self._text, self._at)
        glued = _GLUED.match(self._text, self._at)
        run = glued[0] if glued else self._text[self._at]
        if not number or run != number[0]:
            raise self._error("filter_value_needs_quotes", len(run), suggestion=quote(run), found=run[:40])
        return self._take(TokenKind.NUMBER, len(run))

    def _symbol(self, symbol: str) -> Token:
        if symbol in SYMBOLS:
            return self._take(TokenKind.OPERATOR, len(symbol))
        suggestion = _CORRECTIONS.get(symbol)
        raise self._error("filter_operator_unknown", len(symbol), suggestion=suggestion, found=symbol[:40])

    def _strange(self, char: str) -> FilterError:
        if char in _SMART:
            mark = _SMART[char]
            for at in range(self._at + 1, len(self._text)):
                if self._text[at] == mark or _SMART.get(self._text[at]) == mark:
                    return self._smart(at)
            return self._error("filter_smart_quotes", 1, suggestion=mark)
        if char == "]":
            return self._error("filter_bracket_unopened", 1)
        if char.isspace() or not char.isprintable():
            suggestion = " " if char.isspace() else ""
            return self._error("filter_invisible_character", 1, suggestion=suggestion)
        return self._error("filter_character_unknown", 1, found=char)
