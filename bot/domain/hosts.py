"""A ConnectWise host, from whatever a person pastes to the host that is dialled, with every change told.

Only the form is judged here. Whether an address may be dialled is the guard's business, which sees what
a name resolves to.
"""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import idna

from bot.domain.errors import InputError
from bot.domain.fields import FIELD_HOST, FIELD_SITE
from bot.domain.lookalikes import find_lookalike, name_of, skeleton
from bot.domain.text import drop_invisible, fold_dashes, has_blank, unwrap


@dataclass(frozen=True, slots=True)
class Region:
    """A cloud of ConnectWise: the host people sign in to and the host the API answers on."""

    key: str
    label: str
    web_host: str
    api_host: str


def _cloud(key: str, label: str, domain: str = "myconnectwise.net") -> Region:
    return Region(key=key, label=label, web_host=f"{key}.{domain}", api_host=f"api-{key}.{domain}")


REGIONS: Final = (
    _cloud("na", "North America"),
    _cloud("eu", "Europe"),
    _cloud("au", "Australia"),
    _cloud("aus", "Australia (aus)"),
    _cloud("za", "South Africa"),
    _cloud("staging", "Staging", "connectwisedev.com"),
)
"""ConnectWise's clouds, in the order of the modal's select."""

CLOUD_DOMAINS: Final = ("myconnectwise.net", "connectwisedev.com")
_REGION_BY_HOST: Final = {host: it for it in REGIONS for host in (it.web_host, it.api_host)}

MAX_TYPED: Final = 2000
_SLACK_LINK: Final = re.compile(r"<([^<>|\s]+)(?:\|[^<>]*)?>")
_SCHEME: Final = re.compile(r"(?P<name>[a-z][a-z0-9+.-]*)://+", re.IGNORECASE)
_TYPO_SCHEME: Final = re.compile(r"https?(?::[/\\]*(?!\d+$)|[/\\]{2,})", re.IGNORECASE)
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
_BRACKETED: Final = re.compile(r"\[([^\[\]]*)\](?::(\d*))?")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMERIC: Final = re.compile(r"\d+|0x[0-9a-f]*")
_DOTS: Final = str.maketrans("。．｡․", "....")


class ChangeKind(StrEnum):
    """What was done to a typed host."""

    INVISIBLE = "invisible"
    BLANKS = "blanks"
    LINK = "link"
    SCHEME = "scheme"
    PATH = "path"
    PORT = "port"
    CAPITALS = "capitals"
    DOT = "dot"
    UNICODE = "unicode"
    IDNA = "idna"
    BRACKETS = "brackets"
    REGION = "region"
    API_HOST = "api_host"


@dataclass(frozen=True, slots=True)
class HostChange:
    """One change: `before` and `after` are the part that changed, plain text (a query is never repeated)."""

    kind: ChangeKind
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CleanHost:
    """A host that can be dialled. `host` and `web_host` carry `:port` unless it is 443.

    `web_host` and `region` (a key of `REGIONS`) are None outside the known clouds.
    """

    host: str
    web_host: str | None
    region: str | None
    is_cloud: bool
    changes: tuple[HostChange, ...] = ()


_SENTENCES: Final = {
    ChangeKind.INVISIBLE: "Removed invisible characters.",
    ChangeKind.BLANKS: "Removed spaces or quotation marks around the host.",
    ChangeKind.LINK: "Unwrapped the link.",
    ChangeKind.SCHEME: "Left out {before}: the connection is always HTTPS.",
    ChangeKind.PATH: "Left out {before}: only the host is needed.",
    ChangeKind.PORT: "Left out {before}: the usual port is used.",
    ChangeKind.CAPITALS: "Wrote the host in small letters: {after}.",
    ChangeKind.DOT: "Removed the dot at the end.",
    ChangeKind.UNICODE: "Replaced special characters by plain ones: {after}.",
    ChangeKind.IDNA: "Wrote the international name {before} the way the network does: {after}.",
    ChangeKind.BRACKETS: "Put brackets around the IPv6 address: {after}.",
    ChangeKind.REGION: "Took {before} for the cloud region {after}.",
    ChangeKind.API_HOST: "Using {after}, where the API of {before} answers.",
}


