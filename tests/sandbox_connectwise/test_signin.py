"""Routing and sign-in: every way in which the API says no before it looks at a right."""

import base64

import pytest

from bot.sandbox.connectwise import ConnectWiseSite
from tests.sandbox_connectwise.conftest import API, Client, authorization

CANNOT_ROUTE = (400, "Cannot route. Codebase/company is invalid")


async def test_the_right_keys_are_let_in(client: Client) -> None:
    reply = await client.api("/system/info")
    assert reply.status == 200
    assert reply.json["isCloud"] is True
    assert reply.json["cloudRegion"] == "NA"


@pytest.mark.parametrize("client_id", [None, "", "not-a-guid", "4f5d0c1e7a1b4c559a392f6d5b8e6a10"])
async def test_without_a_guid_as_client_id_nothing_routes(client: Client, client_id: str | None) -> None:
    reply = await client.api("/system/info", {"clientId": client_id})
    assert (reply.status, reply.text) == CANNOT_ROUTE
    assert reply.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("mood", "client_id", "status"),
    [
        ("any", "00000000-0000-4000-8000-000000000000", 200),
        ("registered", "00000000-0000-4000-8000-000000000000", 400),
        ("registered", "4F5D0C1E-7A1B-4C55-9A39-2F6D5B8E6A10", 200),
        ("rejected", "4f5d0c1e-7a1b-4c55-9a39-2f6d5b8e6a10", 400),
    ],
)
async def test_a_client_id_may_be_unknown_to_the_site(
    client: Client, site: ConnectWiseSite, mood: str, client_id: str, status: int
) -> None:
    site.set(client_id=mood)
    assert (await client.api("/system/info", {"clientId": client_id})).status == status


@pytest.mark.parametrize(
    "path",
    [
        f"{API}{API}/system/info",
        f"/v4_6_release{API}/system/info",
        f"{API}/v4_6_release/system/info",
        "/v2019_3/apis/3.0/system/info",
        "/apis/3.0/system/info",
    ],
)
async def test_a_path_that_was_doubled_or_is_stale_does_not_route(client: Client, path: str) -> None:
    reply = await client.ask(path)
    assert (reply.status, reply.text) == CANNOT_ROUTE


async def test_outside_of_the_api_there_is_a_web_site(client: Client) -> None:
    reply = await client.ask("/v4_6_release/ConnectWise.aspx")
    assert reply.status == 404
    assert reply.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer something",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:\xfd").decode(),
    ],
)
async def test_authorization_that_is_missing_or_broken_is_a_401(client: Client, header: str | None) -> None:
    reply = await client.api("/system/info", {"Authorization": header})
    assert reply.status == 401
    assert reply.json["code"] == "Unauthorized"
    assert reply.json["errors"] is None


async def test_wrong_keys_are_a_401(client: Client, site: ConnectWiseSite) -> None:
    pairs = [
        (site.private_key, site.public_key),
        (site.public_key, site.private_key[:-1]),
        (site.public_key, site.second_private_key),
        (site.public_key, f"{site.private_key} "),
        ("", ""),
    ]
    for public, private in pairs:
        reply = await client.api(
            "/system/info", {"Authorization": authorization(site.company, public, private)}
        )
        assert (reply.status, reply.json["code"]) == (401, "Unauthorized")


async def test_on_premises_words_wrong_keys_in_another_way(client: Client, site: ConnectWiseSite) -> None:
    site.set(hosting="on_premises", keys="revoked")
    reply = await client.api("/system/info")
    assert reply.status == 401
    assert reply.json == {"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}


async def test_the_cloud_may_say_404_for_wrong_keys(client: Client, site: ConnectWiseSite) -> None:
    site.set(auth_failure="404", keys="revoked")
    reply = await client.api("/system/info")
    assert (reply.status, reply.json["code"]) == (404, "NotFound")


async def test_keys_may_be_rotated_and_revoked(client: Client, site: ConnectWiseSite) -> None:
    pairs = (
        (site.public_key, site.private_key),
        (site.second_public_key, site.second_private_key),
    )
    expected = {
        "valid": [200, 200],
        "first_revoked": [401, 200],
        "second_revoked": [200, 401],
        "revoked": [401, 401],
    }
    for mood, statuses in expected.items():
        site.set(keys=mood)
        found = [
            (await client.api("/system/info", {"Authorization": authorization(site.company, *pair)})).status
            for pair in pairs
        ]
        assert found == statuses


async def test_a_company_that_does_not_exist_does_not_route(client: Client, site: ConnectWiseSite) -> None:
    keys = authorization("Brightwater Managed Services", site.public_key, site.private_key)
    reply = await client.api("/system/info", {"Authorization": keys})
    assert (reply.status, reply.text) == CANNOT_ROUTE
    site.set(unknown_login="unauthorized")
    assert (await client.api("/system/info", {"Authorization": keys})).status == 401


@pytest.mark.parametrize(("mood", "status"), [("ignored", 200), ("strict", 400)])
async def test_capitals_of_the_login_company_follow_the_switch(
    client: Client, site: ConnectWiseSite, mood: str, status: int
) -> None:
    site.set(company_case=mood)
    keys = authorization("BRIGHTWATER", site.public_key, site.private_key)
    assert (await client.api("/system/info", {"Authorization": keys})).status == status


async def test_an_inactive_member_is_a_401(client: Client, site: ConnectWiseSite) -> None:
    site.set(member="inactive")
    assert (await client.api("/system/info")).status == 401
    assert (await client.as_admin("/system/info")).status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("na.myconnectwise.net", 403),
        ("staging.connectwisedev.com", 403),
        ("api-na.myconnectwise.net", 200),
        ("api-staging.connectwisedev.com", 200),
        ("psa.brightwater.example:8443", 200),
    ],
)
async def test_a_cloud_web_host_does_not_serve_the_api(client: Client, host: str, status: int) -> None:
    reply = await client.api("/system/info", {"Host": host})
    assert reply.status == status
    if status == 403:
        assert reply.json == {"code": "Security", "message": "SSL is required.", "errors": None}


@pytest.mark.parametrize("path", ["/system/myAccount", "/nothing", "/", "/company/companies/first"])
async def test_a_path_that_is_not_routed_is_no_endpoint(client: Client, path: str) -> None:
    reply = await client.api(path)
    assert reply.status == 404
    assert reply.json == {"code": "ConnectWiseApi", "message": "The endpoint does not exist."}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_role_cannot_be_changed_by_rest(client: Client, method: str) -> None:
    reply = await client.ask(f"{API}/system/securityroles/66", method=method)
    assert (reply.status, reply.json["message"]) == (404, "The endpoint does not exist.")


async def test_a_record_that_does_not_exist_is_not_found(client: Client) -> None:
    reply = await client.api("/company/companies/999999")
    assert (reply.status, reply.json["code"]) == (404, "NotFound")
