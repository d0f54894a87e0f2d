"""What people type, checked and tidied before any request is made.

Every function takes text and returns what can be used, or raises `InputError` with a stable key, the field to
blame and parameters that are safe to show. No error, whatever its form, repeats what a key field held.
"""

import base64
import binascii
import re
import unicodedata
import uuid
from dataclasses import dataclass
from typing import Final

from bot.domain.errors import InputError
from bot.domain.fields import (
    FIELD_CLIENT_ID,
    FIELD_COMPANY,
    FIELD_MEMBER,
    FIELD_NAME,
    FIELD_PRIVATE_KEY,
    FIELD_PUBLIC_KEY,
    Field,
)
from bot.domain.hosts import (
    REGIONS,
    ChangeKind,
    CleanHost,
    HostChange,
    Region,
    clean_host,
    describe_change,
    region_host,
)
from bot.domain.text import drop_invisible, has_blank, unwrap

__all__ = [
    "ERROR_KEYS",
    "MAX_MEMBER",
    "MAX_NAME",
    "REGIONS",
    "USUAL_KEY_LENGTH",
    "ChangeKind",
    "CleanHost",
    "HostChange",
    "KeyDoubt",
    "Region",
    "clean_client_id",
    "clean_company",
    "clean_host",
    "clean_keys",
    "clean_member",
    "clean_name",
    "describe_change",
    "doubt_keys",
    "region_host",
]

ERROR_KEYS: Final[dict[str, frozenset[str]]] = {
    "site_unknown": frozenset(),
    "host_missing": frozenset(),
    "host_too_long": frozenset({"limit"}),
    "host_has_userinfo": frozenset(),
    "host_has_blanks": frozenset(),
    "host_scheme_unknown": frozenset({"scheme"}),
    "host_port_invalid": frozenset(),
    "host_invalid": frozenset(),
    "host_ip_not_canonical": frozenset({"example"}),
    "host_lookalike": frozenset({"character", "character_name"}),
    "host_region_missing": frozenset({"domain"}),
    "company_missing": frozenset(),
    "company_looks_like_display_name": frozenset(),
    "company_looks_like_host": frozenset(),
    "company_includes_key": frozenset(),
    "company_invalid": frozenset(),
    "company_too_long": frozenset({"limit"}),
    "member_too_long": frozenset({"limit", "length"}),
    "member_looks_like_email": frozenset(),
    "member_invalid": frozenset(),
    "name_missing": frozenset(),
    "name_too_long": frozenset({"limit", "length"}),
    "name_reserved": frozenset({"name"}),
    "key_missing": frozenset({"which"}),
    "key_has_label": frozenset({"which"}),
    "key_holds_both": frozenset({"which"}),
    "key_has_blanks": frozenset({"which"}),
    "key_has_foreign_characters": frozenset({"which"}),
    "key_looks_like_base64": frozenset({"which"}),
    "key_looks_like_client_id": frozenset({"which"}),
    "key_includes_company": frozenset({"which"}),
    "key_pasted_twice": frozenset({"which"}),
    "key_too_short": frozenset({"which", "length", "usual"}),
    "key_too_long": frozenset({"which", "length", "usual"}),
    "keys_identical": frozenset(),
    "keys_swapped": frozenset(),
    "client_id_not_guid": frozenset(),
}
"""Every key that this module raises, with the parameters its sentence may use."""

MAX_NAME: Final = 75  # an option of a Slack select shows no more
MAX_MEMBER: Final = 15
MAX_COMPANY: Final = 64
USUAL_KEY_LENGTH: Final = 16
MIN_KEY: Final = 10
MAX_KEY: Final = 128
# Words that the slash commands take for themselves.
RESERVED_NAMES: Final = frozenset({"all", "audit", "help"})

_WHICH: Final = {FIELD_PUBLIC_KEY: "public key", FIELD_PRIVATE_KEY: "private key"}
_LABEL: Final = re.compile(r"(?P<kind>public|private)[\s_-]*(?:api)?[\s_-]*key\b\s*[:=]?\s*", re.IGNORECASE)
_PAIR: Final = re.compile(r"[\x21-\x7e]+:[\x21-\x7e]+")
_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
_COMPANY_KEY: Final = re.compile(r"[^+\s]+\+\S{8,}")
_HOST_LIKE: Final = re.compile(r"https?:|//|connectwise(?:dev)?\.|\.(?:com|net)$", re.IGNORECASE)


def clean_name(text: str) -> str:
    """The name of an instance: one line, composed letters, at most `MAX_NAME` characters.

    Raises:
        InputError: `name_missing`, `name_too_long`, `name_reserved`.
    """
    name = " ".join(drop_invisible(unicodedata.normalize("NFC", text)).split())
    if not name:
        raise InputError("name_missing", field=FIELD_NAME)
    if len(name) > MAX_NAME:
        raise InputError("name_too_long", field=FIELD_NAME, limit=MAX_NAME, length=len(name))
    if name.casefold() in RESERVED_NAMES:
        raise InputError("name_reserved", field=FIELD_NAME, name=name)
    return name


def clean_company(text: str) -> str:
    """The short company ID of ConnectWise's sign-in screen, in the spelling that was typed.

    Raises:
        InputError: `company_missing`, or what the text looks like instead.
    """
    company = unwrap(text)
    if not company:
        raise InputError("company_missing", field=FIELD_COMPANY)
    key = _judge_company(company)
    if key == "company_too_long":
        raise InputError(key, field=FIELD_COMPANY, limit=MAX_COMPANY)
    if key:
        raise InputError(key, field=FIELD_COMPANY)
    return company


