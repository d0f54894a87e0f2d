"""What a refusal means: by status and code first, by its words only where both are the same.

ConnectWise's envelope is `{"code", "message", "errors"}`; gateways and firewalls before it answer in HTML or
text.
"""

import email.utils
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from pydantic_core import from_json

from bot.connectwise.answers import ErrorAnswer, one
from bot.connectwise.errors import clean_words
from bot.domain.errors import ConnectWiseError

_RETRY_AFTER_LIMIT: Final = 3600.0
_WORDS_OF_WAITING: Final = re.compile(r"again in (\d{1,5}) second", re.IGNORECASE)
_TAGS: Final = re.compile(r"(?s)<(script|style)\b.*?</\1>|<[^>]*>")
# Which header names the request differs by site and by what stands before it; the first one found is shown.
_REQUEST_ID_HEADERS: Final = ("x-cw-request-id", "x-request-id", "x-correlation-id", "request-id")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer as it came, its JSON parsed where there is any. The body stays out of the repr."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the status is one of the 2xx."""
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str:
        """How the other side calls this request in its own logs, or nothing."""
        found = next((self.headers[it] for it in _REQUEST_ID_HEADERS if it in self.headers), "")
        return clean_words(found, limit=64)

    def json(self) -> Any:
        """The body as JSON. Raises `ConnectWiseError` (`answer_unreadable`) where it is none."""
        try:
            return read_json(self.body)
        except ValueError:
            raise ConnectWiseError("answer_unreadable", status=self.status, transient=True) from None

    def envelope(self) -> ErrorAnswer | None:
        """The error envelope; None where the body is not one."""
        try:
            return one(ErrorAnswer, read_json(self.body))
        except ValueError:
            return None


def read_json(body: bytes) -> Any:
    """What a body says, by pydantic's parser: a role's fifty kilobytes take it half the time. Raises `ValueError`.

    What it is stricter about than Python's own, byte order marks and halves of surrogate pairs among it, is left to that.
    """
    try:
        return from_json(body)
    except ValueError:
        pass
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def explain_refusal(reply: Reply, *, secrets: tuple[str, ...] = ()) -> ConnectWiseError:
    """The error that an answer outside 2xx stands for."""
    envelope = reply.envelope()
    code = (envelope.code or envelope.error) if envelope else ""
    words = envelope.message if envelope else _TAGS.sub(" ", reply.body[:4000].decode("utf-8", "replace"))
    key, transient = _judge(reply.status, code.casefold(), words.casefold(), is_envelope=bool(code))
    request_id = {"request_id": reply.request_id} if reply.request_id else {}
    return ConnectWiseError(
        key,
        status=reply.status,
        code=code or None,
        message=clean_words(words, secrets=secrets),
        retry_after=_retry_after(reply.headers.get("retry-after", ""), words) if transient else None,
        transient=transient,
        **request_id,
    )


def _judge(status: int, code: str, words: str, *, is_envelope: bool) -> tuple[str, bool]:
    if "ssl is required" in words:
        return "ssl_required", False
    judge = _BY_STATUS.get(status)
    if judge is not None:
        return judge(code, words, is_envelope), False
    if status in (408, 425, 429):
        return ("throttled" if status == 429 else "server_timeout"), True
    if status >= 500:
        return _of_server(status, words), True
    return ("redirected" if 300 <= status < 400 else "request_refused"), False


def _of_server(status: int, words: str) -> str:
    if status in (502, 503, 504):
        return "server_down"
    return "server_timeout" if "timeout" in words else "server_error"


def _of_400(code: str, words: str, _: bool) -> str:  # noqa: FBT001 - one signature for the whole table
    if "cannot route" in words:
        return "cannot_route"
    is_filter = code == "apifindcondition" or "condition syntax error" in words
    return "filter_refused" if is_filter else "request_refused"


def _of_403(code: str, _: str, is_envelope: bool) -> str:  # noqa: FBT001 - same
    if code == "security":
        return "right_missing"
    return "forbidden" if is_envelope else "blocked"


def _of_404(code: str, words: str, is_envelope: bool) -> str:  # noqa: FBT001 - same
    if code == "notfound":
        return "not_found"
    if "endpoint does not exist" in words:
        return "endpoint_unknown"
    return "not_found" if is_envelope else "not_connectwise"


_BY_STATUS: Final[dict[int, Callable[[str, str, bool], str]]] = {
    400: _of_400,
    401: lambda _code, _words, _is_envelope: "keys_refused",
    403: _of_403,
    404: _of_404,
}


def _retry_after(header: str, words: str) -> float | None:
    """Seconds to wait: by the header (seconds or a date), else by the sentence; None where neither says."""
    if header.strip().isdecimal():
        return min(float(header), _RETRY_AFTER_LIMIT)
    try:
        until = email.utils.parsedate_to_datetime(header)
    except (ValueError, TypeError, IndexError):
        said = _WORDS_OF_WAITING.search(words)
        return min(float(said[1]), _RETRY_AFTER_LIMIT) if said else None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    seconds = (until - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), _RETRY_AFTER_LIMIT)
