"""Values that are masked in everything that is written, for as long as something is done with them and a while after."""

import asyncio
import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from bot.runtime.redaction import Redactor
from bot.vault import KeyRing

# What a submission set in motion goes on behind its ack, and may fail there. Longer than any verification.
_SECONDS: Final = 120.0
# What is to be forgotten within so many seconds is forgotten together: a sweep of checks hides hundreds a second.
_TOGETHER_SECONDS: Final = 2.0

Hide = Callable[..., None]


class Concealment:
    """Registers secrets with the log's redactor and has it forget them. Belongs to one event loop."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._leaving: list[str] | None = None

    @contextmanager
    def __call__(self, *secrets: str) -> Iterator[None]:
        """Masked within, and a while after."""
        self._redactor.register(*secrets)
        try:
            yield
        finally:
            self._forget_later(secrets)

    def hide(self, *secrets: str) -> None:
        """Masked from now on, for a while."""
        self._redactor.register(*secrets)
        self._forget_later(secrets)

    def keep(self, *secrets: str) -> None:
        """Masked for good."""
        self._redactor.register(*secrets)

    def _forget_later(self, secrets: tuple[str, ...]) -> None:
        if self._leaving is None:
            self._leaving = []
            loop = asyncio.get_running_loop()
            loop.call_later(_TOGETHER_SECONDS, self._close)
        self._leaving.extend(secrets)

    def _close(self) -> None:
        leaving, self._leaving = self._leaving or [], None

        def forget() -> None:
            self._redactor.forget(*leaving)

        # Not as arguments: asyncio prints a callback with what it is to be called with.
        asyncio.get_running_loop().call_later(_SECONDS, forget)


def spell(keyring: KeyRing) -> tuple[str, ...]:
    """Root keys in the ways in which they could come into a text: as they are configured, and as bytes are printed."""
    raw = [key.reveal() for key in keyring]
    return tuple(
        text
        for it in raw
        for text in (
            base64.b64encode(it).decode(),
            base64.urlsafe_b64encode(it).decode(),
            it.hex(),
            repr(it)[2:-1],
        )
    )
