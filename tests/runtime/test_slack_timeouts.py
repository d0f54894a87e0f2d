"""Slack does not answer, or says to come again: nobody waits for it longer than they may."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.runtime import workspaces
from bot.runtime.settings import Settings, SettingsError
from bot.sandbox.slack import SlackServer
from bot.slack import gateway as gateways
from bot.slack import inspection
from bot.slack.errors import SlackError
from bot.slack.gateway import SlackGateway
from tests.journeys.steps import CHANNEL

SHORT_SECONDS = 0.2
# Far longer than it may take here, far shorter than it would be without a limit.
PATIENCE_SECONDS = 60.0


class Tokens:
    def __init__(self, slack: SlackServer) -> None:
        self._slack = slack

    async def token(self, _team_id: str) -> str:
        return self._slack.bot_token


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as slack:
        yield slack


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def gateway(slack: SlackServer, session: aiohttp.ClientSession) -> SlackGateway:
    return SlackGateway(session, Tokens(slack), api_url=slack.api_url)


async def test_who_stands_before_a_window_is_told_soon(
    slack: SlackServer, gateway: SlackGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateways, "PROMPT_TIMEOUT_SECONDS", SHORT_SECONDS)
    slack.fail("users.info", hangs=True)
    team = slack.workspace.team.id
    with pytest.raises(SlackError, match="unreachable"):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await gateway.user(team, slack.person("ben").id)


async def test_an_edit_that_hangs_is_made_over_another_connection(
    slack: SlackServer, gateway: SlackGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    team, channel = slack.workspace.team.id, slack.workspace.channel(CHANNEL)
    posted = await gateway.post(team, channel.id, text="as it was", blocks=())
    gateway.forget(slack.bot_token)  # its client has the long limit
    monkeypatch.setattr(gateways, "PATIENT_TIMEOUT_SECONDS", SHORT_SECONDS)
    slack.fail("chat.update", hangs=True, times=1)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await gateway.edit(team, channel.id, posted.ts, text="as it is", blocks=())
    assert [it.text for it in channel.messages if it.ts == posted.ts] == ["as it is"]


async def test_a_post_that_hangs_may_have_been_made_and_is_not_made_again(
    slack: SlackServer, gateway: SlackGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = slack.workspace.channel(CHANNEL)
    monkeypatch.setattr(gateways, "PATIENT_TIMEOUT_SECONDS", SHORT_SECONDS)
    slack.fail("chat.postMessage", hangs=True, times=1)
    with pytest.raises(SlackError) as caught:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await gateway.post(slack.workspace.team.id, channel.id, text="once", blocks=())
    assert caught.value.may_be_done
    assert not [it for it in channel.messages if it.text == "once"]


async def test_a_post_that_reached_nobody_is_made_once_somebody_is_there(
    gateway: SlackGateway, session: aiohttp.ClientSession, unused_tcp_port: int
) -> None:
    made: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        made.append((await request.json())["text"])
        return web.json_response({"ok": True, "channel": "C1", "ts": "1.2"})

    app = web.Application()
    app.router.add_post("/api/chat.postMessage", answer)
    late = SlackGateway(session, gateway._tokens, api_url=f"http://127.0.0.1:{unused_tcp_port}/api/")
    posting = asyncio.ensure_future(late.post("T1", "C1", text="once", blocks=()))
    await asyncio.wait([posting], timeout=0.05)
    assert not posting.done()
    async with TestServer(app, port=unused_tcp_port):
        assert (await posting).ts == "1.2"
    assert made == ["once"]


@pytest.mark.parametrize("said", ["0", "", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "soon"])
async def test_whoever_is_throttled_comes_again_whatever_the_answer_says_of_when(
    said: str, gateway: SlackGateway, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateways, "_RETRY_AFTER_SECONDS", SHORT_SECONDS)
    answers = [
        web.Response(status=429, headers={"Retry-After": said}),
        web.json_response({"ok": True, "permalink": "https://brightwater.slack.test/p1"}),
    ]

    async def answer(_: web.Request) -> web.Response:
        return answers.pop(0)

    app = web.Application()
    app.router.add_post("/api/chat.getPermalink", answer)
    async with TestServer(app) as proxy:
        throttled = SlackGateway(session, gateway._tokens, api_url=str(proxy.make_url("/api/")))
        assert await throttled.permalink("T1", "C1", "1.2") == "https://brightwater.slack.test/p1"


async def test_a_start_ends_where_slack_does_not_say_whose_token_it_is(
    slack: SlackServer, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspaces, "_SECONDS", SHORT_SECONDS)
    slack.fail("auth.test", hangs=True)
    settings = Settings(slack_bot_token=SecretStr(slack.bot_token), slack_api_url=slack.api_url)
    with pytest.raises(SettingsError, match="cannot be reached"):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await workspaces.introduce_settings(settings, session)


async def test_an_inspection_ends_where_slack_says_nothing(
    slack: SlackServer, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "_SECONDS", SHORT_SECONDS)
    slack.fail("auth.test", hangs=True)
    with pytest.raises(SlackError, match="unreachable"):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await inspection.inspect_bot_token(session, SecretStr(slack.bot_token), api_url=slack.api_url)
