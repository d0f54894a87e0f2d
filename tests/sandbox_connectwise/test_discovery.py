"""Company discovery, which needs no secret."""

import pytest

from bot.sandbox.connectwise import ConnectWiseSite
from tests.sandbox_connectwise.conftest import Client

NOBODY = {"Authorization": None, "clientId": None}


async def discover(client: Client, company: str = "brightwater") -> object:
    reply = await client.ask(f"/login/companyinfo/{company}", NOBODY)
    assert reply.status == 200
    return reply.json


async def test_a_company_is_discovered_without_any_key(client: Client, site: ConnectWiseSite) -> None:
    assert await discover(client) == {
        "CompanyName": "Brightwater Managed Services",
        "Codebase": "v2026_1/",
        "VersionCode": "v2026.1",
        "VersionNumber": "v4.6.99021",
        "CompanyID": "brightwater",
        "IsCloud": True,
        "SiteUrl": site.host,
        "AllowedOrigins": ["*.myconnectwise.net"],
    }


async def test_an_unknown_company_is_null_with_200(client: Client) -> None:
    assert await discover(client, "nobody") is None


async def test_an_unknown_company_can_also_be_a_404(client: Client, site: ConnectWiseSite) -> None:
    site.set(unknown_company="404")
    assert (await client.ask("/login/companyinfo/nobody", NOBODY)).status == 404


async def test_an_unknown_company_can_also_be_a_page(client: Client, site: ConnectWiseSite) -> None:
    site.set(unknown_company="html")
    reply = await client.ask("/login/companyinfo/nobody", NOBODY)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


async def test_a_company_that_left_is_unknown(client: Client, site: ConnectWiseSite) -> None:
    site.set(company="unknown")
    assert await discover(client) is None


@pytest.mark.parametrize(("mood", "known"), [("ignored", True), ("strict", False)])
async def test_capitals_in_the_company_matter_only_where_they_are_said_to(
    client: Client, site: ConnectWiseSite, mood: str, known: bool
) -> None:
    site.set(company_case=mood)
    assert (await discover(client, "BrightWater") is not None) is known


async def test_is_cloud_may_come_as_text(client: Client, site: ConnectWiseSite) -> None:
    site.set(discovery_shape="cloud_as_text")
    info = await discover(client)
    assert isinstance(info, dict)
    assert info["IsCloud"] == "True"


async def test_site_url_and_origins_may_be_missing(client: Client, site: ConnectWiseSite) -> None:
    site.set(discovery_shape="sparse")
    info = await discover(client)
    assert isinstance(info, dict)
    assert "SiteUrl" not in info
    assert "AllowedOrigins" not in info


async def test_the_company_id_may_differ_from_what_was_asked_for(
    client: Client, site: ConnectWiseSite
) -> None:
    site.set(discovery_shape="other_company_id")
    info = await discover(client)
    assert isinstance(info, dict)
    assert info["CompanyID"] == "BWMS"


async def test_on_premises_is_no_cloud(client: Client, site: ConnectWiseSite) -> None:
    site.set(hosting="on_premises")
    info = await discover(client)
    assert isinstance(info, dict)
    assert info["IsCloud"] is False


async def test_discovery_works_on_the_web_host_and_on_the_api_host(client: Client) -> None:
    for host in ("na.myconnectwise.net", "api-na.myconnectwise.net"):
        reply = await client.ask("/login/companyinfo/brightwater", {**NOBODY, "Host": host})
        assert reply.json["CompanyID"] == "brightwater"


async def test_after_an_upgrade_the_old_codebase_does_not_route_and_the_alias_does(
    client: Client, site: ConnectWiseSite
) -> None:
    old = "/v2026_1/apis/3.0/system/info"
    assert (await client.ask(old)).status == 200
    site.set(upgraded=True)
    info = await discover(client)
    assert isinstance(info, dict)
    assert info["Codebase"] == "v2026_2/"
    stale = await client.ask(old)
    assert (stale.status, stale.text) == (400, "Cannot route. Codebase/company is invalid")
    assert (await client.ask("/v2026_2/apis/3.0/system/info")).status == 200
    assert (await client.api("/system/info")).json["version"] == "v2026.2"
