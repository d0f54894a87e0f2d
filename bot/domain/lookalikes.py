"""Letters that pass for others: a host name must not contain them, or it is read as another name."""

import unicodedata
from typing import Final

# Lower-case letters that most fonts draw like a Latin one: enough to stop a label made of nothing else.
_DRAWN_AS: Final = {
    **dict(zip("аеіјорсухѕһԁԛԝӏѵүқ", "aeijopcyxshdqwlvyk", strict=True)),  # Cyrillic
    **dict(zip("αιορυνκχτγω", "aiopuvkxtyw", strict=True)),  # Greek
    **dict(zip("օսոհցզքյ", "ounhgqpj", strict=True)),  # Armenian
    **dict(zip("ɑɡıɩʟɴʀɪʏѡ", "agiilnriyw", strict=True)),  # Latin itself
}
_LATIN_DOUBLES: Final = frozenset("ɑɡıɩʟɴʀɪʏ")
# Scripts that one word may mix in honest writing.
_FRIENDS: Final = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)


def script_of(char: str) -> str:
    """The script of a letter by its Unicode name (`LATIN`, `CYRILLIC`, ...); empty for what is no letter."""
    if not unicodedata.category(char).startswith("L"):
        return ""
    return unicodedata.name(char, "").split(" ", 1)[0].split("-", 1)[0]


def name_of(char: str) -> str:
    """The character as a person can look it up: `CYRILLIC SMALL LETTER A (U+0430)`."""
    return f"{unicodedata.name(char, 'an unnamed character')} (U+{ord(char):04X})"


def find_lookalike(host: str) -> str | None:
    """The first letter of a lower-case host that may be taken for another, or None.

    A label is suspect when it mixes scripts that honest words do not mix, when it is made of look-alikes
    alone under a name that is not in that script, or when it uses the Latin alphabet's own doubles.
    """
    labels = host.split(".")
    home = {script_of(it) for it in labels[-1]} - {""}
    for label in labels:
        char = _suspect(label, home)
        if char:
            return char
    return None


def skeleton(host: str) -> str:
    """The host as a hasty reader sees it: look-alikes and accents folded to plain Latin letters."""
    bare = unicodedata.normalize("NFD", host)
    return "".join(_DRAWN_AS.get(it, it) for it in bare if not unicodedata.combining(it))


def _suspect(label: str, home: set[str]) -> str | None:
    foreign = [it for it in label if not it.isascii() and script_of(it)]
    if not foreign:
        return None
    double = next((it for it in foreign if it in _LATIN_DOUBLES), None)
    if double:
        return double
    scripts = {script_of(it) for it in label} - {""}
    if len(scripts) > 1:
        honest = any(scripts <= it for it in _FRIENDS)
        return None if honest else next((it for it in foreign if script_of(it) != "LATIN"), foreign[0])
    drawn = all(it in _DRAWN_AS for it in foreign) and scripts != {"LATIN"}
    return foreign[0] if drawn and not scripts <= home else None
