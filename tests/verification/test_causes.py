"""What goes wrong, one by one: each cause is named as itself, on its layer, with a way out."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.domain.hygiene import clean_company, clean_host
from bot.domain.instance import Filter, Profile
from bot.domain.report import LAYERS, Outcome, State
from tests.verification.conftest import Bench, keys

REWST_FILTER = Filter(
    conditions='deletedFlag=false AND status/name="Active"', child_conditions='types/name LIKE "Client*"'
)


@dataclass(frozen=True, slots=True)
class Cause:
    """A thing that goes wrong: how to bring it about, and how the verdict has to say it."""

    number: int
    what: str
    layer: str
    key: str
    state: State = State.FAIL
    moods: dict[str, Any] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=dict)
    is_slow: bool = False

    def __str__(self) -> str:
        return f"{self.number} {self.what}"


UNKNOWN, WARN = State.UNKNOWN, State.WARN
CAUSES = [
    Cause(1, "web host", "company", "ssl_required", moods={"answers": "ssl_required"}),
    Cause(3, "company of nobody", "company", "company_unknown", target={"company": "nobody"}),
    Cause(3, "company renamed", "company", "company_unknown", moods={"company": "unknown"}),
    Cause(3, "company answered with 404", "company", "company_not_found",
          moods={"company": "unknown", "unknown_company": "404"}),
    Cause(3, "company answered with a page", "company", "not_connectwise",
          moods={"company": "unknown", "unknown_company": "html"}),
    Cause(4, "keys of nobody", "keys", "keys_refused", target={"credentials": keys("x" * 16, "y" * 16)}),
    Cause(4, "keys of nobody, on-premises", "keys", "keys_refused",
          moods={"hosting": "on_premises"}, target={"credentials": keys("x" * 16, "y" * 16)}),
    Cause(4, "keys of nobody, as 404", "keys", "keys_not_found",
          moods={"auth_failure": "404"}, target={"credentials": keys("x" * 16, "y" * 16)}),
    Cause(4, "key deleted", "keys", "keys_refused", moods={"keys": "revoked"}),
    Cause(4, "no keys", "keys", "keys_missing", target={"credentials": None}),
    Cause(5, "client id missing", "keys", "client_id_missing", target={"client_id": ""}),
    Cause(5, "client id of nobody", "keys", "client_id_refused", moods={"client_id": "rejected"}),
    Cause(6, "role gap", "rights", "rights_missing", moods={"role": "connect"}),
    Cause(6, "role without anything", "rights", "rights_missing", moods={"role": "nothing"}),
    Cause(7, "member maintenance missing", "rights", "rights_member_maintenance",
          moods={"rights_missing": ["System/Member Maintenance/inquire"]}),
    Cause(8, "table setup missing", "rights", "rights_table_setup",
          moods={"rights_missing": ["System/Table Setup/inquire"]}),
    Cause(8, "table setup customised away", "rights", "rights_customized_away", moods={"table_setup": "nothing"}),
    Cause(8, "table setup customised tightly", "rights", "rights_customized", WARN,
          moods={"table_setup": "only_service_board"}),
    Cause(9, "My where All is needed", "rights", "rights_my_only",
          moods={"rights_my": ["Companies/Company Maintenance/inquire"]}),
    Cause(10, "level too low", "member", "member_level_low", WARN, moods={"level": "location"}),
    Cause(10, "boards restricted", "member", "member_boards_restricted", WARN,
          moods={"hidden_boards": ["Help Desk"]}),
    Cause(11, "member inactive, refused", "keys", "keys_refused", moods={"member": "inactive"}),
    Cause(11, "member inactive, answered", "member", "member_inactive", moods={"member": "flagged"}),
    Cause(11, "keys of another member", "member", "member_other", target={"member": "Somebody"}),
    Cause(11, "a person's login", "member", "member_not_api", WARN, moods={"license_class": "F"}),
    Cause(12, "firewall with a page", "company", "blocked", moods={"answers": "firewall"}),
    Cause(12, "firewall that refuses", "tcp", "tcp_refused", UNKNOWN, moods={"network": "refused"}),
    Cause(12, "firewall that cuts", "tcp", "tcp_cut", UNKNOWN, moods={"network": "reset"}),
    Cause(12, "firewall that says nothing", "tls", "tls_timeout", UNKNOWN, moods={"network": "silent"}, is_slow=True),
    Cause(13, "self-signed", "tls", "tls_self_signed", moods={"tls": "self_signed"}),
    Cause(13, "incomplete chain", "tls", "tls_incomplete", moods={"tls": "incomplete_chain"}),
    Cause(13, "expired", "tls", "tls_expired", moods={"tls": "expired"}),
    Cause(13, "wrong name", "tls", "tls_wrong_name", moods={"tls": "wrong_name"}),
    Cause(13, "plain HTTP", "tls", "tls_not_spoken", moods={"tls": "plain"}),
    Cause(14, "filter of unknown names", "filter", "filter_refused", target={"filter": Filter(conditions="nope/x=1")}),
    Cause(14, "filter matches nothing", "filter", "filter_matches_nothing",
          moods={"company_status": "renamed"}, target={"filter": REWST_FILTER}),
    Cause(14, "nothing visible at all", "filter", "companies_none_visible", moods={"no_companies": True}),
    Cause(17, "throttled", "company", "throttled", UNKNOWN, moods={"answers": "throttled"}),
    Cause(17, "throttled behind the door", "keys", "throttled", UNKNOWN,
          moods={"answers": "throttled", "answers_where": "api"}),
    Cause(18, "an administrator's role", "rights", "rights_admin", WARN, moods={"role": "admin"}),
    Cause(18, "more than needed", "rights", "rights_excess", WARN, moods={"rights_excess": ["Finance/Invoicing"]}),
    Cause(0, "maintenance", "company", "server_down", UNKNOWN, moods={"answers": "down"}),
    Cause(0, "captive portal", "company", "not_connectwise", moods={"answers": "portal"}),
    Cause(0, "redirect", "company", "redirected", moods={"answers": "redirect"}),
    Cause(0, "slow", "company", "answer_timeout", UNKNOWN, moods={"latency": 30}, is_slow=True),
]  # fmt: skip


@pytest.mark.parametrize("cause", CAUSES, ids=str)
async def test_a_cause_is_named_as_itself(bench: Bench, cause: Cause) -> None:
    bench.cw.set(**cause.moods)
    if cause.is_slow:
        await bench.hasten()
    report = await bench.verify(**cause.target)
    assert [layer.name for layer in report.layers] == list(LAYERS)
    layer = report.layer(cause.layer)  # type: ignore[arg-type]  # the table's own word
    assert (layer.error_key, layer.state) == (cause.key, cause.state), layer
    assert layer.summary
    assert layer.fix
    assert "{" not in layer.summary + layer.fix
    expected = {
        State.FAIL: Outcome.NEEDS_YOU,
        State.UNKNOWN: Outcome.CANNOT_TELL,
        State.WARN: Outcome.VERIFIED,
    }
    assert report.outcome is expected[cause.state]
    if cause.state is not WARN:
        assert report.culprit == layer
        behind = report.layers[LAYERS.index(layer.name) + 1 :]
        assert {it.state for it in behind} <= {State.SKIPPED}


MENDABLE = [it for it in CAUSES if it.moods and it.state is not WARN and not it.is_slow]


@pytest.mark.parametrize("cause", MENDABLE, ids=str)
async def test_when_the_cause_is_mended_the_same_verifier_verifies(bench: Bench, cause: Cause) -> None:
    bench.cw.set(**cause.moods)
    assert (await bench.verify(**cause.target)).outcome is not Outcome.VERIFIED
    bench.cw.reset()
    assert (await bench.verify()).outcome is Outcome.VERIFIED


async def test_1_and_2_a_pasted_web_address_becomes_the_api_host_before_anything_is_dialled() -> None:
    clean = clean_host("https://NA.myconnectwise.net/v4_6_release/services/login.html ")
    assert clean.host == "api-na.myconnectwise.net"
    assert {change.kind.value for change in clean.changes} >= {"scheme", "path", "api_host"}


async def test_15_an_on_premises_host_with_a_port_is_dialled_as_it_is(bench: Bench) -> None:
    bench.cw.set(hosting="on_premises")
    clean = clean_host(f"https://{bench.cw.host}/")
    report = await bench.verify(host=clean.host, company=clean_company(bench.cw.company))
    assert report.outcome is Outcome.VERIFIED
    assert report.facts["is_cloud"] is False


async def test_16_an_upgrade_of_the_codebase_breaks_nothing_and_shows_in_the_facts(bench: Bench) -> None:
    before = await bench.verify()
    bench.cw.set(upgraded=True)
    after = await bench.verify()
    assert (before.outcome, after.outcome) == (Outcome.VERIFIED, Outcome.VERIFIED)
    assert before.facts["codebase"] != after.facts["codebase"]


async def test_4_a_key_of_an_unusual_length_is_doubted_once_it_is_refused(bench: Bench) -> None:
    report = await bench.verify(credentials=keys("x" * 16, "y" * 15))
    assert "private key has 15 characters" in report.layer("keys").summary


async def test_9_the_fix_names_module_function_and_level(bench: Bench) -> None:
    bench.cw.set(rights_missing=["System/Member Maintenance/inquire"])
    report = await bench.verify(profile=Profile.CONNECT)
    assert "System → Member Maintenance: Inquire All" in report.layer("rights").fix
    (missing,) = report.rights.missing
    assert (missing.module, missing.function, missing.level, missing.want) == (
        "System",
        "Member Maintenance",
        "inquire",
        "All",
    )