def describe_change(change: HostChange) -> str:
    """The change as one short plain sentence."""
    return _SENTENCES[change.kind].format(before=change.before, after=change.after)


@dataclass(slots=True)
class _Draft:
    text: str
    scheme: str = "https"
    changes: list[HostChange] = field(default_factory=list)

    def become(
        self, after: str, kind: ChangeKind, *, before: str | None = None, told: str | None = None
    ) -> None:
        """Take `after` as the text and, if it differs, note it (`before` and `told` narrow what is noted)."""
        if after == self.text:
            return
        shown = self.text if before is None else before
        self.changes.append(HostChange(kind, shown, after if told is None else told))
        self.text = after


def clean_host(text: str) -> CleanHost:
    """The host in what a person typed or pasted: a name, a URL of the web client, or an API base URL.

    Raises:
        InputError: on field `host`; one of `ERROR_KEYS`.
    """
    if len(text) > MAX_TYPED:
        raise _refuse("host_too_long", limit=253)
    draft = _Draft(text)
    _strip_wrapping(draft)
    _strip_url(draft)
    name, port = _split_port(draft)
    if isinstance(name, str):
        draft.text = name
        _normalize(draft)
        name = _check_name(draft)
    else:
        _bracket(draft, name)
    return _place(draft, port)


def region_host(key: str) -> CleanHost:
    """The host of a region picked from the select. Raises `InputError` on field `site` for an unknown key."""
    for region in REGIONS:
        if region.key == key:
            return CleanHost(region.api_host, region.web_host, region.key, is_cloud=True)
    raise InputError("site_unknown", field=FIELD_SITE)


def _refuse(key: str, **params: str | int) -> InputError:
    return InputError(key, field=FIELD_HOST, **params)


def _strip_wrapping(draft: _Draft) -> None:
    draft.become(drop_invisible(draft.text), ChangeKind.INVISIBLE, before="", told="")
    draft.become(unwrap(draft.text), ChangeKind.BLANKS, before="", told="")
    link = _SLACK_LINK.fullmatch(draft.text)
    if link:
        draft.become(link[1], ChangeKind.LINK)
    if not draft.text:
        raise _refuse("host_missing")


def _strip_url(draft: _Draft) -> None:
    for _ in range(2):  # "https://https://..." is what pasting behind a prefilled scheme gives
        _strip_scheme(draft)
    authority = re.split(r"[/\\?#]", draft.text, maxsplit=1)[0]
    rest = draft.text[len(authority) :]
    if "@" in authority:
        raise _refuse("host_has_userinfo")
    if rest:
        path = re.split(r"[?#]", rest, maxsplit=1)[0]
        shown = path if len(path) <= 60 else path[:59] + "…"
        draft.become(authority, ChangeKind.PATH, before=shown or "what followed the host", told="")
    draft.become(authority.strip(), ChangeKind.BLANKS, before="", told="")
    if not draft.text:
        raise _refuse("host_missing")
    if has_blank(draft.text):
        raise _refuse("host_has_blanks")


def _strip_scheme(draft: _Draft) -> None:
    match = _SCHEME.match(draft.text) or _TYPO_SCHEME.match(draft.text)
    if not match:
        draft.become(draft.text.removeprefix("//"), ChangeKind.SCHEME, before="//", told="")
        return
    name = (match.groupdict().get("name") or "https").lower()
    if name not in {"http", "https"}:
        raise _refuse("host_scheme_unknown", scheme=name[:20])
    draft.scheme = name
    draft.become(draft.text[match.end() :].lstrip(), ChangeKind.SCHEME, before=match[0], told="")


def _split_port(draft: _Draft) -> tuple[str | ipaddress.IPv6Address, int]:
    text = draft.text.translate({ord("："): ":"})
    bracketed = _BRACKETED.fullmatch(text)
    if bracketed:
        return _check_ipv6(bracketed[1]), _check_port(draft, bracketed[2] or "")
    if text.count(":") > 1:
        return _check_ipv6(text), 443
    name, _, port = text.partition(":")
    if text.endswith(":"):
        draft.changes.append(HostChange(ChangeKind.PORT, ":", ""))
    return name, _check_port(draft, port)


