"""Who may sign in: the company, the members that have keys, and reading Authorization."""

import base64
import binascii
import hashlib
import hmac
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.sandbox.connectwise.world import ADMIN_MEMBER, API_MEMBER

COMPANY: Final = "brightwater"
COMPANY_NAME: Final = "Brightwater Managed Services"
CLIENT_ID: Final = "4f5d0c1e-7a1b-4c55-9a39-2f6d5b8e6a10"
_ALPHABET: Final = string.ascii_letters + string.digits


def _made_up(label: str) -> str:
    """Sixteen letters and digits, the look of ConnectWise's keys; the same at every start, and no secret."""
    digest = hashlib.sha256(f"connectwise sandbox: {label}".encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:16])


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The two keys of one entry in a member's API Keys tab."""

    public: str
    private: str = field(repr=False)


def _pair(label: str) -> KeyPair:
    return KeyPair(_made_up(f"{label} public"), _made_up(f"{label} private"))


FIRST_PAIR: Final = _pair("first")
SECOND_PAIR: Final = _pair("second")
ADMIN_PAIR: Final = _pair("admin")


@dataclass(frozen=True, slots=True)
class Login:
    """What an Authorization header says."""

    company: str
    public: str
    private: str = field(repr=False)


def read_authorization(header: str | None) -> Login | None:
    """`Basic base64(company+public:private)`, or None where the header is missing or something else."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    user, colon, private = text.partition(":")
    company, plus, public = user.partition("+")
    return Login(company, public, private) if colon and plus else None


def find_member(login: Login, revoked: Sequence[KeyPair]) -> str | None:
    """The identifier of the member whose keys these are; None where there is none."""
    holders = ((FIRST_PAIR, API_MEMBER), (SECOND_PAIR, API_MEMBER), (ADMIN_PAIR, ADMIN_MEMBER))
    for pair, identifier in holders:
        if pair not in revoked and pair.public == login.public:
            matches = hmac.compare_digest(pair.private.encode(), login.private.encode())
            return identifier if matches else None
    return None
