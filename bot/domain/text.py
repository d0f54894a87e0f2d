"""What pasting does to text, undone: invisible characters, and blanks and quotation marks at the ends."""

import unicodedata
from typing import Final

QUOTES: Final = "\"'`‘’‚‛“”„‟«»‹›′″"
DASHES: Final = "‐‑‒–—―−﹘﹣－"
_HYPHENS: Final = dict.fromkeys(map(ord, DASHES), "-")
_BLANKS: Final = " \t\r\n\v\f\u0085\u00a0\u2028\u2029\u3000"


def drop_invisible(text: str) -> str:
    """The text without zero-width characters, bidi marks, soft hyphens, and controls that are no blanks."""
    return "".join(it for it in text if it in _BLANKS or unicodedata.category(it) not in {"Cf", "Cc", "Cs"})


def unwrap(text: str) -> str:
    """The text without invisible characters, and without blanks and quotation marks at its ends."""
    return drop_invisible(text).strip(QUOTES + _BLANKS)


def has_blank(text: str) -> bool:
    """Whether any blank of any kind, line breaks included, is in the text."""
    return any(it.isspace() for it in text)


def fold_dashes(text: str) -> str:
    """The text with every dash of typography turned into the hyphen of the keyboard."""
    return text.translate(_HYPHENS)
