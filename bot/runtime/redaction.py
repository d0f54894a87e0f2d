"""What must not reach the log is taken out where every line passes: by key, by pattern, and by live value.

Values are looked for by how they begin, each place of a text once: they come and go with every submission and check,
thousands of them are known at a time, and neither a line of the log nor a check may take longer for that.
"""

import base64
import html
import json
import re
from collections.abc import Iterable
from typing import Any, Final, NoReturn
from urllib.parse import quote, quote_plus

MASK: Final = "[redacted]"

_SECRET_KEYS = re.compile(
    r"(?i)(private|public)[_ -]?key|secret|token|authorization|cookie|password|passphrase|credential|client[_-]?id|"
    r"response_url|trigger_id|x-slack-signature|state\.values|(?:^|_)body$|payload"
)
_PATTERNS: Final = (
    re.compile(r"xox[a-z]-[A-Za-z0-9-]+|xapp-[A-Za-z0-9-]+|xoxe\.[A-Za-z0-9.-]+"),
    re.compile(r"(?i)\b(basic|bearer)\s+[A-Za-z0-9+/=._~-]{8,}"),
    re.compile(r"https?://hooks\.[^\s\"']+|https?://[^\s\"']*/(?:commands|actions|response)/[^\s\"']+"),
    re.compile(r"(?i)\b(rediss?|(?:rediss?|valkeys?)\+\w+|valkeys?|unix|https?)://[^\s\"'@/]*@"),
    re.compile(r"v0=[0-9a-f]{64}"),
    # A root key as the settings have it.
    re.compile(r"\b[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/_-]{43}(?:=|\b)"),
)
_SHORTEST: Final = 6
_DEEPEST: Final = 12


class Redactor:
    """Masks secrets in anything that is about to be written. Values are registered while they live."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._counts: dict[str, int] = {}
        self._forms: dict[str, tuple[str, ...]] = {}
        # Every form of every value by its first letters: mostly there is one, of one value; else how many have each.
        self._by_beginning: dict[str, str | dict[str, int]] = {}
        self.register(*secrets)

    def __repr__(self) -> str:
        """Without what it knows."""
        return f"Redactor({len(self._counts)} values)"

    def __reduce__(self) -> NoReturn:
        """Never: it knows every secret there is."""
        raise TypeError("a redactor does not pickle")

    def register(self, *secrets: str) -> None:
        """From now on these are masked, in clear and in the usual encodings."""
        for secret in secrets:
            if len(secret) >= _SHORTEST:
                self._counts[secret] = self._counts.get(secret, 0) + 1
                if secret not in self._forms:
                    self._forms[secret] = forms = _forms(secret)
                    for form in forms:
                        self._add(form)

    def forget(self, *secrets: str) -> None:
        """They are gone from memory; as many times as they were registered."""
        for secret in secrets:
            left = self._counts.get(secret, 0) - 1
            if left > 0:
                self._counts[secret] = left
            else:
                self._counts.pop(secret, None)
                for form in self._forms.pop(secret, ()):
                    self._drop(form)

    def text(self, text: str) -> str:
        """The text with every secret masked."""
        if self._by_beginning:
            text = self._mask(text)
        for pattern in _PATTERNS:
            text = pattern.sub(MASK, text)
        return text

    def value(self, value: Any, key: str = "", depth: int = 0) -> Any:
        """The value with secrets masked, however deep; what lies deeper than any record of ours is not written."""
        if key and _SECRET_KEYS.search(key) and value not in (None, "", True, False):
            return MASK
        if isinstance(value, int | float | bool | None):
            return value
        if isinstance(value, dict | list | tuple | set | frozenset):
            return MASK if depth > _DEEPEST else self._many(value, depth + 1)
        return self.text(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))

    def _many(self, values: Any, depth: int) -> Any:
        if isinstance(values, dict):
            return {self.text(str(name)): self.value(item, str(name), depth) for name, item in values.items()}
        return [self.value(item, depth=depth) for item in values]

    def _add(self, form: str) -> None:
        beginning = form[:_SHORTEST]
        same = self._by_beginning.get(beginning)
        if same is None:
            self._by_beginning[beginning] = form
            return
        if isinstance(same, str):
            same = self._by_beginning[beginning] = {same: 1}
        same[form] = same.get(form, 0) + 1

    def _drop(self, form: str) -> None:
        beginning = form[:_SHORTEST]
        same = self._by_beginning[beginning]
        if isinstance(same, dict):
            same[form] -= 1
            if not same[form]:
                del same[form]
            if same:
                return
        del self._by_beginning[beginning]

    def _mask(self, text: str) -> str:
        """Every letter that belongs to any value is gone; values that overlap are masked as one."""
        parts, shown, masked = [], 0, 0
        for at in range(len(text) - _SHORTEST + 1):
            same = self._by_beginning.get(text[at : at + _SHORTEST])
            if same is None:
                continue
            forms = (same,) if isinstance(same, str) else same
            end = at + max((len(it) for it in forms if text.startswith(it, at)), default=0)
            if end > max(masked, at):
                if at >= masked:
                    parts += [text[shown:at], MASK]
                shown = masked = end
        return "".join([*parts, text[shown:]])


def _forms(secret: str) -> tuple[str, ...]:
    raw = secret.encode("utf-8", "surrogatepass")
    # Inside a longer text (`company+public:private`) base64 has three faces; its ends mix with what is around.
    shifted = {
        base64.b64encode(b"\0" * pad + raw).decode()[
            (pad * 8 + 5) // 6 : -4 if (len(raw) + pad) % 3 else None
        ]
        for pad in range(3)
    }
    shifted.add(base64.b64encode(raw).decode())
    urlsafe = {it.replace("+", "-").replace("/", "_") for it in shifted}
    plain = {
        secret,
        raw.hex(),
        raw.hex().upper(),
        quote(secret, safe="", errors="surrogatepass"),
        quote_plus(secret, errors="surrogatepass"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        html.escape(secret),
    }
    # Shortened by a log's own hand, a base64 form may become a common word: then it is left to the other defences.
    return tuple(plain | {it for it in shifted | urlsafe if len(it) >= _SHORTEST})
