"""What goes wrong, one by one, over real HTTPS: each cause is named as itself, on its layer, with a way out."""

import ast
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import bot
from bot.connectwise import Address, ConnectWiseSites
from bot.connectwise.errors import __doc__ as taxonomy
from bot.domain.catalogue import entries, split_causes
from bot.domain.hygiene import clean_company, clean_host
from bot.domain.instance import Profile
from bot.domain.report import LAYERS, Layer, LayerName, Outcome, Report, State
from bot.services.verification import Verifier
from handlers.blocks.report import build_details, build_report
from tests.verification.causes import CAUSES, OK, UNKNOWN, WARN, Cause
from tests.verification.conftest import Bench, keys
from tests.verification.surfaces import words_of

ROOT = Path(bot.__file__).parent
OUTCOMES = {
    State.FAIL: Outcome.NEEDS_YOU,
    UNKNOWN: Outcome.CANNOT_TELL,
    WARN: Outcome.VERIFIED,
    OK: Outcome.VERIFIED,
}


class Unresolved:
    """A resolver that ends in an error."""

    def __init__(self, error: OSError) -> None:
        self._error = error

    async def resolve(self, host: str, port: int) -> Sequence[Address]:  # noqa: ARG002 - the port names them
        raise self._error


@asynccontextmanager
async def verifier_for(bench: Bench, cause: Cause) -> AsyncIterator[Verifier]:
    """The bench's own, or one whose way to the site is in trouble."""
    if cause.is_slow:
        await bench.hasten()
    if not cause.is_strict and cause.resolver is None:
        yield bench.verifier
        return
    resolver = Unresolved(cause.resolver) if cause.resolver else None
    sites = ConnectWiseSites(ca_bundle=bench.cw.ca_path, resolver=resolver)
    yield Verifier(sites)
    await sites.close()


async def bring_about(bench: Bench, cause: Cause) -> Report:
    bench.cw.set(**cause.moods)
    target, seconds = bench.target(**cause.target), cause.deadline_seconds or 10.0
    async with verifier_for(bench, cause) as verifier:
        if cause.is_again:
            await verifier.verify(target)
        return await verifier.verify(target, deadline_seconds=seconds)


def says(key: str, text: str) -> bool:
    """Whether a text holds the sentence of a key, whatever its placeholders were filled with."""
    parts = re.split(r"\{\w+\}", entries()[key].summary)
    return re.search(".*".join(re.escape(it) for it in parts), text) is not None


@pytest.mark.parametrize("cause", CAUSES, ids=str)
async def test_a_cause_is_named_as_itself_and_once_it_is_mended_all_is_well(
    bench: Bench, cause: Cause
) -> None:
    report = await bring_about(bench, cause)
    assert [layer.name for layer in report.layers] == list(LAYERS)
    layer = next(it for it in report.layers if it.name == cause.layer)
    assert (layer.error_key or cause.key, layer.state) == (cause.key, cause.state), layer
    assert all(says(key, layer.summary) for key in (cause.key, *cause.also)), layer.summary
    assert "{" not in layer.summary + layer.fix
    assert layer.fix or cause.state is OK
    assert report.outcome is OUTCOMES[cause.state]
    check_what_stands_behind(report, layer)
    check_what_people_read(report, layer)
    if cause.moods and report.outcome is not Outcome.VERIFIED and not cause.is_slow:
        bench.cw.reset()
        assert (await bench.verify()).outcome is Outcome.VERIFIED


def check_what_stands_behind(report: Report, layer: Layer) -> None:
    """Nothing is said of what stands behind a layer that failed; what could not be told hides nothing else."""
    before = report.layers[: LAYERS.index(layer.name)]
    behind = report.layers[LAYERS.index(layer.name) + 1 :]
    assert {it.state for it in before} <= {State.OK, State.WARN}
    if layer.state is State.FAIL:
        assert report.culprit == layer
        assert {(it.state, it.error_key) for it in behind} <= {(State.SKIPPED, None)}
        assert all(says("skipped", it.summary) for it in behind)
    elif layer.state in {State.OK, State.WARN}:
        assert {it.state for it in behind} <= {State.OK, State.WARN}


