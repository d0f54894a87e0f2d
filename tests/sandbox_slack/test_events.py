import pytest
from aiohttp import web

from bot.sandbox.slack import Person, SlackServer, SlackWorkspace
from tests.sandbox_slack.app import Data, FakeApp


async def test_the_url_is_verified_by_a_challenge(app: FakeApp, slack: SlackServer) -> None:
    async def echo(envelope: Data) -> Data:
        return {"challenge": envelope["challenge"]}

    assert not await slack.events.verify_url()
    app.on["url_verification"] = echo
    assert await slack.events.verify_url()


async def test_an_event_comes_in_its_envelope(app: FakeApp, ada: Person, slack: SlackServer) -> None:
    ada.invite_bot("helpdesk")
    await slack.settle()
    envelope = app.last("member_joined_channel")
    assert envelope["type"] == "event_callback"
    assert (envelope["team_id"], envelope["api_app_id"]) == ("T0NORTHWND", "A0SANDBOX1")
    assert envelope["authorizations"][0]["user_id"] == slack.installation.bot_user_id
    assert envelope["event"]["inviter"] == ada.id
    assert "X-Slack-Retry-Num" not in app.received[-1].headers


async def test_an_event_is_repeated_until_it_is_acknowledged(
    app: FakeApp, ada: Person, slack: SlackServer
) -> None:
    answers = iter([500, 500, 200])

    async def moody(_envelope: Data) -> web.Response:
        return web.Response(status=next(answers))

    app.on["member_joined_channel"] = moody
    ada.invite_bot("helpdesk")
    await slack.settle()
    numbers = [request.headers.get("X-Slack-Retry-Num") for request in app.received]
    assert numbers == [None, "1", "2"]
    assert app.received[-1].headers["X-Slack-Retry-Reason"] == "http_error"
    assert len({request.data["event_id"] for request in app.received}) == 1


async def test_an_app_can_decline_repetitions(app: FakeApp, ada: Person, slack: SlackServer) -> None:
    async def declining(_envelope: Data) -> web.Response:
        return web.Response(status=500, headers={"X-Slack-No-Retry": "1"})

    app.on["member_joined_channel"] = declining
    ada.invite_bot("helpdesk")
    await slack.settle()
    assert len(app.received) == 1


async def test_an_event_that_nobody_takes_is_noted(app: FakeApp, ada: Person, slack: SlackServer) -> None:
    slack.request_urls = []
    ada.invite_bot("helpdesk")
    await slack.settle()
    assert slack.workspace.problems == ["event member_joined_channel was never acknowledged"]


async def test_channels_tell_when_they_are_archived_renamed_and_back(
    app: FakeApp, ada: Person, slack: SlackServer
) -> None:
    channel = slack.workspace.channel("psa-setup")
    slack.doings.archive(ada.user, channel)
    slack.doings.unarchive(ada.user, channel)
    assert slack.doings.rename(ada.user, channel, "psa-rollout").ok
    await slack.settle()
    assert sorted(app.kinds()) == ["channel_archive", "channel_rename", "channel_unarchive"]
    assert app.last("channel_rename")["event"]["channel"]["name"] == "psa-rollout"
    assert slack.doings.rename(ada.user, channel, "Not Good").error
    assert slack.doings.archive(ada.user, slack.workspace.channel("general")).error


async def test_messages_are_told_only_to_apps_that_subscribed(
    app: FakeApp, ada: Person, slack: SlackServer
) -> None:
    ada.say("not for the app", "psa-setup")
    await slack.settle()
    assert not app.received


async def test_a_subscribed_app_hears_messages_mentions_and_deletions_where_its_bot_is() -> None:
    workspace = SlackWorkspace(events=["message.channels", "app_mention", "channel_left"])
    async with SlackServer(workspace) as slack:
        fake = FakeApp(slack)
        await fake.start()
        slack.request_urls = [fake.url]
        ada = slack.person("ada")
        ada.say("elsewhere", "helpdesk")
        said = ada.say("@connectwise-setup <b> hello", "psa-setup")
        slack.doings.delete_message(ada.user, workspace.channel("psa-setup"), said.ts or "")
        slack.doings.remove_bot(ada.user, workspace.channel("psa-setup"))
        await slack.settle()
        await fake.stop()
    assert sorted(fake.kinds()) == ["app_mention", "channel_left", "message", "message"]
    bot = slack.installation.bot_user_id
    assert fake.last("app_mention")["event"]["text"] == f"<@{bot}> &lt;b&gt; hello"
    events = [r.data["event"] for r in fake.received if r.kind == "message"]
    assert {event.get("subtype") for event in events} == {None, "message_deleted"}


@pytest.mark.parametrize("tokens_first", [True, False])
async def test_uninstalling_kills_the_token_and_tells_in_either_order(
    app: FakeApp, ada: Person, slack: SlackServer, tokens_first: bool
) -> None:
    bot = slack.installation.bot_user_id
    slack.uninstall(tokens_first=tokens_first)
    await slack.settle()
    assert set(app.kinds()) == {"tokens_revoked", "app_uninstalled"}
    assert app.last("tokens_revoked")["event"]["tokens"] == {"oauth": [], "bot": [bot]}
    assert bot not in slack.workspace.channel("psa-setup").members
    assert (await ada.command("/cw-setup", "psa-setup")).error == "/cw-setup is not a valid command."


async def test_an_uninstalled_app_hears_nothing_more(app: FakeApp, ada: Person, slack: SlackServer) -> None:
    slack.uninstall()
    await slack.settle()
    app.received.clear()
    assert (await ada.open_home()).error == "This app has no Home here."
    await slack.settle()
    assert not app.received
