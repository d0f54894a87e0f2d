"""A filter on its way to ConnectWise: what cannot be read is named with its place, and never sent."""

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.catalogue import explain_error
from bot.domain.filters import ERROR_KEYS, FilterKind, check
from bot.domain.instance import Filter, Instance
from bot.domain.report import Outcome, State
from bot.services.filter_preview import SAMPLES, FilterPreviewService, Preview
from bot.services.ports import Instances
from bot.services.verification import Sites, Target, Verifier
from tests.domain.test_filters_properties import PIECES
from tests.verification.conftest import Bench, keys
from tests.verification.test_round_trips import Turns

KEYS = keys("p" * 16, "q" * 16)
CONDITIONS, CHILD, CUSTOM = FilterKind.CONDITIONS, FilterKind.CHILD, FilterKind.CUSTOM

FAULTS: dict[str, tuple[FilterKind, str]] = {
    "filter_bracket_unclosed": (CONDITIONS, "dateAcquired > [2026-01-31T00:00:00Z"),
    "filter_bracket_unopened": (CONDITIONS, "id > 3]"),
    "filter_caption_needs_equals": (CUSTOM, 'caption contains "Tier" and value = 1'),
    "filter_character_unknown": (CONDITIONS, "id = #3"),
    "filter_comma_missing": (CONDITIONS, "id in (1 2)"),
    "filter_connective_double": (CONDITIONS, "id=1 and or id=2"),
    "filter_connective_leading": (CONDITIONS, "and id=1"),
    "filter_connective_missing": (CONDITIONS, "id=1 id=2"),
    "filter_connective_trailing": (CONDITIONS, "id=1 and"),
    "filter_connective_unknown": (CONDITIONS, "id=1 und id=2"),
    "filter_custom_form": (CUSTOM, 'Tier = "Gold"'),
    "filter_custom_needs_caption": (CUSTOM, "value = true"),
    "filter_custom_needs_value": (CUSTOM, 'caption = "Tier"'),
    "filter_date_form": (CONDITIONS, "dateAcquired > [2026-01-31]"),
    "filter_field_invalid": (CONDITIONS, 'status.name = "Active"'),
    "filter_field_missing": (CONDITIONS, "= 3"),
    "filter_field_quoted": (CONDITIONS, '"name" = "Acme"'),
    "filter_group_empty": (CONDITIONS, "()"),
    "filter_in_not_allowed": (CHILD, 'types/name in ("Client")'),
    "filter_invisible_character": (CONDITIONS, 'name = "Ac\u200bme"'),
    "filter_line_break": (CONDITIONS, 'name = "Ac\nme"'),
    "filter_list_empty": (CONDITIONS, "id in ()"),
    "filter_list_missing": (CONDITIONS, "id in 3"),
    "filter_list_needs_in": (CONDITIONS, "id = (1, 2)"),
    "filter_no_order": (CONDITIONS, "name < null"),
    "filter_not_before_field": (CONDITIONS, "not id = 1"),
    "filter_null_in_list": (CONDITIONS, "id in (null)"),
    "filter_operator_missing": (CONDITIONS, 'name "Acme"'),
    "filter_operator_unknown": (CONDITIONS, 'name == "Acme"'),
    "filter_parenthesis_unclosed": (CONDITIONS, "(id=1"),
    "filter_parenthesis_unopened": (CONDITIONS, "id=1)"),
    "filter_quote_escape": (CONDITIONS, 'name = "a""b"'),
    "filter_quote_unclosed": (CONDITIONS, 'name = "Acme'),
    "filter_smart_quotes": (CONDITIONS, "name = “Acme”"),
    "filter_text_needed": (CONDITIONS, "name like 5"),
    "filter_too_deep": (CONDITIONS, "(" * 40 + "id=1" + ")" * 40),
    "filter_too_long": (CONDITIONS, "x" * 4001),
    "filter_url_too_long": (CONDITIONS, "name = '" + "x" * 1800 + "'"),
    "filter_value_missing": (CONDITIONS, "id ="),
    "filter_value_needs_quotes": (CONDITIONS, "status/name = Active"),
    "filter_wrong_parameter": (CONDITIONS, 'types/name = "Client"'),
}
DOUBTS: dict[str, tuple[FilterKind, str]] = {
    "filter_and_or_mixed": (CONDITIONS, "id=1 or id=2 and id=3"),
    "filter_field_unknown": (CONDITIONS, "frobs = 1"),
    "filter_like_without_wildcard": (CONDITIONS, 'name like "Acme"'),
    "filter_reference_needs_part": (CONDITIONS, 'status = "Active"'),
    "filter_value_type": (CONDITIONS, 'deletedFlag = "false"'),
}
# A parameter without a condition in it is no filter at all, so this one is met only by whoever calls the parser.
OF_THE_PARSER_ALONE = {"filter_empty"}


def typed(kind: FilterKind, text: str) -> Filter:
    return Filter(**{kind.value: text})


