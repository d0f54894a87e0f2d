"""The envelope around a sealed record: bytes that open with one key, at one place, unaltered, or not at all.

    version 1 | length of key id 1 | key id ≤ 32 ascii | salt 32 | commitment 32 | ciphertext | tag 16

Every record has its own AES-256-GCM key. HKDF-SHA-512 expands the root key and a fresh random 32-byte salt
into 76 bytes: the record's key (32), its nonce (12) and the commitment (32). With 256 random bits a salt
never comes twice, so no (key, nonce) pair does either, and a root key may seal without counting, which
AES-GCM with random nonces under one key may not. Deriving the nonce, rather than storing one or fixing it
at zero, costs nothing and leaves no field to misuse.

GCM alone lets one ciphertext open under two keys. The commitment, a hash-based value that only one root key
yields for the salt, closes that; it is compared in constant time before anything is decrypted.

The associated data is the version, the key id and the place (workspace, record, schema, revision), each with
its length before it, so that no two places have the same encoding.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.domain.errors import SealError
from bot.domain.sealing import Place

VERSION: Final = 1
KEY_BYTES: Final = 32
SALT_BYTES: Final = 32
COMMITMENT_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16

_KEY_ID = re.compile(rb"[A-Za-z0-9_-]{1,32}")
_INFO: Final = b"cw-bot envelope v1: record key, nonce, commitment"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed record taken apart; nothing in it has been checked against a key yet."""

    version: int
    key_id: str
    salt: bytes
    commitment: bytes
    ciphertext: bytes


def parse_envelope(sealed: bytes) -> Envelope:
    """Take any bytes apart. Raises `SealError` unless they have the shape of a known version's envelope."""
    start = 2 + (sealed[1] if len(sealed) > 1 else 0)
    body = start + SALT_BYTES + COMMITMENT_BYTES
    if len(sealed) < body + TAG_BYTES or sealed[0] != VERSION or not _KEY_ID.fullmatch(sealed[2:start]):
        raise SealError
    return Envelope(
        version=VERSION,
        key_id=sealed[2:start].decode("ascii"),
        salt=sealed[start : start + SALT_BYTES],
        commitment=sealed[start + SALT_BYTES : body],
        ciphertext=sealed[body:],
    )


def seal_envelope(
    plaintext: bytes, place: Place, *, key_id: str, root_key: bytes, salt: bytes | None = None
) -> bytes:
    """Seal for one place. `salt` is for known-answer tests only; left out, it is random, as it must be."""
    name = key_id.encode("ascii")
    if not _KEY_ID.fullmatch(name):
        raise SealError
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    key, nonce, commitment = _derive(root_key, salt)
    ciphertext = AESGCM(key).encrypt(nonce, plaintext, _associate(VERSION, name, place))
    return bytes((VERSION, len(name))) + name + salt + commitment + ciphertext


def open_envelope(envelope: Envelope, place: Place, *, root_key: bytes) -> bytes:
    """Open what `seal_envelope` sealed for this place. Raises `SealError`, the same for every reason."""
    key, nonce, commitment = _derive(root_key, envelope.salt)
    if not hmac.compare_digest(commitment, envelope.commitment):
        raise SealError
    associated = _associate(envelope.version, envelope.key_id.encode("ascii"), place)
    try:
        return AESGCM(key).decrypt(nonce, envelope.ciphertext, associated)
    except InvalidTag:
        raise SealError from None


def _derive(root_key: bytes, salt: bytes) -> tuple[bytes, bytes, bytes]:
    if len(root_key) != KEY_BYTES or len(salt) != SALT_BYTES:
        raise SealError
    length = KEY_BYTES + NONCE_BYTES + COMMITMENT_BYTES
    derived = HKDF(algorithm=SHA512(), length=length, salt=salt, info=_INFO).derive(root_key)
    return derived[:KEY_BYTES], derived[KEY_BYTES:-COMMITMENT_BYTES], derived[-COMMITMENT_BYTES:]


def _associate(version: int, key_id: bytes, place: Place) -> bytes:
    try:
        parts = (
            version.to_bytes(1, "big"),
            key_id,
            place.team_id.encode(),
            place.record_id.encode(),
            place.schema.encode(),
            place.revision.to_bytes(8, "big"),
        )
    except (UnicodeEncodeError, OverflowError):
        raise SealError from None
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
