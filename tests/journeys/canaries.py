"""Looks for secrets where none may be: in clear and in every encoding that something may have put them into."""

import base64
import io
import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus

from bot.runtime.logging import configure_logging
from bot.sandbox.bench import Sandbox
from bot.store.connection import close, connect


def encodings(secret: str) -> set[bytes]:
    """The forms of a secret that are searched for."""
    raw = secret.encode()
    shifted = {base64.b64encode(b"x" * pad + raw)[4:-4].rstrip(b"=") for pad in range(3)}
    return {
        raw,
        raw[::-1],
        raw.hex().encode(),
        quote(secret, safe="").encode(),
        quote_plus(secret).encode(),
        json.dumps(secret).encode()[1:-1],
        base64.b64encode(raw).rstrip(b"="),
        *shifted,
    }


def find(secrets: Mapping[str, str], places: Mapping[str, bytes]) -> list[str]:
    """`secret in place` for every hit."""
    return [
        f"{name} in {place}"
        for name, secret in secrets.items()
        for place, content in places.items()
        if any(form in content for form in encodings(secret))
    ]


@contextmanager
def listen(sandbox: Sandbox) -> Iterator[io.StringIO]:
    """Everything that is logged, at DEBUG and by whichever library, as it would be written."""
    stream = io.StringIO()
    loud = [
        logging.getLogger(name)
        for name in ("slack_bolt", "slack_sdk", "aiohttp", "httpx", "httpcore", "redis")
    ]
    handler = configure_logging(level="DEBUG", style="json", redactor=sandbox.redactor, stream=stream)
    for logger in loud:
        logger.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        logging.getLogger().removeHandler(handler)
        for logger in loud:
            logger.setLevel(logging.NOTSET)


async def read_store(url: str) -> bytes:
    """Every key and value of a Redis, dumped."""
    client = connect(url)
    try:
        parts = []
        async for key in client.scan_iter():
            parts += [key, await client.dump(key) or b"", await _readable(client, key)]
        return b"\n".join(parts)
    finally:
        await close(client)


async def _readable(client: object, key: bytes) -> bytes:
    """The values unpacked: a dump compresses longer ones."""
    kind = await client.type(key)  # type: ignore[attr-defined]  # the client's commands are untyped
    readers = {
        b"string": lambda: client.get(key),  # type: ignore[attr-defined]  # same
        b"hash": lambda: client.hgetall(key),  # type: ignore[attr-defined]  # same
        b"zset": lambda: client.zrange(key, 0, -1),  # type: ignore[attr-defined]  # same
        b"stream": lambda: client.xrange(key),  # type: ignore[attr-defined]  # same
        b"set": lambda: client.smembers(key),  # type: ignore[attr-defined]  # same
    }
    value = await readers[kind]()
    return value if isinstance(value, bytes) else re.sub(rb"\\x[0-9a-f]{2}", b"", repr(value).encode())


def read_files(folder: Path) -> bytes:
    """All that lies in files below a folder, but for the key file that belongs there."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "encryption.keys")
    return b"\n".join(path.read_bytes() for path in files)
