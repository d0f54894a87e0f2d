"""From what went wrong on the wire to one `ConnectWiseError` with a stable key.

    before an answer   target_refused  dns_unknown  dns_trouble
                       tcp_refused  tcp_unreachable  tcp_cut  tcp_timeout
                       tls_expired  tls_not_yet_valid  tls_wrong_name  tls_self_signed  tls_unknown_ca
                       tls_incomplete  tls_untrusted  tls_not_spoken  tls_protocol  tls_client_certificate
                       tls_cut  tls_timeout
    while it came      answer_timeout  answer_cut  answer_too_big  answer_unreadable
    the answer says    redirected  cannot_route  filter_refused  request_refused  keys_refused  ssl_required
                       right_missing  blocked  forbidden  endpoint_unknown  not_found  not_connectwise
                       throttled  server_timeout  server_down  server_error
    about a company    company_unknown  company_not_found

Causes are chained only where they cannot carry a request: an `OSError` or an `ssl.SSLError`, never one of aiohttp's.
"""

import errno
import re
import ssl
from collections.abc import Iterator
from typing import Final, Literal, TypeVar

import aiohttp

from bot.domain.errors import ConnectWiseError

_E = TypeVar("_E", bound=BaseException)
Where = Literal["dns", "tcp", "tls", "answer"]


class TargetRefusedError(OSError):
    """The target may not be dialled. Says nothing else: what lies behind a name is nobody's business."""


class NameUnknownError(OSError):
    """The name does not resolve. `temporary` where the resolver itself was in trouble."""

    def __init__(self, *, temporary: bool) -> None:
        self.temporary = temporary
        super().__init__()


class AnswerTooBigError(Exception):
    """The answer is larger than anything ConnectWise sends us, packed or unpacked."""


# OpenSSL's X509_V_ERR_* numbers. 20 and 21 look alike for a server that leaves out its intermediate and for a
# certificate of a private authority; 19 means that the authority was sent along and is not one of ours.
_CERTIFICATE_KEYS: Final = {
    9: "tls_not_yet_valid",
    10: "tls_expired",
    18: "tls_self_signed",
    19: "tls_unknown_ca",
    20: "tls_incomplete",
    21: "tls_incomplete",
    62: "tls_wrong_name",
    64: "tls_wrong_name",
}
_NOT_TLS_REASONS: Final = (
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
)
_CLIENT_CERTIFICATE_REASONS: Final = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "HANDSHAKE_FAILURE_CERT")
_UNREACHABLE: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})
_CUT: Final = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.EINVAL})
_TIMEOUT_KEYS: Final[dict[Where, str]] = {
    "dns": "dns_trouble",
    "tcp": "tcp_timeout",
    "tls": "tls_timeout",
    "answer": "answer_timeout",
}
_WANTS: Final = (ssl.SSLWantReadError, ssl.SSLWantWriteError)  # how a handshake waits, and no failure
_BROKEN: Final = (OSError, aiohttp.ClientError)
_WORDS_LIMIT: Final = 300
_CREDENTIAL_WORDS: Final = re.compile(r"(?i)\b(basic|bearer)\s+[A-Za-z0-9+/=_.~-]{6,}")


def is_of_the_wire(error: BaseException) -> bool:
    """Whether it is the network's, and so becomes a `ConnectWiseError`; anything else passes as it is."""
    return isinstance(error, (AnswerTooBigError, *_BROKEN))


def from_exception(error: BaseException, where: Where) -> ConnectWiseError:
    """The error that an exception of aiohttp, ssl or the system stands for."""
    unknown, tls = _find(error, NameUnknownError), _find(error, ssl.SSLError)
    if isinstance(error, aiohttp.InvalidURL) or _find(error, TargetRefusedError):
        return ConnectWiseError("target_refused")
    if unknown is not None:
        key = "dns_trouble" if unknown.temporary else "dns_unknown"
        return ConnectWiseError(key, transient=unknown.temporary)
    if isinstance(error, AnswerTooBigError):
        return ConnectWiseError("answer_too_big")
    if _is_timeout(error):
        return ConnectWiseError(_TIMEOUT_KEYS[where], transient=True)
    if tls is not None:
        return _from_tls(tls)
    return ConnectWiseError(_broken_key(error, where), transient=True)


def clean_words(text: str, *, secrets: tuple[str, ...] = (), limit: int = _WORDS_LIMIT) -> str:
    """A server's own words as one harmless line.

    No control characters, nothing of a key, at most `limit` long.
    """
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, "•••")
    text = _CREDENTIAL_WORDS.sub("•••", text)
    if not text.isprintable():
        text = "".join(it if it.isprintable() else " " for it in text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _is_timeout(error: BaseException) -> bool:
    """Ours, aiohttp's, or the system's own when it gave up connecting."""
    reason = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return isinstance(reason, TimeoutError)


def _from_tls(error: ssl.SSLError) -> ConnectWiseError:
    reason = (error.reason or "").upper()
    if isinstance(error, ssl.SSLCertVerificationError):
        words = clean_words(str(error.verify_message or ""), limit=120)
        return ConnectWiseError(_CERTIFICATE_KEYS.get(error.verify_code, "tls_untrusted"), message=words)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError) or "UNEXPECTED_EOF" in reason:
        return ConnectWiseError("tls_cut", transient=True)
    if any(it in reason for it in _NOT_TLS_REASONS):
        return ConnectWiseError("tls_not_spoken")
    if any(it in reason for it in _CLIENT_CERTIFICATE_REASONS):
        return ConnectWiseError("tls_client_certificate")
    return ConnectWiseError("tls_protocol", message=reason.replace("_", " ").lower())


def _broken_key(error: BaseException, where: Where) -> str:
    if where == "tls":
        return "tls_cut"
    if where != "tcp":
        return "answer_cut"
    number = next((it.errno for it in _links(error) if isinstance(it, OSError) and it.errno), None)
    if number in _UNREACHABLE:
        return "tcp_unreachable"
    return "tcp_cut" if number in _CUT else "tcp_refused"


def _links(error: BaseException) -> Iterator[BaseException]:
    """The exception and the chain of its causes."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        yield link
        seen.add(id(link))
        link = link.__cause__ or link.__context__


def _find(error: BaseException, kind: type[_E]) -> _E | None:
    """The first exception of a kind along the chain of causes; aiohttp's, which are of many kinds, do not count."""
    return next(
        (
            it
            for it in _links(error)
            if isinstance(it, kind) and not isinstance(it, (*_WANTS, aiohttp.ClientError))
        ),
        None,
    )


def safe_cause(error: BaseException) -> OSError | None:
    """What may be chained behind it."""
    return _find(error, OSError)
