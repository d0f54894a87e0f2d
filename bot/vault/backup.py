"""A backup of records under a passphrase: readable without this bot's keys, and with nothing but the passphrase.

A JSON document: the parameters of scrypt and its salt in clear, and the records in an envelope (`bot.vault.envelope`)
whose root key scrypt makes of the passphrase. The parameters are bound into the envelope, so that nobody can weaken them.
"""

import base64
import secrets
import unicodedata
from typing import Final, Literal

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from bot.domain.errors import SealError
from bot.domain.sealing import Place
from bot.vault.envelope import KEY_BYTES, open_envelope, parse_envelope, seal_envelope

SHORTEST_PASSPHRASE: Final = 12
# 128 MiB and a third of a second for every guess.
DEFAULT_COST: Final = 17
# What a file may ask of whoever opens it: 1 GiB.
_MOST_COST: Final = 20
_LEAST_COST: Final = 10
_BLOCK: Final = 8
_SALT_BYTES: Final = 16
_KEY_ID: Final = "passphrase"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Scrypt(_Document):
    n: int = Field(ge=2**_LEAST_COST, le=2**_MOST_COST)
    r: Literal[8] = 8
    p: Literal[1] = 1
    salt: Base64Bytes = Field(min_length=24, max_length=24)  # as base64: 16 bytes


class _Backup(_Document):
    format: Literal["cw-bot backup 1"] = "cw-bot backup 1"
    scrypt: _Scrypt
    sealed: Base64Bytes


class BackupError(SealError):
    """A backup cannot be made or opened. `str()` is one sentence for the operator, with nothing of its contents."""

    default_key = "seal"

    def __init__(self, sentence: str) -> None:
        super().__init__(None, reason=sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


def seal_backup(content: bytes, passphrase: str, *, cost: int = DEFAULT_COST) -> str:
    """Seal records under a passphrase; the text of the file. Raises `BackupError` where the passphrase is too short."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise BackupError(f"A passphrase must have at least {SHORTEST_PASSPHRASE} characters.")
    salt = secrets.token_bytes(_SALT_BYTES)
    sealed = seal_envelope(content, _place(cost), key_id=_KEY_ID, root_key=_stretch(passphrase, salt, cost))
    # The fields take base64 as it is written in the file.
    scrypt = _Scrypt(n=2**cost, salt=base64.b64encode(salt))
    return _Backup(scrypt=scrypt, sealed=base64.b64encode(sealed)).model_dump_json(indent=1) + "\n"


def open_backup(text: str, passphrase: str) -> bytes:
    """The records again. Raises `BackupError`; a wrong passphrase and an altered file sound the same."""
    cost, salt, sealed = _read(text)
    try:
        return open_envelope(parse_envelope(sealed), _place(cost), root_key=_stretch(passphrase, salt, cost))
    except SealError:
        raise BackupError("The passphrase is wrong, or the file was changed.") from None


def _read(text: str) -> tuple[int, bytes, bytes]:
    try:
        backup = _Backup.model_validate_json(text)
    except ValidationError:
        raise BackupError("The file is no backup of cw-bot.") from None
    cost = backup.scrypt.n.bit_length() - 1
    if backup.scrypt.n != 2**cost:
        raise BackupError("The file is no backup of cw-bot.")
    return cost, backup.scrypt.salt, backup.sealed


def _stretch(passphrase: str, salt: bytes, cost: int) -> bytes:
    # The same passphrase typed on another keyboard may come in other code points.
    secret = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogateescape")
    return Scrypt(salt=salt, length=KEY_BYTES, n=2**cost, r=_BLOCK, p=1).derive(secret)


def _place(cost: int) -> Place:
    return Place(team_id="", record_id=f"scrypt-{cost}-{_BLOCK}-1", schema="backup/1", revision=0)
