"""What a request is called: in every line of the log that it causes, and in what people are told of its errors.

Whatever is started in its course inherits it, background tasks too; durable jobs carry it along (`Job.reference`).
"""

import secrets
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("reference", default="")


def current_reference() -> str:
    """The reference of what is under way; empty where nobody asked for it."""
    return _current.get()


class referred:  # noqa: N801 - it is used as a function; a class because it stands before every ack
    """Give what happens in here a reference: this one, or a fresh one."""

    __slots__ = ("_reference", "_token")

    def __init__(self, reference: str = "") -> None:
        self._reference = reference or secrets.token_hex(4)

    def __enter__(self) -> str:
        self._token = _current.set(self._reference)
        return self._reference

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)
