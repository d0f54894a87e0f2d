"""What ConnectWise says when it says no: statuses and bodies as they were seen."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

JSON: Final = "application/json; charset=utf-8"
TEXT: Final = "text/plain; charset=utf-8"
HTML: Final = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: status, body, content type and further headers."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusalError(Exception):
    """The request ends here, with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def as_json(value: Any, status: int = 200) -> Answer:
    """A JSON body."""
    return Answer(status, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def _envelope(
    status: int, code: str, message: str, errors: Sequence[Mapping[str, str]] | None = None
) -> Answer:
    return as_json({"code": code, "message": message, "errors": errors}, status)


def html(status: int, title: str, text: str) -> Answer:
    """A page for a browser, where a program expected JSON."""
    head, body = f"<head><title>{title}</title></head>", f"<body><h1>{title}</h1><p>{text}</p></body>"
    return Answer(status, f"<!DOCTYPE html><html>{head}{body}</html>".encode(), HTML)


def cannot_route() -> Answer:
    """The gateway cannot map path, company or clientId."""
    return Answer(400, b"Cannot route. Codebase/company is invalid", TEXT)


def bad_condition(message: str) -> Answer:
    """A filter that cannot be understood."""
    return _envelope(400, "ApiFindCondition", message)


def invalid(resource: str, field_name: str, message: str) -> Answer:
    """A parameter that does not validate."""
    error = {"code": "NotFound", "message": message, "resource": resource, "field": field_name, "details": ""}
    return _envelope(400, "InvalidObject", f"{resource} object is invalid", [error])


def unauthorized(*, on_premises: bool) -> Answer:
    """Keys, company or member wrong; an on-premises server words it in another way."""
    if on_premises:
        return as_json({"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}, 401)
    return _envelope(401, "Unauthorized", "You are not authorized to perform this action.")


def forbidden() -> Answer:
    """The role lacks a function."""
    return _envelope(403, "Security", "You do not have security permission to perform this action.")


def not_allowed() -> Answer:
    """Refused for another reason than the role, by whatever stands before ConnectWise."""
    return _envelope(403, "AccessDenied", "Access from this address is not allowed.")


def ssl_required() -> Answer:
    """A cloud web host was asked for the API."""
    return _envelope(403, "Security", "SSL is required.")


def no_endpoint() -> Answer:
    """Nothing is routed at this path."""
    return as_json({"code": "ConnectWiseApi", "message": "The endpoint does not exist."}, 404)


def not_found(resource: str, record_id: str) -> Answer:
    """No such record (on the cloud also: a company or keys that it does not know)."""
    return _envelope(404, "NotFound", f"{resource} {record_id} not found")


def throttled(seconds: int, retry_after: str | None = None) -> Answer:
    """Too many requests: `error` where everything else says `code`."""
    answer = as_json(
        {"error": "ConnectWiseAPI", "message": f"Too many requests. Please try again in {seconds} seconds."},
        429,
    )
    after = str(seconds) if retry_after is None else retry_after
    headers = {"Retry-After": after} if after else {}
    return Answer(answer.status, answer.body, answer.content_type, headers)


def timed_out() -> Answer:
    """The server's own time-out, in its own spelling."""
    return as_json({"code": "ConnectWiseApi", "message": "A timeout has occured. Please try again."}, 500)
