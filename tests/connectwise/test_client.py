"""The calls: what is sent, how often, and what is made of every answer."""

import base64
import json
import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.connectwise import ConnectWiseLogin, ConnectWiseSites
from bot.connectwise.client import quoted
from bot.connectwise.errors import clean_words
from bot.domain.errors import ConnectWiseError
from bot.domain.evidence import Budget, CustomizeItem, NameRef, SecurityRow
from bot.domain.instance import Credentials, Filter
from tests.connectwise.conftest import Server, Sleeper

PUBLIC, PRIVATE = "publicPUBLIC1234", "privatePRIVATE56"
KEYS = Credentials(public_key=SecretStr(PUBLIC), private_key=SecretStr(PRIVATE))
INFO = b'{"CompanyName":"Acme","Codebase":"v2026_1/","VersionNumber":"v4.6.1","CompanyID":"acme","IsCloud":"True"}'


@pytest.fixture
def login(sites: ConnectWiseSites) -> ConnectWiseLogin:
    return sites.site("cw.test").login("acme", KEYS, client_id="0a0b")


async def refusal(login: ConnectWiseLogin) -> ConnectWiseError:
    with pytest.raises(ConnectWiseError) as caught:
        await login.system_info()
    return caught.value


def reply(status: int, body: object = "", **headers: str) -> web.Response:
    text = body if isinstance(body, str) else json.dumps(body)
    return web.Response(
        status=status, text=text, headers={it.replace("_", "-"): headers[it] for it in headers}
    )


async def test_looking_a_company_up_sends_no_secret_and_no_client_id(
    sites: ConnectWiseSites, server: Server
) -> None:
    server.answer(body=INFO)
    found = await sites.site("cw.test").company_info("ac/me +")
    (request,) = server.requests
    assert str(request.rel_url.raw_path) == "/login/companyinfo/ac%2Fme%20%2B"
    assert not {"authorization", "clientid", "cookie"} & {name.lower() for name in request.headers}
    assert (found.name, found.codebase, found.is_cloud) == ("Acme", "v2026_1/", True)


async def test_a_call_carries_login_client_id_and_version(login: ConnectWiseLogin, server: Server) -> None:
    server.answer(body=b'{"version":"v2026.1","isCloud":true,"cloudRegion":"NA"}')
    info = await login.system_info()
    (request,) = server.requests
    scheme, _, token = request.headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(token).decode()) == ("Basic", f"acme+{PUBLIC}:{PRIVATE}")
    assert request.headers["clientId"] == "0a0b"
    assert request.headers["Accept"] == "application/vnd.connectwise.com+json; version=2025.1"
    assert request.path == "/v4_6_release/apis/3.0/system/info"
    assert (info.version, info.is_cloud, info.region) == ("v2026.1", True, "NA")


async def test_a_session_cookie_is_not_sent_back(login: ConnectWiseLogin, server: Server) -> None:
    server.answer(body=b'{"version":"v1"}', headers={"Set-Cookie": "session=somebody; Path=/"})
    await login.system_info()
    await login.system_info()
    assert all("Cookie" not in request.headers for request in server.requests)


