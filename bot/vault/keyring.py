"""The ring of root keys: the first seals, all open; read from a setting or from a private file."""

import base64
import binascii
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NoReturn, Self

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.domain.errors import SealError
from bot.domain.sealing import Place
from bot.vault.envelope import KEY_BYTES, open_envelope, parse_envelope, seal_envelope

_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{43}=?")
_FILE_BYTES: Final = 64 * 1024
_CHECK_INFO: Final = b"cw-bot key check v1"
_CHECK_BYTES: Final = 8


class KeyRingError(SealError):
    """The keys cannot be used. `str()` is one sentence for the operator: ids and paths, never a key."""

    default_key = "keyring"

    def __init__(self, sentence: str) -> None:
        super().__init__(None, reason=sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


class RootKey:
    """One root key and its id. Shows its id only, and does not pickle."""

    __slots__ = ("_secret", "id")

    def __init__(self, key_id: str, secret: bytes) -> None:
        if not _ID.fullmatch(key_id):
            raise KeyRingError("A key id has 1 to 32 of the characters A-Z, a-z, 0-9, _ and -.")
        if len(secret) != KEY_BYTES:
            raise KeyRingError(f"Key {key_id} must be {KEY_BYTES} bytes long.")
        self.id = key_id
        self._secret = secret

    def __repr__(self) -> str:
        return f"RootKey({self.id})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a root key does not pickle")

    @classmethod
    def parse(cls, text: str, *, position: int) -> Self:
        """From `id:base64`; `position` (from 1) names the entry where the id cannot be trusted."""
        key_id, colon, encoded = text.partition(":")
        if not colon or not _ID.fullmatch(key_id):
            # Whatever stands before the colon may be a key pasted without its id: it is not repeated.
            raise KeyRingError(f"Encryption key number {position} is not written as id:base64.")
        return cls(key_id, _decode(key_id, encoded))

    @property
    def check_value(self) -> str:
        """16 hex digits that tell whether this is the same key again; one-way, so safe to store and show."""
        hkdf = HKDF(algorithm=SHA512(), length=_CHECK_BYTES, salt=None, info=_CHECK_INFO)
        return hkdf.derive(self._secret).hex()

    def reveal(self) -> bytes:
        """The key itself."""
        return self._secret


class KeyRing:
    """Root keys in the order of the setting: the first seals, all of them open."""

    def __init__(self, keys: Iterable[RootKey]) -> None:
        self._keys: dict[str, RootKey] = {}
        for key in keys:
            if key.id in self._keys:
                raise KeyRingError(f"The key id {key.id} is given twice.")
            self._keys[key.id] = key
        if not self._keys:
            raise KeyRingError("No encryption key is given. Make one with: cw-bot keys generate")

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"

    def __iter__(self) -> Iterator[RootKey]:
        return iter(self._keys.values())

    def __len__(self) -> int:
        return len(self._keys)

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `id:base64,id:base64`; a line break is as good as a comma, `#` starts a comment line."""
        lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
        entries = [entry.strip() for line in lines for entry in line.split(",") if entry.strip()]
        return cls(RootKey.parse(entry, position=number) for number, entry in enumerate(entries, 1))

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """From a file that only its owner can reach. Raises `KeyRingError` when others may read it."""
        return cls.parse(_read_private(path))

    @property
    def primary(self) -> RootKey:
        """The key that seals."""
        return next(iter(self))

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids, the sealing one first."""
        return tuple(self._keys)

    def find(self, key_id: str) -> RootKey | None:
        """The key of that id."""
        return self._keys.get(key_id)

    def check_values(self) -> Mapping[str, str]:
        """Each id with its check value."""
        return {key.id: key.check_value for key in self}


class EnvelopeSealer:
    """Seals under the ring's first key, opens under whichever sealed; a `bot.domain.sealing.Sealer`."""

    def __init__(self, keyring: KeyRing) -> None:
        self._keyring = keyring

    @property
    def key_id(self) -> str:
        """The id of the key that seals."""
        return self._keyring.primary.id

    def seal(self, plaintext: bytes, place: Place) -> bytes:
        """Seal for one place. Twice the same plaintext gives different bytes."""
        key = self._keyring.primary
        return seal_envelope(plaintext, place, key_id=key.id, root_key=key.reveal())

    def open(self, sealed: bytes, place: Place) -> bytes:
        """Open what was sealed for this place. Raises `SealError`, the same for every reason."""
        envelope = parse_envelope(sealed)
        key = self._keyring.find(envelope.key_id)
        if key is None:
            raise SealError
        return open_envelope(envelope, place, root_key=key.reveal())

    def key_id_of(self, sealed: bytes) -> str:
        """The id of the key that sealed these bytes, read without opening them. Raises `SealError`."""
        return parse_envelope(sealed).key_id


def generate_key(key_id: str) -> str:
    """A fresh random key as `id:base64`, ready for the setting or the file."""
    return (
        f"{RootKey(key_id, secret := secrets.token_bytes(KEY_BYTES)).id}:{base64.b64encode(secret).decode()}"
    )


def _decode(key_id: str, encoded: str) -> bytes:
    plain = encoded.strip().translate(str.maketrans("-_", "+/"))
    if not _BASE64.fullmatch(plain):
        raise KeyRingError(f"Key {key_id} is not {KEY_BYTES} bytes in base64.")
    try:
        return base64.b64decode(plain.rstrip("=") + "=", validate=True)
    except binascii.Error:
        raise KeyRingError(f"Key {key_id} is not {KEY_BYTES} bytes in base64.") from None


def _read_private(path: Path) -> str:
    try:
        with path.open("rb") as file:
            # The opened file is asked, not the path, so that it cannot be exchanged in between.
            _refuse_exposed(path, os.fstat(file.fileno()))
            content = file.read(_FILE_BYTES + 1)
    except OSError as error:
        raise KeyRingError(f"The key file {path} cannot be read: {error.strerror}.") from None
    if len(content) > _FILE_BYTES:
        raise KeyRingError(f"The key file {path} is too long to hold keys.")
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        raise KeyRingError(f"The key file {path} does not hold keys as id:base64.") from None


def _refuse_exposed(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyRingError(f"The key file {path} is not a regular file.")
    if status.st_mode & 0o077:
        raise KeyRingError(f"The key file {path} can be read by other users. Run: chmod 600 {path}")
    if status.st_uid not in (os.geteuid(), 0):
        raise KeyRingError(f"The key file {path} belongs to another user.")
