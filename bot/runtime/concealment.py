"""Values that are masked in everything that is written, for as long as something is done with them and a while after."""

import asyncio
import base64
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from bot.runtime.redaction import Redactor
from bot.vault import KeyRing

# What a submission set in motion goes on behind its ack, and may fail there.
_SECONDS: Final = 120.0
# What belonged to the last so many that are no more: an error may still be on its way into the log.
_LATELY: Final = 64
# What is to be forgotten within so many seconds is forgotten together: people hide them one by one.
_TOGETHER_SECONDS: Final = 2.0

Hide = Callable[..., None]


class Concealment:
    """Registers secrets with the log's redactor and has it forget them. Belongs to one event loop."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._leaving: list[str] | None = None
        self._ended: deque[tuple[str, ...]] = deque()

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

    def hide_with(self, owner: object, *secrets: str) -> None:
        """Masked from now on, for as long as there is `owner`, and until some others have ended after it.

        Checks are many: were their keys known for minutes, a sweep would leave tens of thousands of them in memory.
        """
        self._redactor.register(*secrets)
        # It may end in any thread, wherever its last reference is given up: forgetting is left to the next one.
        weakref.finalize(owner, self._ended.append, secrets).atexit = False
        while len(self._ended) > _LATELY:
            self._redactor.forget(*self._ended.popleft())

    def keep(self, *secrets: str) -> None:
        """Masked for good."""
        self._redactor.register(*secrets)

    def _forget_later(self, secrets: tuple[str, ...]) -> None:
        if self._leaving is None:
            self._leaving = []
            asyncio.get_running_loop().call_later(_TOGETHER_SECONDS, self._close)
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
