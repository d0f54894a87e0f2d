"""What a request is called: in every line of the log that it causes, and in what people are told of its errors.

Whatever is started in its course inherits it, background tasks too; durable jobs carry it along (`Job.reference`).
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("reference", default="")


def current_reference() -> str:
    """The reference of what is under way; empty where nobody asked for it."""
    return _current.get()


@contextmanager
def referred(reference: str = "") -> Iterator[str]:
    """Give what happens in here a reference: this one, or a fresh one."""
    name = reference or secrets.token_hex(4)
    token = _current.set(name)
    try:
        yield name
    finally:
        _current.reset(token)
