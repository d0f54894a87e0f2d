import json
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, encode_basic_auth
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import SlackServer, SlackWorkspace
from tests.sandbox_slack.app import FakeApp, section


def client(slack: SlackServer, token: str | None) -> AsyncWebClient:
    return AsyncWebClient(token=token, base_url=slack.api_url, retry_handlers=[])


async def exchange(slack: SlackServer, **form: str) -> dict[str, Any]:
    """oauth.v2.access as a plain form: the SDK's own method warns of a deprecation in aiohttp."""
    async with (
        ClientSession() as session,
        session.post(f"{slack.api_url}oauth.v2.access", data=form) as response,
    ):
        answer: dict[str, Any] = await response.json()
        return answer


async def refused(call: Any) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as caught:
        await call
    data = caught.value.response.data
    assert isinstance(data, dict)
    return data


async def test_tokens_are_checked(slack: SlackServer) -> None:
    async def error(token: str | None) -> str:
        return str((await refused(client(slack, token).auth_test()))["error"])

    assert await error(None) == "not_authed"
    assert await error("xoxb-wrong") == "invalid_auth"
    assert await error(slack.app_token) == "not_allowed_token_type"
    slack.revoke_tokens()
    assert await error(slack.bot_token) == "token_revoked"


async def test_answers_say_what_the_token_may_do_and_what_time_it_is_at_slack(slack: SlackServer) -> None:
    slack.workspace.clock.advance(3600)
    asked = time.time()
    answer = await client(slack, slack.bot_token).auth_test()
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert headers["x-oauth-scopes"].split(",") == list(slack.installation.scopes)
    ahead = parsedate_to_datetime(headers["date"]).timestamp() - asked
    assert ahead >= 3599
    opened = await client(slack, slack.app_token).apps_connections_open(app_token=slack.app_token)
    assert {name.lower(): it for name, it in opened.headers.items()}["x-oauth-scopes"] == "connections:write"


async def test_a_token_may_come_as_an_argument(slack: SlackServer) -> None:
    async with (
        ClientSession() as session,
        session.post(f"{slack.api_url}auth.test", data={"token": slack.bot_token}) as response,
    ):
        answer = await response.json()
    assert (answer["ok"], answer["team_id"]) == (True, slack.workspace.team.id)
    assert answer["user_id"] == slack.installation.bot_user_id


async def test_a_method_needs_its_scope(app: FakeApp) -> None:
    answer = await refused(app.client.conversations_info(channel="C0PSASETUP"))
    assert answer["error"] == "missing_scope"
    assert answer["needed"] == "channels:read"
    assert answer["provided"] == "commands,chat:write,users:read"


async def test_a_method_that_does_not_exist_is_unknown(app: FakeApp) -> None:
    assert (await refused(app.client.api_call("chat.sing")))["error"] == "unknown_method"


async def test_a_missing_argument_is_named(app: FakeApp) -> None:
    answer = await refused(app.client.api_call("users.info"))
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: user"]


async def test_the_roles_of_people_are_told(app: FakeApp) -> None:
    async def flags(user: str) -> set[str]:
        answer = (await app.client.users_info(user=user))["user"]
        names = ("is_owner", "is_admin", "is_restricted", "is_ultra_restricted", "is_stranger", "is_bot")
        return {name for name in names if answer.get(name)}

    assert await flags("U0ADA00001") == {"is_owner", "is_admin"}
    assert await flags("U0BEN00001") == {"is_admin"}
    assert await flags("U0DAN00001") == set()
    assert await flags("U0GUS00001") == {"is_restricted"}
    assert await flags("U0SOL00001") == {"is_restricted", "is_ultra_restricted"}
    assert await flags("U0EVE00001") == {"is_stranger"}
    assert await flags(app.slack.installation.bot_user_id) == {"is_bot"}
    assert (await refused(app.client.users_info(user="U0NOBODY01")))["error"] == "user_not_found"


async def test_the_list_of_people_comes_in_pages(app: FakeApp) -> None:
    first = await app.client.users_list(limit=5)
    rest = await app.client.users_list(limit=100, cursor=first["response_metadata"]["next_cursor"])
    names = [member["name"] for member in first["members"] + rest["members"]]
    assert len(first["members"]) == 5
    assert {"ada", "ben", "eve"} <= set(names)
    assert rest["response_metadata"]["next_cursor"] == ""


async def test_teams_do_not_see_into_each_other(app: FakeApp, slack: SlackServer) -> None:
    other = slack.add_team("Acme", "acme")
    token = slack.workspace.installations[other.id].bot_token
    theirs = client(slack, token)
    assert (await theirs.auth_test())["team_id"] == other.id
    assert (await refused(theirs.users_info(user="U0ADA00001")))["error"] == "user_not_visible"
    posted = theirs.chat_postMessage(channel="C0PSASETUP", text="x")
    assert (await refused(posted))["error"] == "channel_not_found"
    person = slack.person("acme-owner")
    await person.command("/cw-setup", "acme-setup")
    assert app.last("command")["team_id"] == other.id


