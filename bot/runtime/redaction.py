"""What must not reach the log is taken out where every line passes: by key, by pattern, and by live value."""

import base64
import json
import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote, quote_plus

MASK: Final = "[redacted]"

_SECRET_KEYS = re.compile(
    r"(?i)(private|public)[_ -]?key|secret|token|authorization|password|passphrase|credential|client[_-]?id|"
    r"response_url|trigger_id|x-slack-signature|state\.values|(?:^|_)body$|payload"
)
_PATTERNS: Final = (
    re.compile(r"xox[a-z]-[A-Za-z0-9-]+|xapp-[A-Za-z0-9-]+|xoxe\.[A-Za-z0-9.-]+"),
    re.compile(r"(?i)\b(basic|bearer)\s+[A-Za-z0-9+/=._~-]{8,}"),
    re.compile(r"https?://hooks\.[^\s\"']+|https?://[^\s\"']*/(?:commands|actions|response)/[^\s\"']+"),
    re.compile(r"(?i)\b(rediss?|redis\+\w+)://[^\s\"'@]*@"),
    re.compile(r"v0=[0-9a-f]{64}"),
)
_SHORTEST = 6


class Redactor:
    """Masks secrets in anything that is about to be written. Values are registered while they live."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._counts: dict[str, int] = {}
        self._pattern: re.Pattern[str] | None = None
        self.register(*secrets)

    def __repr__(self) -> str:
        """Without what it knows."""
        return f"Redactor({len(self._counts)} values)"

    def register(self, *secrets: str) -> None:
        """From now on these are masked, in clear and in the usual encodings."""
        for secret in secrets:
            if len(secret) >= _SHORTEST:
                self._counts[secret] = self._counts.get(secret, 0) + 1
        self._compile()

    def forget(self, *secrets: str) -> None:
        """They are gone from memory; as many times as they were registered."""
        for secret in secrets:
            left = self._counts.get(secret, 0) - 1
            if left > 0:
                self._counts[secret] = left
            else:
                self._counts.pop(secret, None)
        self._compile()

    def text(self, text: str) -> str:
        """The text with every secret masked."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        for pattern in _PATTERNS:
            text = pattern.sub(MASK, text)
        return text

    def value(self, value: Any, key: str = "") -> Any:
        """The value with secrets masked, however deep."""
        if key and _SECRET_KEYS.search(key) and value not in (None, "", True, False):
            return MASK
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(name)): self.value(item, str(name)) for name, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item) for item in value]
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "replace"))
        return value if isinstance(value, int | float | bool | None) else self.text(str(value))

    def _compile(self) -> None:
        forms = {form for secret in self._counts for form in _forms(secret)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = (
            re.compile("|".join(re.escape(form) for form in longest_first)) if longest_first else None
        )


def _forms(secret: str) -> set[str]:
    raw = secret.encode()
    return {
        secret,
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        raw.hex(),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
    }