@pytest.mark.parametrize(
    ("status", "body", "key", "transient"),
    [
        (400, "Cannot route. Codebase/company is invalid", "cannot_route", False),
        (
            400,
            {"code": "ApiFindCondition", "message": "x/y is not a recognized name."},
            "filter_refused",
            False,
        ),
        (400, {"code": "X", "message": "Condition Syntax Error (Line 1)"}, "filter_refused", False),
        (400, {"code": "InvalidObject", "message": "no", "errors": None}, "request_refused", False),
        (401, {"code": "Unauthorized", "message": "no"}, "keys_refused", False),
        (401, {"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}, "keys_refused", False),
        (
            403,
            {"code": "Security", "message": "You do not have security permission."},
            "right_missing",
            False,
        ),
        (403, {"code": "Security", "message": "SSL is required.", "errors": None}, "ssl_required", False),
        (403, "<html><body>Access denied</body></html>", "blocked", False),
        (403, {"code": "Other", "message": "no"}, "forbidden", False),
        (
            404,
            {"code": "ConnectWiseApi", "message": "The endpoint does not exist."},
            "endpoint_unknown",
            False,
        ),
        (404, {"code": "NotFound", "message": "none"}, "not_found", False),
        (404, "<h1>Not Found</h1>", "not_connectwise", False),
        (410, "gone", "request_refused", False),
        (429, {"error": "ConnectWiseAPI", "message": "Too many requests."}, "throttled", True),
        (500, {"code": "ConnectWiseApi", "message": "A timeout has occured."}, "server_timeout", True),
        (500, "<html>oops</html>", "server_error", True),
        (502, "<html>Bad Gateway</html>", "server_down", True),
        (503, "", "server_down", True),
        (504, "[]", "server_down", True),
    ],
)
async def test_every_refusal_has_a_key(
    login: ConnectWiseLogin, server: Server, status: int, body: object, key: str, transient: bool
) -> None:
    server.answer_in_turn(lambda: reply(status, body))
    error = await refusal(login)
    assert (error.key, error.status, error.transient) == (key, status, transient)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_what_a_person_must_mend_is_asked_once(
    login: ConnectWiseLogin, server: Server, sleeper: Sleeper, status: int
) -> None:
    server.answer(status, b"{}")
    await refusal(login)
    assert (len(server.requests), sleeper.naps) == (1, [])


@pytest.mark.parametrize(
    ("budget", "tries", "cap"), [(Budget.INTERACTIVE, 3, 3.0), (Budget.BACKGROUND, 6, 45.0)]
)
async def test_what_passes_by_itself_is_tried_as_often_as_the_budget_says(
    sites: ConnectWiseSites, server: Server, sleeper: Sleeper, budget: Budget, tries: int, cap: float
) -> None:
    server.answer(503)
    await refusal(sites.site("cw.test").login("acme", KEYS, budget=budget))
    assert len(server.requests) == tries
    assert len(sleeper.naps) == tries - 1
    assert all(0 < nap <= cap for nap in sleeper.naps)
    assert sleeper.naps == sorted(sleeper.naps)  # jitter takes at most half, so the waits still grow


async def test_a_short_outage_is_not_noticed(login: ConnectWiseLogin, server: Server) -> None:
    server.answer_in_turn(lambda: reply(503), lambda: reply(500), lambda: reply(200, {"version": "v1"}))
    assert (await login.system_info()).version == "v1"


async def test_a_throttled_call_waits_as_long_as_it_was_told(
    login: ConnectWiseLogin, server: Server, sleeper: Sleeper
) -> None:
    server.answer_in_turn(lambda: reply(429, Retry_After="2"), lambda: reply(200, {"version": "v1"}))
    assert (await login.system_info()).version == "v1"
    assert len(sleeper.naps) == 1
    assert 2 <= sleeper.naps[0] <= 2.1


@pytest.mark.parametrize(
    ("header", "message", "seconds"),
    [
        ("30", "", 30.0),
        ("", "Too many requests. Please try again in 45 seconds.", 45.0),
        ("soon", "", None),
        ("-5", "", None),
        ("99999999", "", 3600.0),
    ],
)
async def test_a_wait_beyond_patience_is_told_instead_of_slept(
    login: ConnectWiseLogin,
    server: Server,
    sleeper: Sleeper,
    header: str,
    message: str,
    seconds: float | None,
) -> None:
    headers = {"Retry_After": header} if header else {}
    server.answer_in_turn(lambda: reply(429, {"error": "ConnectWiseAPI", "message": message}, **headers))
    error = await refusal(login)
    assert error.retry_after == seconds
    if seconds is not None:
        assert (len(server.requests), sleeper.naps) == (1, [])


async def test_a_wait_may_be_given_as_a_date(login: ConnectWiseLogin, server: Server) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)
    server.answer_in_turn(lambda: reply(429, Retry_After=until))
    error = await refusal(login)
    assert error.retry_after is not None
    assert 60 < error.retry_after <= 120


async def test_rows_survive_missing_null_and_odd_members(login: ConnectWiseLogin, server: Server) -> None:
    rows = [
        {
            "moduleName": "System",
            "moduleFunctionName": "Table Setup",
            "addLevel": "All",
            "inquireLevel": None,
        },
        {"moduleName": 7, "moduleFunctionName": ["x"], "editLevel": {"a": 1}},
        "nonsense",
        {},
    ]
    server.answer(body=json.dumps(rows))
    assert await login.my_security() == (
        SecurityRow("System", "Table Setup", "All", None, None, None),
        SecurityRow("7", "", None, "{'a': 1}", None, None),
        SecurityRow("", "", None, None, None, None),
    )


async def test_who_am_i_may_come_alone_or_in_a_list(login: ConnectWiseLogin, server: Server) -> None:
    member = {
        "identifier": "Rewst",
        "licenseClass": "A",
        "inactiveFlag": "False",
        "securityRole": {"name": "R"},
    }
    for body in (member, [member]):
        server.answer(body=json.dumps(body))
        me = await login.my_member()
        assert (me.identifier, me.license_class, me.inactive, me.role) == ("Rewst", "A", False, "R")


async def test_an_api_member_is_found_by_its_id_whatever_its_capitals(
    login: ConnectWiseLogin, server: Server
) -> None:
    rows = [{"identifier": "Rewst2"}, {"identifier": "REWST", "excludedServiceBoardIds": [1, "2", None]}]
    server.answer(body=json.dumps(rows))
    found = await login.api_member("rewst")
    assert found is not None
    assert (found.identifier, found.excluded_boards) == ("REWST", (1, 2))
    assert server.requests[0].query["conditions"] == 'identifier="rewst"'
    assert await login.api_member("other") is None


async def test_the_parts_of_a_filter_go_out_under_their_own_names(
    login: ConnectWiseLogin, server: Server
) -> None:
    which = Filter(conditions='a="1&2"', child_conditions='types/name LIKE "C*"', custom_field_conditions="x")
    server.answer(body=b'{"count": 12}')
    assert await login.count_companies(which) == 12
    assert dict(server.requests[0].query) == {
        "conditions": 'a="1&2"',
        "childConditions": 'types/name LIKE "C*"',
        "customFieldConditions": "x",
    }
    server.answer(body=b'[{"id":1,"identifier":"A","name":"Acme"},{"id":"2","identifier":"B"}]')
    assert await login.sample_companies(which) == (NameRef(1, "Acme", "A"), NameRef(2, "B", "B"))


async def test_customize_items_keep_their_trailing_slash(login: ConnectWiseLogin, server: Server) -> None:
    server.answer(body=b'[{"customizeIdentifier":"SystemTableSetup","itemIdentifier":"x"}]')
    assert await login.customize_items() == (CustomizeItem("SystemTableSetup", "x"),)
    assert server.requests[0].path.endswith("/customizeItems/")


async def test_choices_are_records_with_ids(login: ConnectWiseLogin, server: Server) -> None:
    server.answer(body=b'[{"id":1,"name":"Help Desk"},{"name":"no id"}]')
    assert await login.choices("/service/info/boards", conditions="inactiveFlag=false") == (
        NameRef(1, "Help Desk"),
    )
    assert server.requests[0].query["pageSize"] == "1000"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"nonsense", b'{"version":', b"[[[[[[", b"\xff\xfe", b"7", b'"x"']
)
async def test_a_body_of_the_wrong_shape_is_unreadable(
    login: ConnectWiseLogin, server: Server, body: bytes
) -> None:
    server.answer(body=body)
    assert (await refusal(login)).key == "answer_unreadable"