class OneInstance:
    """A workspace with one instance."""

    def __init__(self, **fields: Any) -> None:
        made = {
            "id": "I1",
            "team_id": "T1",
            "name": "Main",
            "created_by": "U1",
            "created_at": datetime.now(UTC),
        }
        self.instance = Instance(
            **{**made, "host": "a.test", "company": "acme", "credentials": KEYS, **fields}
        )

    async def get(self, team_id: str, instance_id: str) -> Instance | None:
        return self.instance if (team_id, instance_id) == ("T1", "I1") else None


def previewer(sites: Sites, **fields: Any) -> FilterPreviewService:
    instances = cast("Instances", OneInstance(**fields))
    return FilterPreviewService(sites=sites, instances=instances)


def test_every_fault_and_every_doubt_has_an_example() -> None:
    assert FAULTS.keys() | DOUBTS.keys() | OF_THE_PARSER_ALONE == ERROR_KEYS.keys()


@pytest.mark.parametrize("key", DOUBTS)
def test_a_doubt_is_told_and_stops_nobody(key: str) -> None:
    problems = check(typed(*DOUBTS[key]))
    assert key in {it.key for it in problems}
    assert not any(it.is_error for it in problems)
    for it in problems:
        assert "{" not in explain_error(it.error).summary + explain_error(it.error).fix


async def test_every_fault_is_told_with_its_place_and_never_sent(bench: Bench) -> None:
    for key, (kind, text) in FAULTS.items():
        layer = (await bench.verify(filter=typed(kind, text))).layer("filter")
        assert (layer.error_key, layer.state) == (key, State.FAIL), key
        assert layer.summary
        assert "At character" in layer.fix or "At the end of the text." in layer.fix, layer.fix
        assert "{" not in layer.summary + layer.fix.replace(text, "")
    sent = [value for request in bench.cw.requests for value in request.query.values()]
    assert not {text for _, text in FAULTS.values()} & set(sent)


class Prompt(Turns):
    """A site that answers at once."""

    async def turn(self, value: Any = None) -> Any:
        return value


texts = st.just("") | st.text(max_size=12) | st.lists(PIECES, max_size=6).map("".join)
texts |= st.sampled_from(['name = "x"', 'types/name like "C*"', 'caption="A" AND value=1', "id in (1)"])


@given(texts, texts, texts)
@settings(max_examples=150)
def test_whatever_is_typed_only_a_filter_that_reads_well_is_sent(
    conditions: str, child: str, custom: str
) -> None:
    which = Filter(conditions=conditions, child_conditions=child, custom_field_conditions=custom)
    site = Prompt()
    target = Target("a.test", "acme", "Rewst", KEYS, filter=which)
    report = asyncio.run(Verifier(site).verify(target))
    preview = asyncio.run(previewer(site).preview("T1", "I1", which))
    reads_well = not any(it.is_error for it in check(which))
    assert set(map(_parts, site.asked)) <= ({_parts(which)} if reads_well else {("", "", "")})
    assert (report.layer("filter").state is State.FAIL) is not reads_well
    assert (preview.matches is not None) is reads_well
    assert report.outcome is (Outcome.VERIFIED if reads_well else Outcome.NEEDS_YOU)


def _parts(which: Filter) -> tuple[str, str, str]:
    return (which.conditions, which.child_conditions, which.custom_field_conditions)


async def test_blanks_alone_are_no_filter(bench: Bench) -> None:
    layer = (await bench.verify(filter=Filter(conditions=" \n", child_conditions="  "))).layer("filter")
    assert layer.state is State.OK
    assert layer.summary.startswith("No filter is set")
    assert not any("conditions" in request.query for request in bench.cw.requests if "count" in request.path)


async def test_a_preview_counts_and_shows_five(bench: Bench) -> None:
    preview = await _look(bench, Filter(conditions='name like "A*"'))
    assert preview.error is None
    assert preview.matches is not None
    assert preview.matches > SAMPLES == len(preview.samples) == 5
    assert all(name.startswith("A") for name in preview.samples)


@pytest.mark.parametrize(
    ("answers", "key"),
    [("no_permission", "right_missing"), ("condition_syntax", "filter_refused"), ("throttled", "throttled")],
)
async def test_a_preview_that_is_refused_says_why(bench: Bench, answers: str, key: str) -> None:
    bench.cw.set(answers=answers, answers_paths=["/company/companies"])
    preview = await _look(bench, Filter(conditions="id = 1"))
    assert preview.matches is None
    assert preview.error is not None
    assert preview.error.key == key
    assert "{" not in explain_error(preview.error, field="filter").summary


async def _look(bench: Bench, which: Filter) -> Preview:
    target = bench.target()
    service = previewer(
        bench.sites,
        host=target.host,
        company=target.company,
        credentials=target.credentials,
        client_id=target.client_id,
    )
    return await service.preview("T1", "I1", which)
