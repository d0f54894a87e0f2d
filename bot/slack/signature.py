"""Requests are Slack's or they are nothing: the signature is proved before a byte is parsed or logged.

Slack's rule: `v0=` + HMAC-SHA256 of `v0:{timestamp}:{body}` under the app's signing secret, within five minutes.
"""

import hashlib
import hmac
import re
from typing import Final

WINDOW_SECONDS: Final = 300
_TIMESTAMP = re.compile(r"[0-9]{1,12}\Z", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}\Z", re.ASCII)


class RequestVerifier:
    """Tells whether a body was signed by Slack with our secret, just now."""

    def __init__(self, signing_secret: str) -> None:
        if not signing_secret:
            raise ValueError("the signing secret is empty")
        self._secret = signing_secret.encode()

    def __repr__(self) -> str:
        """Without the secret."""
        return "RequestVerifier()"

    def is_plausible(self, *, timestamp: str, signature: str, now: float) -> bool:
        """Whether the two headers could belong to a genuine request: before its body is worth reading."""
        if not _TIMESTAMP.match(timestamp) or not _SIGNATURE.match(signature):
            return False
        return abs(now - int(timestamp)) <= WINDOW_SECONDS

    def is_genuine(self, body: bytes, *, timestamp: str, signature: str, now: float) -> bool:
        """Junk in either header is simply not genuine; the comparison takes the same time for every wrong signature."""
        if not self.is_plausible(timestamp=timestamp, signature=signature, now=now):
            return False
        signed = hmac.new(self._secret, b"v0:%s:%s" % (timestamp.encode(), body), hashlib.sha256)
        return hmac.compare_digest(f"v0={signed.hexdigest()}".encode(), signature.encode())
