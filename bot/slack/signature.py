"""Requests are Slack's or they are nothing: the signature is proved before a byte is parsed or logged.

Slack's rule: `v0=` + HMAC-SHA256 of `v0:{timestamp}:{body}` under the app's signing secret, within five minutes.
"""

import hashlib
import hmac
import re
from typing import Final

WINDOW_SECONDS: Final = 300
_TIMESTAMP = re.compile(r"[0-9]{1,12}\Z", re.ASCII)


class RequestVerifier:
    """Tells whether a body was signed by Slack with our secret, just now."""

    def __init__(self, signing_secret: str) -> None:
        if not signing_secret:
            raise ValueError("the signing secret is empty")
        self._secret = signing_secret.encode()

    def __repr__(self) -> str:
        """Without the secret."""
        return "RequestVerifier()"

    def is_genuine(self, body: bytes, *, timestamp: str, signature: str, now: float) -> bool:
        """Junk in either header is simply not genuine; the comparison takes the same time for every wrong signature."""
        if not _TIMESTAMP.match(timestamp) or abs(now - int(timestamp)) > WINDOW_SECONDS:
            return False
        expected = (
            "v0="
            + hmac.new(self._secret, b"v0:%s:%s" % (timestamp.encode(), body), hashlib.sha256).hexdigest()
        )
        return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))
