"""Looks for secrets where none may be: in clear and in every encoding that something may have put them into."""

import asyncio
import base64
import html
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from bot.store.connection import Client, close, connect
from bot.store.local_key import FILE_NAME
from bot.store.scripts import raw


def encodings(secret: str | bytes) -> set[bytes]:
    """The forms of a secret that are searched for."""
    raw = secret.encode() if isinstance(secret, str) else secret
    # In a longer text base64 has three faces; its ends mix with what is around it.
    inside = {base64.b64encode(b"\0" * pad + raw)[4 if pad else 0 : -4] for pad in range(3)}
    whole = {base64.b64encode(raw), base64.b64encode(raw).rstrip(b"=")}
    packed = inside | whole
    forms = {
        raw,
        raw[::-1],
        raw.hex().encode(),
        raw.hex().upper().encode(),
        repr(raw)[2:-1].encode(),
        *packed,
    }
    forms |= {it.translate(bytes.maketrans(b"+/", b"-_")) for it in packed}
    forms |= {quote(it, safe="").encode() for it in (raw, *packed)}
    return forms | (_of_text(secret) if isinstance(secret, str) else set())


def _of_text(secret: str) -> set[bytes]:
    forms = {
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(secret)[1:-1])[1:-1],  # a text of JSON in JSON, such as private_metadata
        html.escape(secret),
        html.escape(secret, quote=False),
        repr(secret)[1:-1],
        "".join(f"%{byte:02X}" for byte in secret.encode()),
        "".join(f"\\u{ord(letter):04x}" for letter in secret),
    }
    return {it.encode() for it in forms}


def find(secrets: Mapping[str, str | bytes], places: Mapping[str, bytes]) -> list[str]:
    """`secret in place` for every hit."""
    found = []
    for name, secret in secrets.items():
        forms = encodings(secret)
        found += [f"{name} in {place}" for place, content in places.items() if _has(content, forms)]
    return found


def _has(content: bytes, forms: Iterable[bytes]) -> bool:
    return any(form in content for form in forms)


async def read_store(url: str) -> bytes:
    """Every key of a Redis with its value: as it is stored, and readable (what is stored may be compressed)."""
    client = connect(url)
    try:
        return b"\n".join([part async for key in client.scan_iter() for part in await _read_key(client, key)])
    finally:
        await close(client)


async def _read_key(client: Client, key: bytes) -> list[bytes]:
    readers: dict[bytes, Any] = {
        b"string": lambda: client.get(key),
        b"hash": lambda: client.hgetall(key),
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"stream": lambda: client.xrange(key),
        b"none": lambda: asyncio.sleep(0),  # it ran out meanwhile
    }
    value = await readers[raw(await client.type(key))]()
    return [key, await client.dump(key) or b"", *_flatten(value)]


def _flatten(value: Any) -> Iterator[bytes]:
    if isinstance(value, Mapping):
        value = [part for pair in value.items() for part in pair]
    if isinstance(value, bytes | None):
        yield value or b""
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from _flatten(part)
    else:
        yield str(value).encode()


def read_files(folder: Path) -> bytes:
    """All that lies in files below a folder, the append-only file among it; not the key file that belongs there."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != FILE_NAME)
    return b"\n".join(path.read_bytes() for path in files)
