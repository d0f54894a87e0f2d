"""Answers that are not ConnectWise's own, and bodies that no parser likes."""

import asyncio
import json
import zlib
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest

from bot.sandbox.connectwise import ConnectWiseSite
from tests.sandbox_connectwise.conftest import API, Client, authorization

INFO = "/system/info"
PAGE = "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("mood", "status", "content_type"),
    [
        ("down", 503, PAGE),
        ("bad_gateway", 502, PAGE),
        ("firewall", 403, PAGE),
        ("portal", 200, PAGE),
        ("redirect", 302, PAGE),
    ],
)
async def test_a_page_may_come_instead_of_json(
    client: Client, site: ConnectWiseSite, mood: str, status: int, content_type: str
) -> None:
    site.set(answers=mood)
    for path in (API + INFO, "/login/companyinfo/brightwater"):
        reply = await client.ask(path)
        assert (reply.status, reply.headers["Content-Type"]) == (status, content_type)


async def test_a_redirect_leads_to_another_host(client: Client, site: ConnectWiseSite) -> None:
    site.set(answers="redirect")
    assert (await client.api(INFO)).headers["Location"] == "https://login.another-site.invalid/"


async def test_the_servers_own_timeout_is_a_500(client: Client, site: ConnectWiseSite) -> None:
    site.set(answers="timeout_500")
    reply = await client.api(INFO)
    assert reply.status == 500
    assert reply.json == {"code": "ConnectWiseApi", "message": "A timeout has occured. Please try again."}


async def test_ssl_required_may_be_said_on_any_host(client: Client, site: ConnectWiseSite) -> None:
    site.set(answers="ssl_required")
    reply = await client.api(INFO)
    assert (reply.status, reply.json["message"]) == (403, "SSL is required.")


@pytest.mark.parametrize(
    ("mood", "status", "code"),
    [
        ("invalid_object", 400, "InvalidObject"),
        ("condition_syntax", 400, "ApiFindCondition"),
        ("unauthorized", 401, "Unauthorized"),
        ("no_permission", 403, "Security"),
        ("forbidden", 403, "AccessDenied"),
        ("no_endpoint", 404, "ConnectWiseApi"),
        ("not_found", 404, "NotFound"),
    ],
)
async def test_every_refusal_that_was_seen_can_be_said_at_any_path(
    client: Client, site: ConnectWiseSite, mood: str, status: int, code: str
) -> None:
    site.set(answers=mood)
    reply = await client.api(INFO)
    assert (reply.status, reply.json["code"]) == (status, code)


@pytest.mark.parametrize(
    ("mood", "status", "body"),
    [("cannot_route", 400, "Cannot route"), ("not_found_page", 404, "<html"), ("error_page", 500, "<html")],
)
async def test_some_refusals_are_no_json(
    client: Client, site: ConnectWiseSite, mood: str, status: int, body: str
) -> None:
    site.set(answers=mood)
    reply = await client.api(INFO)
    assert (reply.status, body in reply.text) == (status, True)


async def test_an_answer_may_be_meant_for_some_paths_only(client: Client, site: ConnectWiseSite) -> None:
    site.set(answers="down", answers_paths=["/company/companies"])
    statuses = [
        (await client.api(path)).status
        for path in (INFO, "/company/companies/count", "/company/companies", "/company/contacts")
    ]
    assert statuses == [200, 503, 503, 200]


async def test_a_throttled_request_is_told_when_to_come_back(client: Client, site: ConnectWiseSite) -> None:
    site.set(answers="throttled")
    reply = await client.api(INFO)
    assert (reply.status, reply.headers["Retry-After"]) == (429, "30")
    assert reply.json == {
        "error": "ConnectWiseAPI",
        "message": "Too many requests. Please try again in 30 seconds.",
    }
    site.set(retry_after=2)
    assert (await client.api(INFO)).headers["Retry-After"] == "2"
    site.set(retry_after="date")
    assert parsedate_to_datetime((await client.api(INFO)).headers["Retry-After"]).tzinfo is not None
    site.set(retry_after="absent")
    assert "Retry-After" not in (await client.api(INFO)).headers