def check_what_people_read(report: Report, layer: Layer) -> None:
    """The compact rendering has the sentence of what is wrong; the details have every layer's, and its fix."""
    compact, details = words_of(build_report(report)), words_of(build_details(report)["blocks"])
    if layer.state is not State.OK:
        assert layer.summary in compact
    assert all(it.summary in details for it in report.layers)
    for line in layer.fix.splitlines():
        lead, causes = split_causes(line)
        assert all(it in details for it in (lead, *causes))


def literal_keys() -> Iterator[str]:
    """Every key of the catalogue that the code of the verdict names."""
    sources = [*(ROOT / "connectwise").glob("*.py"), *(ROOT / "services").glob("verification*.py")]
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in entries():
                yield node.value


# Named by the code of the verdict, and told elsewhere: here beside a cause, in test_verdict, and in test_filters.
ELSEWHERE = {"skipped", "internal", "right_missing"}


def test_every_key_that_the_verdict_can_name_is_brought_about_by_a_cause() -> None:
    table = [line[23:] for line in (taxonomy or "").splitlines() if line.startswith("    ")]
    nameable = set(literal_keys()) | set(" ".join(table).split())
    assert len(nameable) > 70
    brought_about = {key for cause in CAUSES for key in (cause.key, *cause.also)}
    assert nameable - brought_about - ELSEWHERE == set()


def test_each_of_the_eighteen_causes_is_brought_about() -> None:
    told_before_dialling = {2, 15}  # by what is done to a typed host; see below
    assert {cause.number for cause in CAUSES} | told_before_dialling == set(range(19))


LOOK_ALIKES = {
    # More than one thing looks like this from outside: the sentence has to offer each.
    "dns_unknown", "tcp_refused", "tcp_cut", "tcp_timeout", "tls_wrong_name", "tls_incomplete", "tls_protocol",
    "tls_cut", "tls_timeout", "not_connectwise", "blocked", "forbidden", "company_unknown", "company_not_found",
    "keys_refused", "keys_not_found", "client_id_refused", "filter_matches_nothing", "companies_none_visible",
}  # fmt: skip


@pytest.mark.parametrize("key", sorted(LOOK_ALIKES))
def test_causes_that_look_alike_are_all_offered(key: str) -> None:
    causes = entries()[key].causes
    assert len(causes) >= 2
    assert len(set(causes)) == len(causes)


async def test_a_wrong_key_and_an_inactive_member_look_alike_and_both_are_offered(bench: Bench) -> None:
    bench.cw.set(member="inactive")
    inactive = (await bench.verify()).layer("keys")
    bench.cw.reset()
    wrong = (await bench.verify(credentials=keys("x" * 16, "y" * 16))).layer("keys")
    assert (inactive.summary, inactive.fix) == (wrong.summary, wrong.fix)
    assert inactive.fix.index("(1) One of the keys") < inactive.fix.index("The API member is inactive")


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
    assert "System → Security Roles → Rewst API" in report.layer("rights").fix
    (missing,) = report.rights.missing
    assert (missing.module, missing.function, missing.level, missing.want) == (
        "System",
        "Member Maintenance",
        "inquire",
        "All",
    )


async def test_10_a_low_level_is_told_with_the_location_it_is_bound_to(bench: Bench) -> None:
    bench.cw.set(level="location", location="Millbrook")
    assert "Location (Level 3) at Millbrook" in (await bench.verify()).layer("member").summary


async def test_8_what_customize_lists_is_among_the_facts(bench: Bench) -> None:
    facts = (await bench.verify()).facts
    assert "Managed Server" in facts["customized"]["Configurations"]
    assert "Service / Service Board" in facts["customized"]["Table Setup"]


@pytest.mark.parametrize("layer", ["member", "rights", "filter"])
async def test_without_a_cause_nothing_is_named(bench: Bench, layer: LayerName) -> None:
    found = (await bench.verify()).layer(layer)
    assert (found.state, found.error_key, found.fix) == (State.OK, None, "")
