"""Every switch of the site, in the order in which a page shows them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.sandbox.connectwise.grid import COLUMNS, FUNCTIONS, LEAST, parse_right
from bot.sandbox.connectwise.mood import Choice, Mood
from bot.sandbox.connectwise.resources import RESOURCES, SINGLES
from bot.sandbox.connectwise.world import BOARD_NAMES, LOCATION_NAMES


def _select(
    mood_id: str,
    label: str,
    group: str,
    options: Mapping[Any, str],
    text: str,
    *,
    highest: float | None = None,
) -> Mood:
    """A select whose default is its first option."""
    choices = tuple(Choice(value, name) for value, name in options.items())
    return Mood(mood_id, label, group, "select", choices[0].value, text, choices, highest)


def _toggle(mood_id: str, label: str, group: str, text: str) -> Mood:
    return Mood(mood_id, label, group, "toggle", default=False, help=text)


def _rows(
    mood_id: str, label: str, group: str, names: Sequence[str], text: str, *, rights: bool = False
) -> Mood:
    choices = tuple(Choice(name, name) for name in names)
    return Mood(mood_id, label, group, "rows", (), text, choices, check_row=parse_right if rights else None)


_NETWORK: Final = "Network"
_ANSWERS: Final = "Answers"
_SITE: Final = "Site and company"
_KEYS: Final = "Keys"
_MEMBER: Final = "API member"
_ROLE: Final = "Security role"
_DATA: Final = "Data"

_LEAST_RIGHTS: Final = tuple(
    f"{key}/{column}"
    for key, levels in LEAST.items()
    for column in COLUMNS
    if getattr(levels, column) != "None"
)

_PATHS: Final = tuple(sorted({it.path.rstrip("/") for it in (*SINGLES, *RESOURCES) if "{" not in it.path}))

MOODS: Final[tuple[Mood, ...]] = (
    _select(
        "network",
        "Connections are",
        _NETWORK,
        {
            "open": "accepted",
            "refused": "refused",
            "reset": "reset at once",
            "dropped": "dropped without a word",
            "silent": "accepted, then never answered",
            "cut": "accepted, then cut in the middle of the handshake",
        },
        "What a firewall or a server that is switched off does before any HTTP is spoken.",
    ),
    _select(
        "tls",
        "Certificate",
        _NETWORK,
        {
            "good": "good",
            "self_signed": "self-signed",
            "expired": "expired",
            "not_yet_valid": "not valid yet",
            "wrong_name": "of another host",
            "incomplete_chain": "chain without its intermediate",
            "private_authority": "of an authority of one's own, sent along",
            "wrong_purpose": "made for another purpose",
            "no_common_cipher": "good, with a cipher that nobody else speaks",
            "client_wanted": "good, and one is asked of the client too",
            "plain": "none: the port speaks plain HTTP",
        },
        "The certificate that the site presents to new connections; open ones are dropped.",
    ),
    _select(
        "latency",
        "Every answer takes",
        _NETWORK,
        {0: "no time", 0.2: "0.2 s", 1: "1 s", 2.5: "2.5 s", 5: "5 s (slow)", 30: "30 s"},
        "Seconds that pass before each answer; any number up to 120 may be set.",
        highest=120,
    ),
    _select(
        "answers",
        "Answers are",
        _ANSWERS,
        {
            "normal": "ConnectWise's own",
            "down": "503 with a page (maintenance)",
            "bad_gateway": "502 with a page (proxy)",
            "timeout_500": "500 'A timeout has occured'",
            "error_page": "500 with a page",
            "throttled": "429 with Retry-After",
            "firewall": "403 with a page (firewall)",
            "portal": "200 with a page (captive portal)",
            "redirect": "302 to another host",
            "ssl_required": "403 'SSL is required.'",
            "cannot_route": "400 'Cannot route'",
            "condition_syntax": "400 'Condition Syntax Error'",
            "invalid_object": "400 InvalidObject",
            "unauthorized": "401 Unauthorized",
            "no_permission": "403 Security",
            "forbidden": "403 of another kind",
            "no_endpoint": "404 'The endpoint does not exist.'",
            "not_found": "404 NotFound",
            "not_found_page": "404 with a page",
            "empty": "200 with an empty body",
            "not_json": "200, called JSON, which it is not",
            "truncated": "JSON that breaks off",
            "wrong_types": "JSON of other types than documented",
            "random_bytes": "bytes that are no HTTP",
            "cut": "cut off in the middle of the body",
            "reset": "a reset connection",
            "huge": "10 MB of JSON",
            "gzip_bomb": "100 MB packed into 100 KB",
            "drip": "one byte at a time",
        },
        "What comes instead of the real answer. Narrow it with the three switches below.",
    ),
    _select(
        "answers_where",
        "… for",
        _ANSWERS,
        {"everywhere": "every path", "api": "the API only", "companyinfo": "company discovery only"},
        "Which paths get the answer chosen above.",
    ),
    _rows(
        "answers_paths",
        "… and of it only for",
        _ANSWERS,
        _PATHS,
        "None marked: all of them. A path stands for what lies below it too.",
    ),
    _select(
        "answers_times",
        "… for the next",
        _ANSWERS,
        {0: "requests, without end", 1: "1 request", 2: "2 requests", 3: "3 requests", 5: "5 requests"},
        "After so many answers of that kind the site recovers by itself.",
        highest=1000,
    ),
    _select(
        "retry_after",
        "Retry-After",
        _ANSWERS,
        {30: "30 seconds", 1: "1 second", 120: "2 minutes", "date": "an HTTP date", "absent": "missing"},
        "What a 429 of the mood above says about when to come back.",
        highest=3600,
    ),
    _select(
        "drip_seconds",
        "Seconds between dripped bytes",
        _ANSWERS,
        {0.5: "0.5", 0.05: "0.05", 2: "2"},
        "The pace of 'one byte at a time'.",
        highest=60,
    ),
    _select(
        "rate_limit",
        "Rate limit",
        _ANSWERS,
        {0: "none", 1000: "1,000 requests a minute", 60: "60 a minute", 20: "20 a minute", 5: "5 a minute"},
        "A real limiter: so many requests in any 60 seconds, then 429 until the oldest has aged.",
        highest=100_000,
    ),
    _select(
        "hosting",
        "Hosting",
        _SITE,
        {"cloud": "ConnectWise's cloud", "on_premises": "on-premises"},
        "On-premises says UserNotAuthenticated for wrong keys and IsCloud false.",
    ),
    _select(
        "company",
        "The company",
        _SITE,
        {"known": "exists", "unknown": "does not exist (left, renamed)"},
        "Whether this site knows its company at all.",
    ),
    _select(
        "unknown_company",
        "Discovery of an unknown company",
        _SITE,
        {"null": "200 with null", "404": "404", "html": "200 with a page"},
        "What company discovery answers for a name it does not know.",
    ),
    _select(
        "unknown_login",
        "Login of an unknown company",
        _SITE,
        {"cannot_route": "400 'Cannot route'", "unauthorized": "401 or 404, like wrong keys"},
        "What the API answers when the company in the credentials does not exist.",
    ),
    _select(
        "company_case",
        "Capitals in the company ID",
        _SITE,
        {"ignored": "do not matter", "strict": "matter"},
        "Sources disagree on this, so both are here.",
    ),
    _select(
        "discovery_shape",
        "Discovery answers",
        _SITE,
        {
            "full": "every field",
            "cloud_as_text": "IsCloud as the text 'True'",
            "sparse": "without SiteUrl and AllowedOrigins",
            "other_company_id": "another CompanyID than was asked for",
        },
        "Differences between releases in what company discovery returns.",
    ),
    _toggle(
        "upgraded",
        "ConnectWise was upgraded",
        _SITE,
        "The versioned codebase that discovery named before is gone; v4_6_release goes on working.",
    ),
    _select(
        "client_id",
        "clientId",
        _KEYS,
        {
            "any": "any GUID is accepted",
            "registered": "only the registered one",
            "rejected": "every one is rejected",
        },
        "A clientId that is missing or not a GUID never routes.",
    ),
    _select(
        "keys",
        "Key pairs",
        _KEYS,
        {
            "valid": "both are valid",
            "first_revoked": "the first is deleted, the second valid",
            "second_revoked": "the second is deleted, the first valid",
            "revoked": "both are deleted",
        },
        "The API member has two key pairs, so that rotating can be tried.",
    ),
    _select(
        "auth_failure",
        "Wrong keys answer",
        _KEYS,
        {"401": "401", "404": "404 (seen on the cloud)"},
        "How the API says that company, keys or member are wrong.",
    ),
    _select(
        "member",
        "The API member is",
        _MEMBER,
        {
            "active": "active",
            "inactive": "inactive: 401",
            "flagged": "flagged inactive, but still answered",
        },
        "Whether the member may sign in.",
    ),
    _select(
        "license_class",
        "Licence class",
        _MEMBER,
        {"A": "A (API)", "F": "F (full)", "C": "C (StreamlineIT)", "X": "X (subcontractor)"},
        "An API member has class A; a person's login that was used instead has another.",
    ),
    _select(
        "level",
        "Level",
        _MEMBER,
        {
            "corporate": "Corporate (Level 1): everything",
            "region": "Region (Level 2): its locations",
            "location": "Location (Level 3): one location",
            "unnumbered": "one location, called by its name alone",
        },
        "A lower level of the structure hides the companies of other locations without an error.",
    ),
    _select(
        "location",
        "Location",
        _MEMBER,
        {name: name for name in LOCATION_NAMES},
        "The member's location; it decides what a lower level leaves visible.",
    ),
    _rows(
        "hidden_boards",
        "Restrict Board Access",
        _MEMBER,
        BOARD_NAMES,
        "Boards that are hidden from the member, with their tickets, without an error.",
    ),
    _select(
        "role",
        "Role",
        _ROLE,
        {
            "least": "the least-privilege list, exactly",
            "connect": "only the two rows needed to connect",
            "admin": "an administrator's",
            "nothing": "None everywhere",
        },
        "What the role 'Rewst API' grants before the changes below.",
    ),
    _rows("rights_missing", "Levels taken away", _ROLE, _LEAST_RIGHTS, "These levels are None.", rights=True),
    _rows(
        "rights_my",
        "Levels at My",
        _ROLE,
        _LEAST_RIGHTS,
        "These levels are My where they were All.",
        rights=True,
    ),
    _rows(
        "rights_excess",
        "Levels granted beyond the list",
        _ROLE,
        tuple(function.key for function in FUNCTIONS),
        "These functions are All (Module/Function/level for one level alone).",
        rights=True,
    ),
    _select(
        "my_security",
        "mySecurity",
        _ROLE,
        {
            "answered": "answers",
            "refused": "is refused: 403",
            "missing": "does not exist: 404",
            "empty": "is empty",
            "new_levels": "answers with a level of a new kind",
        },
        "Whether the member may read its own effective rights.",
    ),
    _select(
        "spelling",
        "Spelling of functions",
        _ROLE,
        {"guide": "as in the guide", "variant": "variants of other releases"},
        "Plurals, dashes and names of modules differ between releases.",
    ),
    _select(
        "table_setup",
        "Table Setup (customize)",
        _ROLE,
        {
            "all": "every table allowed",
            "no_service_board": "every table but Service / Service Board",
            "only_service_board": "Service / Service Board alone",
            "nothing": "no table allowed",
        },
        "Table Setup can be narrowed to tables: 403 although the level is All.",
    ),
    _select(
        "customized_as",
        "(customize) is listed",
        _ROLE,
        {"names": "by name", "numbers": "by number"},
        "How the entries behind the (customize) links are identified.",
    ),
    _select(
        "company_status",
        "Company status Active",
        _DATA,
        {
            "normal": "exists",
            "renamed": "is called Current Customer",
            "deleted": "is deleted, no company has it",
        },
        'With another name, a filter on status/name="Active" matches nothing.',
    ),
    _select(
        "company_type",
        "Company type Client",
        _DATA,
        {"normal": "exists", "renamed": "is called Managed Customer"},
        "With another name, child conditions on types/name match nothing.",
    ),
    _toggle(
        "board_status_deleted",
        "Status In Progress is deleted",
        _DATA,
        "The status In Progress is gone from every board.",
    ),
    _toggle("no_companies", "No companies", _DATA, "The company list is empty."),
)