@pytest.mark.parametrize("mood", ["empty", "not_json", "truncated"])
async def test_what_is_called_json_may_be_none(client: Client, site: ConnectWiseSite, mood: str) -> None:
    site.set(answers=mood)
    reply = await client.api(INFO)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.body)


async def test_json_may_have_other_types(client: Client, site: ConnectWiseSite) -> None:
    site.set(answers="wrong_types")
    body: Any = (await client.api(INFO)).json
    assert not isinstance(body["IsCloud"], bool | str)


async def test_a_body_may_be_ten_megabytes(client: Client, site: ConnectWiseSite) -> None:
    site.set(answers="huge")
    reply = await client.api(INFO)
    assert len(reply.body) > 10 * 1024 * 1024
    assert len(reply.json) > 1000


async def test_a_small_body_may_unpack_to_a_hundred_megabytes(client: Client, site: ConnectWiseSite) -> None:
    site.set(answers="gzip_bomb")
    headers = {"Authorization": authorization(site.company, site.public_key, site.private_key)}
    async with client.session.get(site.url + API + INFO, headers=headers, auto_decompress=False) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        packed = await response.read()
    assert len(packed) < 200 * 1024
    unpacker, size = zlib.decompressobj(wbits=31), 0
    for piece in (packed[start : start + 1024] for start in range(0, len(packed), 1024)):
        size += len(unpacker.decompress(piece))
    assert size == 100 * 1024 * 1024


async def test_bytes_that_are_no_http_may_come(client: Client, site: ConnectWiseSite) -> None:
    site.set(answers="random_bytes")
    with pytest.raises(aiohttp.ClientError):
        await client.api(INFO)
    assert site.requests[-1].status == 0


async def test_a_body_may_be_cut_off(client: Client, site: ConnectWiseSite) -> None:
    site.set(answers="cut")
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await client.api(INFO)


async def test_a_connection_may_be_reset_after_the_request(client: Client, site: ConnectWiseSite) -> None:
    site.set(answers="reset")
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await client.api(INFO)
    assert {record.status for record in site.requests} == {0}


async def test_an_answer_may_drip(client: Client, site: ConnectWiseSite) -> None:
    site.set(answers="drip", drip_seconds=0)
    assert (await client.api(INFO)).json["isCloud"] is True
    site.set(drip_seconds=30)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.api(INFO), 0.05)


@pytest.mark.parametrize(("where", "api", "discovery"), [("api", 503, 200), ("companyinfo", 200, 503)])
async def test_a_fault_may_be_narrowed_to_some_paths(
    client: Client, site: ConnectWiseSite, where: str, api: int, discovery: int
) -> None:
    site.set(answers="down", answers_where=where)
    assert (await client.api(INFO)).status == api
    assert (await client.ask("/login/companyinfo/brightwater")).status == discovery


async def test_the_site_recovers_after_a_limited_number_of_faults(
    client: Client, site: ConnectWiseSite
) -> None:
    site.set(answers="timeout_500", answers_times=2)
    assert [(await client.api(INFO)).status for _ in range(4)] == [500, 500, 200, 200]
    assert site.mood("answers") == "normal"


async def test_latency_holds_every_answer_back(client: Client, site: ConnectWiseSite) -> None:
    site.set(latency=30)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.api(INFO), 0.05)
    site.set(latency=0.01)
    assert (await client.api(INFO)).status == 200
    assert site.requests[-1].duration_seconds >= 0.01


async def test_the_rate_limiter_counts_requests_of_the_last_minute() -> None:
    now = [1000.0]
    async with ConnectWiseSite(clock=lambda: now[0]) as site, aiohttp.ClientSession() as session:
        site.set(rate_limit=3, tls="plain")
        url = f"http://127.0.0.1:{site.port}/login/companyinfo/brightwater"

        async def status() -> tuple[int, str | None]:
            async with session.get(url) as response:
                return response.status, response.headers.get("Retry-After")

        assert [(await status())[0] for _ in range(3)] == [200, 200, 200]
        now[0] += 20
        assert await status() == (429, "40")
        now[0] += 40
        assert await status() == (200, None)
        site.set(rate_limit=0)
        assert [(await status())[0] for _ in range(5)] == [200] * 5
