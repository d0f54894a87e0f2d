"""The switches, the crib sheet and the record of requests."""

import json
import re
from typing import Any

import pytest

from bot.sandbox.connectwise import ConnectWiseSite
from bot.sandbox.connectwise.switches import MOODS
from tests.sandbox_connectwise.conftest import API, Client


def values(site: ConnectWiseSite) -> dict[str, Any]:
    return {mood["id"]: mood["value"] for mood in site.describe()["moods"]}


def test_everything_a_page_needs_is_json() -> None:
    site = ConnectWiseSite()
    described = json.loads(json.dumps(site.describe()))
    assert described["crib"]["Company ID"] == "brightwater"
    assert described["crib"]["API member ID"] == "Rewst"
    for mood in described["moods"]:
        assert set(mood) == {"id", "label", "group", "kind", "default", "value", "help", "highest", "options"}
        assert mood["kind"] in {"toggle", "select", "rows"}
        assert mood["value"] == mood["default"]
        assert mood["label"]
        assert mood["help"].endswith(".")
        assert bool(mood["options"]) is (mood["kind"] != "toggle")


def test_no_switch_is_listed_twice() -> None:
    ids = [mood.id for mood in MOODS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("mood", [mood for mood in MOODS if mood.kind == "select"], ids=lambda mood: mood.id)
def test_every_choice_of_a_switch_can_be_set_and_reset(mood: Any) -> None:
    site = ConnectWiseSite()
    for choice in mood.choices:
        site.set(**{mood.id: choice.value})
        assert values(site)[mood.id] == choice.value
    site.reset()
    assert values(site)[mood.id] == mood.default


def test_rows_are_kept_once_and_in_order() -> None:
    site = ConnectWiseSite()
    site.set(rights_missing=["System/Table Setup", "Finance/Agreements/inquire", "System/Table Setup"])
    assert values(site)["rights_missing"] == ["System/Table Setup", "Finance/Agreements/inquire"]


def test_a_number_may_come_as_text() -> None:
    site = ConnectWiseSite()
    site.set(latency="1.5")
    assert values(site)["latency"] == 1.5


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"weather": "rain"}, "The ConnectWise site has no switch called 'weather'."),
        ({"tls": "perfect"}, "Certificate cannot be 'perfect'; it is one of: good, self_signed, expired, "),
        ({"upgraded": "yes"}, "ConnectWise was upgraded is either on or off (true or false)."),
        ({"latency": 500}, "Every answer takes is a number from 0 to 120."),
        ({"latency": "nan"}, "Every answer takes is a number from 0 to 120."),
        ({"latency": True}, "Every answer takes is a number from 0 to 120."),
        ({"tls": ["good"]}, "Certificate cannot be ['good']; it is one of: "),
        ({"hidden_boards": "Help Desk"}, "Restrict Board Access is a list of names."),
        ({"hidden_boards": ["Nowhere"]}, "Restrict Board Access knows nothing called 'Nowhere'."),
        ({"rights_missing": ["System/Nothing"]}, "The security role has no function 'System/Nothing'; "),
    ],
)
def test_what_cannot_be_set_is_told_in_a_sentence_and_changes_nothing(
    change: dict[str, Any], sentence: str
) -> None:
    site = ConnectWiseSite()
    before = values(site)
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        site.set(keys="revoked", **change)
    assert values(site) == before


async def test_requests_are_recorded_without_the_value_of_any_header(
    client: Client, site: ConnectWiseSite
) -> None:
    await client.ask("/login/companyinfo/brightwater", {"Authorization": None, "clientId": None})
    await client.api("/system/members", pageSize=1)
    await client.as_admin("/finance/invoices")
    discovery, members, invoices = site.requests
    assert "Authorization" not in discovery.header_names
    assert (discovery.method, discovery.path, discovery.member, discovery.status) == (
        "GET",
        "/login/companyinfo/brightwater",
        "",
        200,
    )
    assert (members.path, members.query, members.member) == (
        f"{API}/system/members",
        {"pageSize": "1"},
        "Rewst",
    )
    assert {"Authorization", "clientId"} <= set(members.header_names)
    assert invoices.member == "SiteAdmin"
    for record in site.requests:
        assert site.private_key not in repr(record)
        assert site.public_key not in repr(record)
    shown = site.describe()["requests"]
    assert [row["path"] for row in shown] == [record.path for record in site.requests]


async def test_a_revoked_key_still_tells_in_the_record_whose_it_was(
    client: Client, site: ConnectWiseSite
) -> None:
    site.set(keys="revoked")
    await client.api("/system/info")
    assert (site.requests[-1].member, site.requests[-1].status) == ("Rewst", 401)


async def test_a_reset_brings_every_switch_back_and_keeps_the_record(
    client: Client, site: ConnectWiseSite
) -> None:
    defaults = values(site)
    site.set(keys="revoked", role="admin", hidden_boards=["Alerts"], answers="down", answers_times=3)
    await client.api("/system/info")
    site.reset()
    assert values(site) == defaults
    assert (await client.api("/system/info")).status == 200
    assert len(site.requests) == 2
