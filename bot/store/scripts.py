"""The Lua files beside this one, run by their digest; each is atomic and may be repeated."""

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from redis.exceptions import NoScriptError

from bot.store.connection import Client
from bot.store.retries import persist


class Script:
    """One Lua file. Calling it retries within the deadline of `bot.store.retries.retrying`."""

    def __init__(self, name: str) -> None:
        self._text = files("bot.store").joinpath(f"{name}.lua").read_text(encoding="utf-8")
        self._digest = hashlib.sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, client: Client, keys: Sequence[str], *args: str | bytes | int) -> Any:
        """Run it. Returns Redis's reply: ints, bytes, None and lists of them."""

        async def attempt() -> Any:
            try:
                return await client.evalsha(self._digest, len(keys), *keys, *args)
            except NoScriptError:
                # A server that restarted, failed over or never saw it.
                return await client.eval(self._text, len(keys), *keys, *args)

        return await persist(attempt)


def text(value: bytes | str | None) -> str:
    """A reply as text; nothing is the empty text."""
    return value.decode() if isinstance(value, bytes) else value or ""


def raw(value: bytes | str) -> bytes:
    """A reply as bytes."""
    return value if isinstance(value, bytes) else value.encode()
