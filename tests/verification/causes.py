"""Everything that the verdict tells apart: how to bring it about in the sandbox, and how it has to be called.

The numbers are those of the list of what goes wrong (1 to 18); 0 is what is not on it, and the signatures of
ConnectWise's answers one by one.
"""

import socket
from dataclasses import dataclass, field
from typing import Any, Final

from bot.domain.instance import Filter
from bot.domain.report import State
from tests.verification.conftest import keys

REWST_FILTER = Filter(
    conditions='deletedFlag=false AND status/name="Active"', child_conditions='types/name LIKE "Client*"'
)
MEMBERS, SECURITY, COMPANIES = (
    ["/system/myMembers", "/system/apiMembers"],
    ["/system/mySecurity"],
    ["/company/companies"],
)
PROBED = [
    *SECURITY, "/company/configurations", "/company/contacts", "/service/tickets", "/service/boards",
    "/project/projects", "/project/tickets", "/time/entries", "/finance/agreements", "/procurement/catalog",
]  # fmt: skip
UNKNOWN, WARN, OK = State.UNKNOWN, State.WARN, State.OK
NOBODYS: Final = {"credentials": keys("x" * 16, "y" * 16)}


@dataclass(frozen=True, slots=True)
class Cause:
    """One of them.

    Attributes:
        moods: switches of the site.
        target: details that differ from the right ones.
        also: further keys whose sentences the layer says too.
        is_slow: the site keeps one waiting; give up soon.
        is_strict: no network beside the public one may be dialled.
        deadline_seconds: for the whole verdict, where it is to run out.
        resolver: what looking the name up ends in.
        is_again: the second look, over the connections of the first.
    """

    number: int
    what: str
    layer: str
    key: str
    state: State = State.FAIL
    moods: dict[str, Any] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    is_slow: bool = False
    is_strict: bool = False
    deadline_seconds: float | None = None
    resolver: OSError | None = None
    is_again: bool = False

    def __str__(self) -> str:
        return f"{self.number} {self.what}"


def api(answers: str, *paths: str, **more: Any) -> dict[str, Any]:
    """The moods that make calls with keys end like this, at these paths or at all."""
    return {"answers": answers, "answers_where": "api", "answers_paths": list(paths), **more}


FINE = [
    *(Cause(0, f"{layer} is fine", layer, key, OK) for layer, key in (
        ("dns", "dns_ok"), ("tcp", "tcp_ok"), ("tls", "tls_ok"), ("company", "company_ok"), ("keys", "keys_ok"),
        ("member", "member_ok"), ("rights", "rights_ok"), ("filter", "filter_none"))),
    Cause(0, "an open connection", "tcp", "connection_open", OK, is_again=True),
    Cause(0, "a filter that matches", "filter", "filter_ok", OK, target={"filter": REWST_FILTER}),
    Cause(0, "the record cannot be read", "member", "member_ok_partly", OK,
          moods=api("no_permission", "/system/apiMembers")),
    Cause(10, "a level by its name only", "member", "member_ok_level_named", OK, moods={"level": "unnumbered"}),
]  # fmt: skip

NETWORK = [
    Cause(0, "an address that may not be dialled", "dns", "target_refused", is_strict=True),
    Cause(0, "a name of nobody", "dns", "dns_unknown", resolver=socket.gaierror(socket.EAI_NONAME, "")),
    Cause(0, "a resolver in trouble", "dns", "dns_trouble", UNKNOWN, resolver=socket.gaierror(socket.EAI_AGAIN, "")),
    Cause(12, "firewall that refuses", "tcp", "tcp_refused", UNKNOWN, moods={"network": "refused"}),
    Cause(12, "firewall that cuts", "tcp", "tcp_cut", UNKNOWN, moods={"network": "reset"}),
    Cause(12, "firewall that drops", "tcp", "tcp_timeout", UNKNOWN, moods={"network": "dropped"}, is_slow=True),
    # TCP cannot be spoken with a broadcast address, and the system says so at once.
    Cause(12, "no way there", "tcp", "tcp_unreachable", UNKNOWN, target={"host": "127.255.255.255"}),
    Cause(12, "firewall that says nothing", "tls", "tls_timeout", UNKNOWN, moods={"network": "silent"}, is_slow=True),
    Cause(12, "firewall that cuts the handshake", "tls", "tls_cut", UNKNOWN, moods={"network": "cut"}),
    Cause(12, "firewall with a page", "company", "blocked", moods={"answers": "firewall"}),
    Cause(13, "self-signed", "tls", "tls_self_signed", moods={"tls": "self_signed"}),
    Cause(13, "incomplete chain", "tls", "tls_incomplete", moods={"tls": "incomplete_chain"}),
    Cause(13, "expired", "tls", "tls_expired", moods={"tls": "expired"}),
    Cause(13, "not valid yet", "tls", "tls_not_yet_valid", moods={"tls": "not_yet_valid"}),
    Cause(13, "wrong name", "tls", "tls_wrong_name", moods={"tls": "wrong_name"}),
    Cause(13, "an authority of one's own", "tls", "tls_unknown_ca", moods={"tls": "private_authority"}),
    Cause(13, "made for another purpose", "tls", "tls_untrusted", moods={"tls": "wrong_purpose"}),
    Cause(13, "no common cipher", "tls", "tls_protocol", moods={"tls": "no_common_cipher"}),
    Cause(13, "a certificate of ours is wanted", "tls", "tls_client_certificate", moods={"tls": "client_wanted"}),
    Cause(13, "plain HTTP", "tls", "tls_not_spoken", moods={"tls": "plain"}),
]  # fmt: skip