async def test_json_nested_without_end_is_unreadable(login: ConnectWiseLogin, server: Server) -> None:
    server.answer(body=b"[" * 200_000)
    assert (await refusal(login)).key == "answer_unreadable"


@pytest.mark.parametrize(
    ("status", "body", "key"),
    [
        (200, b"null", "company_unknown"),
        (404, b"", "not_connectwise"),
        (404, b'{"code":"NotFound"}', "company_not_found"),
        (400, b"Cannot route. Codebase/company is invalid", "company_unknown"),
        (200, b"<html>hello</html>", "not_connectwise"),
        (200, b"{}", "not_connectwise"),
        (200, b"[]", "not_connectwise"),
        (401, b"", "not_connectwise"),
        (403, b"<html>", "blocked"),
    ],
)
async def test_a_company_look_up_tells_an_unknown_company_from_a_wrong_host(
    sites: ConnectWiseSites, server: Server, status: int, body: bytes, key: str
) -> None:
    server.answer(status, body)
    with pytest.raises(ConnectWiseError) as caught:
        await sites.site("cw.test").company_info("acme")
    assert caught.value.key == key


async def test_no_key_is_in_any_error_repr_log_or_chain(
    login: ConnectWiseLogin, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = base64.b64encode(f"acme+{PUBLIC}:{PRIVATE}".encode()).decode()
    server.answer(400, json.dumps({"code": "X", "message": f"bad {PUBLIC} {PRIVATE} Basic {token}"}))
    error = await refusal(login)
    seen = " ".join([str(error), repr(error), error.message, repr(login), repr(vars(login)), caplog.text])
    assert not [secret for secret in (PUBLIC, PRIVATE, token) if secret in seen]
    assert error.message == "bad ••• ••• •••"


async def test_an_error_chains_only_causes_that_carry_no_request(
    login: ConnectWiseLogin, server: Server
) -> None:
    async def hang_up(request: web.BaseRequest) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    server.handler = hang_up
    error = await refusal(login)
    assert error.key == "answer_cut"
    assert error.__cause__ is None or isinstance(error.__cause__, OSError)


async def test_a_server_says_how_it_calls_the_request(login: ConnectWiseLogin, server: Server) -> None:
    server.answer(401, b"{}", {"X-CW-Request-Id": "abc-123"})
    assert (await refusal(login)).params == {"request_id": "abc-123"}


def test_words_of_a_server_become_one_harmless_line() -> None:
    assert clean_words("a\r\n\x1b[31mb\u202e c", limit=50) == "a [31mb c"
    assert clean_words("x" * 400) == "x" * 299 + "…"
    assert quoted('a"b\\c') == '"abc"'


@pytest.mark.parametrize("count", [-1, None, "many", [], True])
async def test_a_count_that_is_none_is_unreadable(
    login: ConnectWiseLogin, server: Server, count: object
) -> None:
    server.answer(body=json.dumps({"count": count}))
    with pytest.raises(ConnectWiseError) as caught:
        await login.count_companies(Filter())
    assert caught.value.key == "answer_unreadable"