def _check_port(draft: _Draft, typed: str) -> int:
    if not typed:
        return 443
    if not _PORT.fullmatch(typed) or int(typed) > 65535:
        raise _refuse("host_port_invalid")
    port = int(typed)
    if port == 443 or (port == 80 and draft.scheme == "http"):
        draft.changes.append(HostChange(ChangeKind.PORT, f":{port}", ""))
        return 443
    return port


def _check_ipv6(typed: str) -> ipaddress.IPv6Address:
    try:
        address = ipaddress.IPv6Address(typed)
    except ValueError:
        raise _refuse("host_invalid") from None
    if address.scope_id is not None:
        raise _refuse("host_invalid")
    if address.ipv4_mapped is not None:
        raise _refuse("host_ip_not_canonical", example=str(address.ipv4_mapped))
    if typed.lower() != address.compressed:
        raise _refuse("host_ip_not_canonical", example=address.compressed)
    return address


def _bracket(draft: _Draft, address: ipaddress.IPv6Address) -> None:
    if not draft.text.startswith("["):
        draft.changes.append(HostChange(ChangeKind.BRACKETS, str(address), f"[{address}]"))
    if draft.text != draft.text.lower():
        draft.changes.append(HostChange(ChangeKind.CAPITALS, draft.text, f"[{address}]"))
    draft.text = f"[{address}]"


def _normalize(draft: _Draft) -> None:
    plain = unicodedata.normalize("NFKC", draft.text.translate(_DOTS)).translate(_DOTS)
    draft.become(fold_dashes(plain), ChangeKind.UNICODE)
    draft.become(draft.text.removesuffix("."), ChangeKind.DOT)
    draft.become(draft.text.lower(), ChangeKind.CAPITALS)
    if not draft.text:
        raise _refuse("host_missing")


def _check_name(draft: _Draft) -> str:
    readable = _decode_punycode(draft.text)
    _refuse_lookalikes(readable)
    if not draft.text.isascii():
        try:
            encoded = idna.encode(draft.text, uts46=True, std3_rules=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            raise _refuse("host_invalid") from None
        draft.become(encoded, ChangeKind.IDNA)
    name = draft.text
    labels = name.split(".")
    if _NUMERIC.fullmatch(labels[-1]):
        return _check_ipv4(name)
    if len(name) > 253:
        raise _refuse("host_too_long", limit=253)
    if not all(_LABEL.fullmatch(it) for it in labels):
        raise _refuse("host_invalid")
    if name in CLOUD_DOMAINS:
        raise _refuse("host_region_missing", domain=name)
    return name


def _check_ipv4(name: str) -> str:
    try:
        return str(ipaddress.IPv4Address(name))  # refuses octal, hexadecimal, short and whole-number forms
    except ValueError:
        raise _refuse("host_ip_not_canonical", example="192.0.2.1") from None


def _decode_punycode(name: str) -> str:
    try:
        return ".".join(idna.decode(it) if it.startswith("xn--") else it for it in name.split("."))
    except (idna.IDNAError, UnicodeError):
        raise _refuse("host_invalid") from None


def _refuse_lookalikes(name: str) -> None:
    char = find_lookalike(name)
    if char is None and not name.isascii() and skeleton(name).endswith(CLOUD_DOMAINS):
        char = next(it for it in name if not it.isascii())
    if char is not None:
        raise _refuse("host_lookalike", character=char, character_name=name_of(char))


def _place(draft: _Draft, port: int) -> CleanHost:
    suffix = "" if port == 443 else f":{port}"
    region = _REGION_BY_HOST.get(draft.text)
    if region is None and not suffix and draft.text in {it.key for it in REGIONS if it.key != "staging"}:
        region = next(it for it in REGIONS if it.key == draft.text)
        draft.become(region.web_host, ChangeKind.REGION, told=region.label)
    if region is None:
        is_cloud = draft.text.endswith(tuple(f".{it}" for it in CLOUD_DOMAINS))
        return CleanHost(draft.text + suffix, None, None, is_cloud, tuple(draft.changes))
    draft.become(region.api_host, ChangeKind.API_HOST)
    host, web_host = region.api_host + suffix, region.web_host + suffix
    return CleanHost(host, web_host, region.key, is_cloud=True, changes=tuple(draft.changes))