SITE = [
    Cause(1, "web host", "company", "ssl_required", moods={"answers": "ssl_required"}),
    Cause(1, "web host, at the API only", "keys", "ssl_required", moods=api("ssl_required")),
    Cause(3, "company of nobody", "company", "company_unknown", target={"company": "nobody"}),
    Cause(3, "company renamed", "company", "company_unknown", moods={"company": "unknown"}),
    Cause(3, "company that does not route", "company", "company_unknown", moods={"answers": "cannot_route"}),
    Cause(3, "company answered with 404", "company", "company_not_found",
          moods={"company": "unknown", "unknown_company": "404"}),
    Cause(3, "company answered with a page", "company", "not_connectwise",
          moods={"company": "unknown", "unknown_company": "html"}),
    Cause(0, "captive portal", "company", "not_connectwise", moods={"answers": "portal"}),
    Cause(0, "a site without ConnectWise", "company", "not_connectwise", moods={"answers": "not_found_page"}),
    Cause(0, "redirect", "company", "redirected", moods={"answers": "redirect"}),
    Cause(0, "maintenance", "company", "server_down", UNKNOWN, moods={"answers": "down"}),
    Cause(0, "a proxy without its server", "company", "server_down", UNKNOWN, moods={"answers": "bad_gateway"}),
    Cause(0, "its own time-out", "company", "server_timeout", UNKNOWN, moods={"answers": "timeout_500"}),
    Cause(0, "its own error", "company", "server_error", UNKNOWN, moods={"answers": "error_page"}),
    Cause(0, "slow", "company", "answer_timeout", UNKNOWN, moods={"latency": 30}, is_slow=True),
    Cause(0, "too slow altogether", "company", "deadline", UNKNOWN, moods={"latency": 30}, deadline_seconds=1.5),
    Cause(0, "cut off", "company", "answer_cut", UNKNOWN, moods={"answers": "cut"}),
    Cause(0, "10 MB", "company", "answer_too_big", moods={"answers": "huge"}),
    Cause(0, "a gzip bomb", "company", "answer_too_big", moods={"answers": "gzip_bomb"}),
    Cause(17, "throttled", "company", "throttled", UNKNOWN, moods={"answers": "throttled"}),
    Cause(17, "throttled behind the door", "keys", "throttled", UNKNOWN, moods=api("throttled")),
]  # fmt: skip

KEYS = [
    Cause(4, "keys of nobody", "keys", "keys_refused", target=NOBODYS),
    Cause(4, "keys of nobody, on-premises", "keys", "keys_refused", moods={"hosting": "on_premises"}, target=NOBODYS),
    Cause(4, "keys of nobody, as 404", "keys", "keys_not_found", moods={"auth_failure": "404"}, target=NOBODYS),
    Cause(4, "key deleted", "keys", "keys_refused", moods={"keys": "revoked"}),
    Cause(4, "no keys", "keys", "keys_missing", target={"credentials": None}),
    Cause(3, "company unknown to the API alone", "keys", "keys_refused", moods=api("unauthorized")),
    Cause(5, "client id missing", "keys", "client_id_missing", target={"client_id": ""}),
    Cause(5, "client id of nobody", "keys", "client_id_refused", moods={"client_id": "rejected"}),
    Cause(12, "IP restriction of the API", "keys", "forbidden", moods=api("forbidden")),
    Cause(0, "bodies that are no JSON", "keys", "answer_unreadable", UNKNOWN, moods=api("not_json")),
    Cause(11, "member inactive, refused", "keys", "keys_refused", moods={"member": "inactive"}),
]  # fmt: skip

