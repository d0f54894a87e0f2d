import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Person, Rate, SlackServer
from tests.sandbox_slack.app import FakeApp

ROOM = "C0PSASETUP"


async def test_a_method_fails_as_often_as_it_was_told_to(app: FakeApp) -> None:
    app.slack.fail("chat.postMessage", error="fatal_error", times=2)
    errors = []
    for _ in range(3):
        try:
            await app.client.chat_postMessage(channel=ROOM, text="x")
        except SlackApiError as error:
            errors.append(error.response["error"])
    assert errors == ["fatal_error", "fatal_error"]


async def test_a_mood_may_concern_certain_calls_alone(app: FakeApp) -> None:
    app.slack.fail("chat.postMessage", error="fatal_error", where=lambda args: "thread_ts" in args)
    assert (await app.client.chat_postMessage(channel=ROOM, text="x"))["ok"]


async def test_a_server_error_is_no_json(app: FakeApp) -> None:
    app.slack.fail("auth.test", status=503)
    with pytest.raises(SlackApiError) as caught:
        await app.client.auth_test()
    assert caught.value.response.status_code == 503


async def test_a_method_that_hangs_is_given_up_by_the_client(app: FakeApp) -> None:
    app.slack.fail("auth.test", hangs=True)
    call = asyncio.ensure_future(app.client.auth_test())
    await asyncio.wait([call], timeout=0.05)
    assert not call.done()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


@pytest.mark.parametrize(("drops", "posted"), [("before", 0), ("after", 1)])
async def test_a_connection_drops_before_or_after_the_work_is_done(
    app: FakeApp, ada: Person, drops: str, posted: int
) -> None:
    app.slack.fail("chat.postMessage", drops=drops)
    with pytest.raises(aiohttp.ClientError):
        await app.client.chat_postMessage(channel=ROOM, text="x")
    assert len(ada.messages(ROOM)) == posted
    assert app.slack.calls[-1].error == "connection_dropped"


async def test_a_response_url_has_its_moods_too(app: FakeApp, ada: Person) -> None:
    await ada.command("/cw-status", "helpdesk")
    url = str(app.last("command")["response_url"])
    app.slack.fail("response_url", retry_after=7)
    app.slack.fail("response_url", status=503)
    app.slack.fail("response_url", drops="after")
    async with aiohttp.ClientSession() as session:
        async with session.post(url, json={"text": "x"}) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
        async with session.post(url, json={"text": "x"}) as answer:
            assert answer.status == 503
        with pytest.raises(aiohttp.ClientError):
            await session.post(url, json={"text": "x"})
    assert [it.text for it in ada.messages("helpdesk")] == ["x"]
    said = [it.error for it in app.slack.calls.of("response_url")]
    assert said == ["ratelimited", "http_503", "connection_dropped"]


async def test_the_sdk_as_it_comes_posts_twice_when_the_answer_is_lost(
    slack: SlackServer, ada: Person
) -> None:
    slack.fail("chat.postMessage", drops="after")
    as_it_comes = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    await as_it_comes.chat_postMessage(channel=ROOM, text="x")
    assert len(ada.messages(ROOM)) == 2


async def test_a_mood_can_be_taken_back(app: FakeApp) -> None:
    app.slack.fail("*", error="fatal_error", times=None)
    with pytest.raises(SlackApiError):
        await app.client.auth_test()
    app.slack.heal()
    assert (await app.client.auth_test())["ok"]


async def test_a_throttled_method_says_when_to_come_back(app: FakeApp) -> None:
    app.slack.fail("chat.postMessage", retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        await app.client.chat_postMessage(channel=ROOM, text="x")
    response = caught.value.response
    assert (response.status_code, response["error"], response.headers["Retry-After"]) == (
        429,
        "ratelimited",
        "7",
    )


async def test_there_are_no_rates_until_they_are_switched_on(app: FakeApp) -> None:
    for _ in range(5):
        await app.client.chat_postMessage(channel=ROOM, text="x")
    assert all(call.ok for call in app.slack.calls)


async def test_posting_is_limited_per_channel_and_recovers(app: FakeApp, slack: SlackServer) -> None:
    slack.limits.be_realistic()
    await app.client.chat_postMessage(channel=ROOM, text="x")
    with pytest.raises(SlackApiError) as caught:
        await app.client.chat_postMessage(channel=ROOM, text="x")
    assert caught.value.response.headers["Retry-After"] == "1"
    assert (await app.client.chat_postMessage(channel="C0CONTOSO1", text="x"))["ok"]
    slack.workspace.clock.advance(1)
    assert (await app.client.chat_postMessage(channel=ROOM, text="x"))["ok"]


async def test_a_rate_can_be_set_for_one_method(app: FakeApp, slack: SlackServer) -> None:
    slack.limits.rates["auth.test"] = Rate(2, 60)
    await app.client.auth_test()
    await app.client.auth_test()
    with pytest.raises(SlackApiError, match="ratelimited"):
        await app.client.auth_test()
