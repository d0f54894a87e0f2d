"""What is wrong with a filter, and where."""

from enum import StrEnum
from typing import Final

from bot.domain.errors import InputError
from bot.domain.fields import Field

CARET_WIDTH: Final = 72

# What of the text is quoted in a sentence.
_SHOWN: Final = 30
_SHOWN_WHOLE: Final = 200


ERROR_KEYS: Final[dict[str, frozenset[str]]] = {
    # The text cannot be read
    "filter_bracket_unclosed": frozenset(),
    "filter_bracket_unopened": frozenset(),
    "filter_character_unknown": frozenset({"found"}),
    "filter_comma_missing": frozenset(),
    "filter_connective_double": frozenset({"found"}),
    "filter_connective_leading": frozenset({"found"}),
    "filter_connective_missing": frozenset(),
    "filter_connective_trailing": frozenset({"found"}),
    "filter_connective_unknown": frozenset({"found"}),
    "filter_date_form": frozenset(),
    "filter_empty": frozenset(),
    "filter_field_invalid": frozenset({"found"}),
    "filter_field_missing": frozenset(),
    "filter_field_quoted": frozenset(),
    "filter_group_empty": frozenset(),
    "filter_in_not_allowed": frozenset(),
    "filter_invisible_character": frozenset(),
    "filter_line_break": frozenset(),
    "filter_list_empty": frozenset(),
    "filter_list_missing": frozenset(),
    "filter_list_needs_in": frozenset(),
    "filter_no_order": frozenset({"found", "operator"}),
    "filter_not_before_field": frozenset(),
    "filter_null_in_list": frozenset(),
    "filter_operator_missing": frozenset({"found"}),
    "filter_operator_unknown": frozenset({"found"}),
    "filter_parenthesis_unclosed": frozenset(),
    "filter_parenthesis_unopened": frozenset(),
    "filter_quote_escape": frozenset(),
    "filter_quote_unclosed": frozenset(),
    "filter_smart_quotes": frozenset(),
    "filter_text_needed": frozenset({"operator"}),
    "filter_too_deep": frozenset({"limit"}),
    "filter_too_long": frozenset({"limit"}),
    "filter_value_missing": frozenset(),
    "filter_value_needs_quotes": frozenset({"found"}),
    # Custom-field conditions
    "filter_caption_needs_equals": frozenset(),
    "filter_custom_form": frozenset({"found"}),
    "filter_custom_needs_caption": frozenset(),
    "filter_custom_needs_value": frozenset(),
    # It can be read, and will not do
    "filter_url_too_long": frozenset({"limit", "used"}),
    "filter_wrong_parameter": frozenset({"belongs", "found"}),
    # Doubts: warnings only
    "filter_and_or_mixed": frozenset(),
    "filter_field_unknown": frozenset({"found"}),
    "filter_like_without_wildcard": frozenset(),
    "filter_reference_needs_part": frozenset({"found"}),
    "filter_value_type": frozenset({"expected", "found"}),
}
"""Every key of this package with the parameters that its sentence may use."""


class FilterKind(StrEnum):
    """The query parameter a text is meant for; the value is that of the modal field (`Field`)."""

    CONDITIONS = Field.CONDITIONS.value
    CHILD = Field.CHILD_CONDITIONS.value
    CUSTOM = Field.CUSTOM_FIELD_CONDITIONS.value


class FilterError(InputError):
    """A filter that ConnectWise would not take, or not take as it is meant.

    Attributes:
        kind: the parameter; `field` is the same as text.
        text: the whole text that was read.
        position: 0-based, at most the text's length (there, when something is missing at the end).
        length: how many characters are to blame; 0 where something is missing.
        suggestion: what to put in place of those characters, or None when it would be a guess.
    """

    def __init__(
        self,
        key: str,
        /,
        *,
        kind: FilterKind,
        text: str,
        position: int,
        length: int = 0,
        suggestion: str | None = None,
        **params: str | int,
    ) -> None:
        super().__init__(key, field=Field(kind.value), **params)
        self.kind = kind
        self.text = text
        self.position = position
        self.length = length
        self.suggestion = suggestion

    @property
    def corrected(self) -> str | None:
        """The whole text with the suggestion put in, or None where there is none."""
        if self.suggestion is None:
            return None
        return self.text[: self.position] + self.suggestion + self.text[self.position + self.length :]

    def hint(self) -> str:
        """Where it is, and what to write instead: one or two plain sentences."""
        found = self.text[self.position : self.position + max(self.length, 1)][:_SHOWN]
        place = f"At character {self.position + 1}: {found}" if found else "At the end of the text."
        corrected = self.corrected
        if corrected is None or len(corrected) > _SHOWN_WHOLE:
            return place
        return f"{place}  Try: {corrected}"

    def caret_line(self) -> str:
        """Two lines for a monospaced block: the text around the fault, and carets under the fault."""
        return render_caret(self.text, self.position, self.length)


def render_caret(text: str, position: int, length: int) -> str:
    """The text around a place, at most `CARET_WIDTH` characters, with carets on the line below."""
    flat = "".join(it if it.isprintable() else " " for it in text)
    start = max(0, min(position - CARET_WIDTH // 2, len(flat) - CARET_WIDTH))
    shown = flat[start : start + CARET_WIDTH]
    carets = "^" * max(1, min(length, len(shown) - (position - start)))
    before, after = ("…" if start else ""), ("…" if start + CARET_WIDTH < len(flat) else "")
    return f"{before}{shown}{after}\n{' ' * (len(before) + position - start)}{carets}"