MEMBER = [
    Cause(11, "member inactive, answered", "member", "member_inactive", moods={"member": "flagged"}),
    Cause(11, "keys of another member", "member", "member_other", target={"member": "Somebody"}),
    Cause(0, "no such member", "member", "member_not_found", target={"member": "Somebody"},
          moods=api("no_permission", "/system/myMembers")),
    Cause(0, "who it is cannot be read", "member", "member_unreadable", UNKNOWN, moods=api("no_permission", *MEMBERS)),
    Cause(11, "a person's login", "member", "member_not_api", WARN, moods={"license_class": "F"}),
    Cause(10, "level too low", "member", "member_level_low", WARN, moods={"level": "location"}),
    Cause(10, "level of a region", "member", "member_level_low", WARN, moods={"level": "region"}),
    Cause(10, "boards restricted", "member", "member_boards_restricted", WARN, moods={"hidden_boards": ["Help Desk"]}),
    Cause(10, "all of it at once", "member", "member_not_api", WARN,
          moods={"license_class": "X", "level": "location", "hidden_boards": ["Help Desk"]},
          also=("member_level_low", "member_boards_restricted")),
]  # fmt: skip

ROLE = [
    Cause(6, "role gap", "rights", "rights_missing", moods={"role": "connect"}),
    Cause(6, "role without anything", "rights", "rights_missing", moods={"role": "nothing"}),
    Cause(6, "role gap, levels unreadable", "rights", "rights_missing_probed",
          moods={"my_security": "refused", "rights_missing": ["Finance/Agreements/inquire"]}),
    Cause(7, "member maintenance missing", "rights", "rights_member_maintenance",
          moods={"rights_missing": ["System/Member Maintenance/inquire"]}),
    Cause(8, "table setup missing", "rights", "rights_table_setup",
          moods={"rights_missing": ["System/Table Setup/inquire"]}),
    Cause(8, "table setup customised away", "rights", "rights_customized_away", moods={"table_setup": "nothing"}),
    Cause(8, "table setup customised tightly", "rights", "rights_customized", WARN,
          moods={"table_setup": "only_service_board"}),
    Cause(8, "customised, told by numbers only", "rights", "rights_ok", OK,
          moods={"table_setup": "only_service_board", "customized_as": "numbers"}),
    Cause(9, "My where All is needed", "rights", "rights_my_only",
          moods={"rights_my": ["Companies/Company Maintenance/inquire"]}),
    Cause(18, "an administrator's role", "rights", "rights_admin", WARN, moods={"role": "admin"}),
    Cause(18, "an administrator's role, levels unreadable", "rights", "rights_admin", WARN,
          moods={"role": "admin", "my_security": "refused"}, also=("rights_probed",)),
    Cause(18, "more than needed", "rights", "rights_excess", WARN, moods={"rights_excess": ["Finance/Invoicing"]}),
    Cause(18, "more than needed, and customised", "rights", "rights_customized", WARN, also=("rights_excess",),
          moods={"table_setup": "only_service_board", "rights_excess": ["Finance/Invoicing"]}),
    Cause(0, "levels of a new kind", "rights", "rights_unreadable", WARN, moods={"my_security": "new_levels"}),
    Cause(0, "levels refused", "rights", "rights_probed", WARN, moods={"my_security": "refused"}),
    Cause(0, "levels not there", "rights", "rights_probed", WARN, moods={"my_security": "missing"}),
    Cause(0, "neither read nor tried", "rights", "rights_untold", UNKNOWN, moods=api("invalid_object", *PROBED)),
    Cause(17, "throttled at the levels", "rights", "throttled", UNKNOWN, moods=api("throttled", *SECURITY)),
]  # fmt: skip

COMPANY_FILTER = [
    Cause(14, "filter of unknown names", "filter", "filter_refused", target={"filter": Filter(conditions="nope/x=1")}),
    Cause(14, "filter of a syntax of ours alone", "filter", "filter_refused",
          target={"filter": REWST_FILTER}, moods=api("condition_syntax", *COMPANIES)),
    Cause(14, "filter matches nothing", "filter", "filter_matches_nothing",
          moods={"company_status": "renamed"}, target={"filter": REWST_FILTER}),
    Cause(14, "nothing visible at all", "filter", "companies_none_visible", moods={"no_companies": True}),
    Cause(8, "companies refused all the same", "filter", "companies_refused", moods=api("no_permission", *COMPANIES)),
    Cause(0, "no such record", "filter", "not_found", moods=api("not_found", *COMPANIES)),
    Cause(0, "no such page", "filter", "endpoint_unknown", moods=api("no_endpoint", *COMPANIES)),
    Cause(0, "a parameter refused", "filter", "request_refused", moods=api("invalid_object", *COMPANIES)),
    Cause(16, "an upgrade under way", "filter", "cannot_route", moods=api("cannot_route", *COMPANIES)),
    Cause(12, "firewall in the middle", "filter", "blocked", moods=api("firewall", *COMPANIES)),
]  # fmt: skip

CAUSES = [*FINE, *NETWORK, *SITE, *KEYS, *MEMBER, *ROLE, *COMPANY_FILTER]
