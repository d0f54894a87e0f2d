"""The verdict as a whole: always eight layers, always in time, nothing guessed and nothing sent too early."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.connectwise import ConnectWiseSites
from bot.domain.errors import ConnectWiseError
from bot.domain.evidence import Budget, SecurityRow
from bot.domain.fields import Field
from bot.domain.instance import Filter, Profile
from bot.domain.report import LAYERS, Layer, Outcome, Report, State
from bot.sandbox.connectwise.moods import BY_ID
from bot.services.verification import Verifier
from bot.services.verification_evidence import Answer, Evidence
from bot.services.verification_role import judge_rights
from tests.verification.conftest import Bench, keys

ANSWERS = [choice.value for choice in BY_ID["answers"].choices if choice.value != "normal"]


async def test_a_connection_as_it_should_be_is_verified_layer_by_layer(bench: Bench) -> None:
    heard: list[Layer] = []
    report = await bench.verify(on_layer=heard.append)
    assert report.outcome is Outcome.VERIFIED
    assert [layer.state for layer in report.layers] == [State.OK] * 8
    assert tuple(heard) == report.layers
    assert report.culprit is None
    facts = report.facts
    assert facts["company_name"] == "Brightwater Managed Services"
    assert (facts["method"], facts["region"], facts["is_cloud"]) == ("mySecurity", "NA", True)
    assert facts["member"]["level"] == "Corporate (Level 1)"
    assert facts["matches"] > 5
    assert len(facts["samples"]) == 5
    assert isinstance(facts["latency_ms"], int)


async def test_a_report_is_the_documented_json(bench: Bench) -> None:
    bench.cw.set(rights_excess=["Finance/Invoicing"], hidden_boards=["Help Desk"])
    report = await bench.verify()
    shape = json.loads(report.model_dump_json())
    assert list(shape) == [
        "outcome", "site", "company", "checked_at", "duration_ms", "layers", "rights", "facts",
    ]  # fmt: skip
    assert list(shape["layers"][0]) == ["name", "state", "summary", "fix", "error_key", "duration_ms"]
    assert Report.model_validate(shape) == report


async def test_no_key_leaves_before_the_host_has_proved_itself(bench: Bench) -> None:
    await bench.verify(company="nobody")
    await bench.verifier.find_company(bench.cw.host, bench.cw.company)
    for request in bench.cw.requests:
        assert request.path.startswith("/login/companyinfo/")
        assert not {"authorization", "clientid"} & {name.casefold() for name in request.header_names}


async def test_finding_a_company_tells_four_layers(bench: Bench) -> None:
    report = await bench.verifier.find_company(bench.cw.host, bench.cw.company)
    assert [(layer.name, layer.state) for layer in report.layers] == [(name, State.OK) for name in LAYERS[:4]]
    assert report.outcome is Outcome.VERIFIED
    report = await bench.verifier.find_company(bench.cw.host, "nobody")
    assert (report.outcome, report.layers[-1].error_key) == (Outcome.NEEDS_YOU, "company_unknown")


@pytest.mark.parametrize("where", ["everywhere", "api", "companyinfo"])
@pytest.mark.parametrize("answers", ANSWERS)
async def test_whatever_it_answers_there_is_a_report_of_eight_layers_in_time(
    bench: Bench, answers: str, where: str
) -> None:
    bench.cw.set(answers=answers, answers_where=where, drip_seconds=0.05)
    if answers == "drip":
        await bench.hasten()
    async with asyncio.timeout(20):
        report = await bench.verify()
    assert [layer.name for layer in report.layers] == list(LAYERS)
    assert report.outcome is not Outcome.VERIFIED
    assert report.culprit is not None
    assert report.culprit.error_key != "internal"
    # Who is told that the role lacks a right is known: it is not the keys that are wrong then.
    behind_the_keys = "rights" if answers == "no_permission" else "keys"
    assert report.culprit.name == (behind_the_keys if where == "api" else "company")


@pytest.mark.parametrize(
    ("moods", "culprit", "told"),
    [
        ({"latency": 30}, "company", "deadline"),
        ({"network": "silent"}, "tls", "deadline"),
    ],
)
async def test_when_time_is_up_the_layer_it_was_spent_on_is_unknown(
    bench: Bench, moods: dict[str, Any], culprit: str, told: str
) -> None:
    bench.cw.set(**moods)
    report = await bench.verify(deadline_seconds=1)
    assert report.outcome is Outcome.CANNOT_TELL
    assert report.culprit is not None
    assert (report.culprit.name, report.culprit.error_key) == (culprit, told)


async def test_time_that_is_up_while_a_kept_connection_is_silent_is_told_as_unknown(bench: Bench) -> None:
    await bench.verify()
    bench.cw.set(latency=30)
    report = await bench.verify(deadline_seconds=1)
    assert report.outcome is Outcome.CANNOT_TELL
    assert [layer.state for layer in report.layers] == [State.UNKNOWN] + [State.SKIPPED] * 7


async def test_levels_that_came_in_time_are_judged_although_other_answers_did_not(bench: Bench) -> None:
    evidence = Evidence(
        bench.target(), security=Answer((SecurityRow("System", "Table Setup", inquire="My"),))
    )
    evidence.close(ConnectWiseError("deadline", transient=True))
    layer = judge_rights(evidence)
    assert layer is not None
    assert (layer.state, layer.error_key) == (State.FAIL, "rights_missing")


@pytest.mark.parametrize(
    "moods", [{}, {"keys": "revoked"}, {"my_security": "refused"}, {"answers": "no_permission"}]
)
async def test_a_verdict_is_the_same_whether_somebody_watches_or_not(
    bench: Bench, moods: dict[str, Any]
) -> None:
    bench.cw.set(**moods)
    heard: list[Layer] = []
    watched, alone = await bench.verify(on_layer=heard.append), await bench.verify()
    assert heard
    told = [
        [(it.name, it.state, it.summary, it.fix) for it in report.layers[3:]] for report in (watched, alone)
    ]
    assert told[0] == told[1]
    assert watched.rights == alone.rights


async def test_an_outage_of_one_answer_is_not_noticed(bench: Bench) -> None:
    bench.cw.set(answers="down", answers_times=2)
    assert (await bench.verify()).outcome is Outcome.VERIFIED


async def test_a_throttled_site_says_when_to_come_back(bench: Bench) -> None:
    bench.cw.set(answers="throttled", retry_after=30)
    report = await bench.verify(deadline_seconds=2)
    assert report.facts["retry_after"] == 30
    assert "30 seconds" in report.layer("company").fix


@pytest.mark.parametrize("my_security", ["refused", "missing", "empty"])
async def test_without_my_security_probes_tell_what_they_can(bench: Bench, my_security: str) -> None:
    bench.cw.set(my_security=my_security)
    report = await bench.verify()
    rights = report.layer("rights")
    assert (report.outcome, rights.state, rights.error_key) == (Outcome.VERIFIED, State.WARN, "rights_probed")
    assert report.facts["method"] == "probes"
    assert report.rights.missing == ()


async def test_a_probe_that_is_refused_is_a_missing_inquire_and_nothing_more_is_claimed(bench: Bench) -> None:
    bench.cw.set(my_security="refused", rights_missing=["Finance/Agreements/inquire"])
    report = await bench.verify()
    assert report.layer("rights").error_key == "rights_missing_probed"
    assert [(it.function, it.level) for it in report.rights.missing] == [("Agreements", "inquire")]


async def test_a_gap_that_the_profile_does_not_use_is_no_gap(bench: Bench) -> None:
    bench.cw.set(my_security="refused", rights_missing=["Finance/Agreements/inquire"])
    assert (await bench.verify(profile=Profile.CONNECT)).outcome is Outcome.VERIFIED


async def test_the_full_list_is_no_excess_for_an_instance_that_only_connects(bench: Bench) -> None:
    report = await bench.verify(profile=Profile.CONNECT)
    assert report.layer("rights").state is State.OK
    assert report.rights.excess != ()


async def test_without_a_member_id_the_keys_tell_whose_they_are(bench: Bench) -> None:
    report = await bench.verify(member="")
    assert report.outcome is Outcome.VERIFIED
    assert report.facts["member"]["level"] == "Corporate (Level 1)"


async def test_the_applications_client_id_is_used_where_there_is_no_other(bench: Bench) -> None:
    verifier = Verifier(bench.sites, default_client_id=bench.cw.client_id)
    assert (await verifier.verify(bench.target(client_id=""))).outcome is Outcome.VERIFIED


@pytest.mark.parametrize(
    ("which", "field"),
    [
        (Filter(conditions="nope=1"), Field.CONDITIONS),
        (Filter(conditions="deletedFlag=false", child_conditions="nope=1"), Field.CHILD_CONDITIONS),
        (Filter(child_conditions='types/name="nothing like it"'), Field.CHILD_CONDITIONS),
    ],
)
async def test_a_filter_that_fails_says_which_field_to_look_at(
    bench: Bench, which: Filter, field: Field
) -> None:
    report = await bench.verify(filter=which)
    assert report.layer("filter").state is State.FAIL
    assert report.facts["filter_field"] == field.value


async def test_a_filter_shows_how_many_and_which(bench: Bench) -> None:
    report = await bench.verify(filter=Filter(conditions='name like "A*"'))
    assert report.facts["matches"] < 336
    assert all(name.startswith("A") for name in report.facts["samples"])


async def test_a_host_that_is_no_host_is_refused_as_one(bench: Bench) -> None:
    report = await bench.verify(host="user:pass@evil.test")
    assert (report.layers[0].error_key, report.outcome) == ("target_refused", Outcome.NEEDS_YOU)
    assert not bench.cw.requests


async def test_a_private_network_is_refused_unless_it_is_allowed(bench: Bench) -> None:
    strict = ConnectWiseSites(ca_bundle=bench.cw.ca_path)
    report = await Verifier(strict).verify(bench.target())
    await strict.close()
    assert report.layers[0].error_key == "target_refused"
    assert not bench.cw.requests


async def test_a_name_of_nobody_is_told_from_a_resolver_in_trouble(bench: Bench) -> None:
    report = await bench.verify(host="no-such-host.invalid", deadline_seconds=10)
    assert report.layers[0].error_key in {"dns_unknown", "dns_trouble"}
    assert report.layers[0].state in {State.FAIL, State.UNKNOWN}


async def test_a_bug_of_ours_is_a_report_too(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def site(self, host: str) -> Any:
            raise ZeroDivisionError(host)

        async def close(self) -> None:
            return None

    caplog.set_level("INFO")
    report = await Verifier(Broken()).verify(bench.target())
    assert report.outcome is Outcome.CANNOT_TELL
    assert report.layers[0].error_key == "internal"
    assert "verification_failed" in caplog.text


async def test_whoever_watches_cannot_spoil_the_verdict(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def watch(layer: Layer) -> None:
        raise BrokenPipeError(layer.name)

    caplog.set_level("INFO")
    assert (await bench.verify(on_layer=watch)).outcome is Outcome.VERIFIED
    assert "verification_watcher_failed" in caplog.text


async def test_no_key_is_in_a_report_or_in_the_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    secret = keys("publicPUBLIC1234", "privatePRIVATE56")
    for moods in ({}, {"auth_failure": "404"}, {"hosting": "on_premises"}):
        bench.cw.set(**moods)
        report = await bench.verify(credentials=secret)
        seen = report.model_dump_json() + caplog.text
        assert "publicPUBLIC1234" not in seen
        assert "privatePRIVATE56" not in seen


async def test_the_clock_is_the_callers(bench: Bench) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    report = await Verifier(bench.sites, clock=lambda: noon).verify(bench.target())
    assert report.checked_at == noon


async def test_many_verdicts_at_once_stand_on_their_own(bench: Bench) -> None:
    wrong = keys("x" * 16, "y" * 16)
    right = bench.target().credentials
    reports = await asyncio.gather(
        *(bench.verify(credentials=wrong if number % 2 else right) for number in range(12))
    )
    outcomes = [report.outcome for report in reports]
    assert outcomes == [Outcome.VERIFIED, Outcome.NEEDS_YOU] * 6


async def test_a_cancelled_verification_leaves_nothing_running(bench: Bench) -> None:
    bench.cw.set(latency=30)
    before = asyncio.all_tasks()
    begun = asyncio.Event()
    task = asyncio.create_task(bench.verify(on_layer=lambda _: begun.set()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bench.sites.site(bench.cw.host).is_idle
    await bench.sites.close()
    assert not [it for it in asyncio.all_tasks() - before if "bot.connectwise" in repr(it)]


async def test_patience_in_the_background_is_longer(bench: Bench) -> None:
    bench.cw.set(answers="down", answers_times=4)
    assert (await bench.verify()).outcome is Outcome.CANNOT_TELL
    bench.cw.set(answers="down", answers_times=4)
    report = await bench.verifier.verify(bench.target(), budget=Budget.BACKGROUND)
    assert report.outcome is Outcome.VERIFIED


async def test_a_lost_answer_behind_the_keys_leaves_only_its_own_layer_unknown(bench: Bench) -> None:
    bench.cw.set(rate_limit=3)
    report = await bench.verify()
    states = {layer.name: layer.state for layer in report.layers}
    assert report.outcome is Outcome.CANNOT_TELL
    assert states["company"] is State.OK
    assert State.FAIL not in states.values()


async def test_a_filter_that_cannot_be_read_is_named_with_its_place_and_never_sent(bench: Bench) -> None:
    report = await bench.verify(filter=Filter(conditions='status/name == "Active"'))
    layer = report.layer("filter")
    assert layer.state is State.FAIL
    assert (layer.error_key or "").startswith("filter_")
    assert "character 13" in layer.fix
    assert 'Try: status/name = "Active"' in layer.fix
    assert report.facts["filter_field"] == Field.CONDITIONS
    assert not any("==" in str(request.query) for request in bench.cw.requests)