def clean_member(text: str) -> str:
    """The ID of the API member, at most `MAX_MEMBER` characters; empty stays empty (not all need it).

    Raises:
        InputError: `member_looks_like_email`, `member_too_long`, `member_invalid`.
    """
    member = " ".join(unwrap(text).split())
    if "@" in member:
        raise InputError("member_looks_like_email", field=FIELD_MEMBER)
    if len(member) > MAX_MEMBER:
        raise InputError("member_too_long", field=FIELD_MEMBER, limit=MAX_MEMBER, length=len(member))
    if set(member) & set("\"'\\"):  # it is put between quotation marks in a condition
        raise InputError("member_invalid", field=FIELD_MEMBER)
    return member


def clean_client_id(text: str) -> str:
    """The GUID of the integration in small letters with dashes; empty stays empty.

    Raises:
        InputError: `client_id_not_guid`.
    """
    typed = unwrap(text).lower().removeprefix("urn:uuid:").strip("{}() ")
    if not typed:
        return ""
    if not _GUID.fullmatch(typed) or uuid.UUID(typed).int == 0:
        raise InputError("client_id_not_guid", field=FIELD_CLIENT_ID)
    return str(uuid.UUID(typed))


def clean_keys(public: str, private: str, *, company: str = "", known_public: str = "") -> tuple[str, str]:
    """The pair of API keys without what pasting adds at their ends; nothing visible inside is repaired.

    `company` is the login company, `known_public` the public key in use so far (when keys are rotated). The
    two keys look alike, so a swap is only named where there is evidence: a pasted label, or the known public
    key in the private field. Otherwise ConnectWise's 401 has to tell.

    Raises:
        InputError: on field `public_key` or `private_key`; its parameters never hold any part of a key.
    """
    clean_public = _clean_key(public, FIELD_PUBLIC_KEY, company)
    clean_private = _clean_key(private, FIELD_PRIVATE_KEY, company)
    if clean_public == clean_private:
        raise InputError("keys_identical", field=FIELD_PRIVATE_KEY)
    if known_public and clean_private == known_public:
        raise InputError("keys_swapped", field=FIELD_PRIVATE_KEY)
    for field, own, other in (
        (FIELD_PUBLIC_KEY, clean_public, clean_private),
        (FIELD_PRIVATE_KEY, clean_private, clean_public),
    ):
        if other in own:
            raise InputError("key_holds_both", field=field, which=_WHICH[field])
    return clean_public, clean_private


@dataclass(frozen=True, slots=True)
class KeyDoubt:
    """Something about a key that is unusual, worth saying once ConnectWise has refused it."""

    field: Field
    which: str
    length: int
    usual: int = USUAL_KEY_LENGTH


def doubt_keys(public: str, private: str) -> tuple[KeyDoubt, ...]:
    """Which of two cleaned keys has not the usual number of characters (cut off, or too much selected)."""
    pairs = ((FIELD_PUBLIC_KEY, public), (FIELD_PRIVATE_KEY, private))
    return tuple(KeyDoubt(it, _WHICH[it], len(key)) for it, key in pairs if len(key) != USUAL_KEY_LENGTH)


def _judge_company(company: str) -> str:
    if _HOST_LIKE.search(company):
        return "company_looks_like_host"
    if _COMPANY_KEY.fullmatch(company):
        return "company_includes_key"
    if has_blank(company) or company.endswith((",", ".")) or "," in company:
        return "company_looks_like_display_name"
    if len(company) > MAX_COMPANY:
        return "company_too_long"
    # It becomes one segment of a path, and the part before "+" and ":" of the login.
    return "company_invalid" if set(company) & set("+:/\\?#%@<>") or company.startswith(".") else ""


def _clean_key(text: str, field: Field, company: str) -> str:
    key = unwrap(text)
    problem = _judge_shape(key, field) or _judge_content(key, company)
    if problem == "keys_swapped":
        raise InputError(problem, field=field)
    if problem in {"key_too_short", "key_too_long"}:
        raise InputError(problem, field=field, which=_WHICH[field], length=len(key), usual=USUAL_KEY_LENGTH)
    if problem:
        raise InputError(problem, field=field, which=_WHICH[field])
    return key


def _judge_shape(key: str, field: Field) -> str:
    if not key:
        return "key_missing"
    kinds = {it["kind"].lower() for it in _LABEL.finditer(key)}
    if len(kinds) > 1:
        return "key_holds_both"
    if kinds:
        return "key_has_label" if kinds == {_WHICH[field].split()[0]} else "keys_swapped"
    if key.lower().startswith("basic ") or _is_encoded_login(key):
        return "key_looks_like_base64"
    if has_blank(key):
        return "key_has_blanks"
    return "" if key.isascii() else "key_has_foreign_characters"


def _judge_content(key: str, company: str) -> str:
    if company and key.casefold().startswith(f"{company}+".casefold()):
        return "key_holds_both" if ":" in key else "key_includes_company"
    if ":" in key:
        return "key_holds_both"
    if _GUID.fullmatch(key.strip("{}").lower()) and "-" in key:
        return "key_looks_like_client_id"
    half, odd = divmod(len(key), 2)
    if not odd and half >= MIN_KEY and key[:half] == key[half:]:
        return "key_pasted_twice"
    if len(key) < MIN_KEY:
        return "key_too_short"
    return "key_too_long" if len(key) > MAX_KEY else ""


def _is_encoded_login(key: str) -> bool:
    """Whether the text is base64 of a whole login (`…public:private`); random keys decode to noise."""
    if len(key) <= USUAL_KEY_LENGTH:
        return False
    try:
        decoded = base64.b64decode(key + "=" * (-len(key) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return decoded.isascii() and _PAIR.fullmatch(decoded.decode("ascii")) is not None