async def test_channels_teams_bots_and_groups_are_described() -> None:
    scopes = [
        "chat:write",
        "users:read",
        "channels:read",
        "channels:join",
        "im:write",
        "team:read",
        "usergroups:read",
    ]
    async with SlackServer(SlackWorkspace(scopes=scopes)) as slack:
        api = client(slack, slack.bot_token)
        shared = (await api.conversations_info(channel="C0CONTOSO1"))["channel"]
        assert shared["is_ext_shared"]
        assert shared["is_member"]
        assert (await refused(api.conversations_info(channel="C0SECRET01")))["error"] == "channel_not_found"
        assert "U0EVE00001" in (await api.conversations_members(channel="C0CONTOSO1"))["members"]
        assert (await api.conversations_join(channel="C0HELPDESK"))["channel"]["is_member"]
        assert (await api.conversations_join(channel="C0HELPDESK"))["warning"] == "already_in_channel"
        assert (await refused(api.conversations_join(channel="C0OLDSTUFF")))["error"] == "is_archived"
        opened = (await api.conversations_open(users="U0ADA00001"))["channel"]["id"]
        assert (await api.chat_postMessage(channel=opened, text="hello"))["ok"]
        assert (await api.team_info())["team"]["domain"] == "northwind-it"
        assert (await api.bots_info(bot=slack.installation.bot_id))["bot"]["app_id"] == "A0SANDBOX1"
        assert (await api.usergroups_users_list(usergroup="S0PSATEAM1"))["users"] == [
            "U0BEN00001",
            "U0CLEO0001",
        ]
        assert (await refused(api.usergroups_users_list(usergroup="S0")))["error"] == "no_such_subteam"
        assert (await api.api_test(foo="bar"))["args"]["foo"] == "bar"


async def test_an_install_code_is_exchanged_once_for_a_fresh_token(slack: SlackServer) -> None:
    team = slack.add_team("Acme", "acme", installed=False)
    url = f"{slack.base_url}/oauth/v2/authorize"
    query = {
        "client_id": slack.workspace.app.client_id,
        "redirect_uri": "http://127.0.0.1/back",
        "state": "s",
        "team": team.id,
    }
    async with (
        ClientSession() as session,
        session.get(url, params=query, allow_redirects=False) as response,
    ):
        back = response.headers["Location"]
    assert back.startswith("http://127.0.0.1/back?code=")
    assert back.endswith("&state=s")
    code = back.split("code=")[1].split("&")[0]
    app = slack.workspace.app
    ask = {"client_id": app.client_id, "client_secret": app.client_secret, "code": code}
    granted = await exchange(slack, **ask)
    assert granted["team"]["id"] == team.id
    assert (await client(slack, granted["access_token"]).auth_test())["team"] == "Acme"
    assert (await exchange(slack, **ask))["error"] == "invalid_code"
    assert (await exchange(slack, **{**ask, "client_secret": "no"}))["error"] == "bad_client_secret"
    assert (await exchange(slack, **{**ask, "client_id": "no"}))["error"] == "invalid_client_id"


async def test_the_clients_secret_may_come_as_basic_authorization(slack: SlackServer) -> None:
    app = slack.workspace.app
    code = slack.issue_oauth_code(slack.workspace.team.id)
    headers = {"Authorization": encode_basic_auth(app.client_id, app.client_secret)}
    async with (
        ClientSession() as session,
        session.post(f"{slack.api_url}oauth.v2.access", data={"code": code}, headers=headers) as response,
    ):
        assert (await response.json())["access_token"] == slack.bot_token


async def test_every_call_is_logged_without_its_token(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    async with SlackServer(call_log=path) as slack:
        api = client(slack, slack.bot_token)
        await api.api_call("auth.test", data={"token": slack.bot_token})
        await refused(api.chat_postMessage(channel="C0HELPDESK", text="x", blocks=[section("y")]))
        calls = list(slack.calls)
    assert [(call.method, call.ok, call.error) for call in calls] == [
        ("auth.test", True, None),
        ("chat.postMessage", False, "not_in_channel"),
    ]
    assert calls[1].args["channel"] == "C0HELPDESK"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["error"] for line in lines] == [None, "not_in_channel"]
    assert slack.bot_token not in path.read_text()


async def test_secrets_stay_out_of_the_reprs(slack: SlackServer) -> None:
    shown = repr(slack.workspace.app) + repr(slack.installation) + repr(slack.signed_request({"a": "b"}))
    for secret in (slack.bot_token, slack.app_token, slack.signing_secret):
        assert secret not in shown
