"""Requests to the app, signed as Slack signs them (v0)."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

USER_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class SignedRequest:
    """What goes over the wire: `headers` and the exact `body` that was signed."""

    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of X-Slack-Signature."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def signed_request(
    body: Mapping[str, Any] | str | bytes,
    *,
    secret: str,
    timestamp: float,
    as_json: bool = False,
    headers: Mapping[str, str] | None = None,
) -> SignedRequest:
    """A signed request: a mapping is sent as a form (values that are objects as JSON), or as JSON with `as_json`."""
    raw = encode_body(body, as_json=as_json)
    stamp = str(int(timestamp))
    base = {
        "Content-Type": "application/json" if as_json else FORM,
        "User-Agent": USER_AGENT,
        "Accept": "application/json,*/*",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": sign(secret, stamp, raw),
    }
    return SignedRequest(base | dict(headers or {}), raw)


def encode_body(body: Mapping[str, Any] | str | bytes, *, as_json: bool) -> bytes:
    """The bytes of a body."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if as_json:
        return json.dumps(body).encode()
    return urlencode({k: v if isinstance(v, str) else json.dumps(v) for k, v in body.items()}).encode()
