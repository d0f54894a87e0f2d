import asyncio

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from bot.sandbox.slack import Command, Person, SlackServer, SlackWorkspace
from tests.sandbox_slack.app import Data, FakeApp, actions, button, section


async def test_a_command_reaches_the_app_with_the_fields_that_slack_sends(app: FakeApp, ada: Person) -> None:
    result = await ada.command("/cw-setup help", "psa-setup")
    form = app.last("command")
    assert result.ok
    assert (form["command"], form["text"]) == ("/cw-setup", "help")
    assert (form["team_id"], form["user_id"], form["user_name"]) == ("T0NORTHWND", ada.id, "ada")
    assert (form["channel_id"], form["channel_name"]) == ("C0PSASETUP", "psa-setup")
    assert form["is_enterprise_install"] == "false"
    assert form["response_url"].startswith(app.slack.base_url)
    assert form["trigger_id"].count(".") == 2


async def test_requests_carry_a_signature_that_slacks_own_sdk_accepts(app: FakeApp, ada: Person) -> None:
    await ada.command("/cw-setup", "psa-setup")
    request = app.received[-1]
    verifier = SignatureVerifier(app.slack.signing_secret)
    assert verifier.is_valid_request(request.raw, request.headers)
    assert request.headers["User-Agent"] == "Slackbot 1.0 (+https://api.slack.com/robots)"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"


async def test_a_request_signed_with_another_secret_or_long_ago_is_not_accepted(slack: SlackServer) -> None:
    verifier = SignatureVerifier(slack.signing_secret)
    good = slack.signed_request({"command": "/cw-setup"})
    foreign = slack.signed_request({"command": "/cw-setup"}, secret="another")
    old = slack.signed_request({"command": "/cw-setup"}, timestamp=1_000_000)
    assert verifier.is_valid_request(good.body, good.headers)
    assert not verifier.is_valid_request(foreign.body, foreign.headers)
    assert not verifier.is_valid_request(old.body, old.headers)


async def test_signatures_keep_the_real_time_when_a_test_moves_the_workspaces_clock(
    app: FakeApp, ada: Person, slack: SlackServer
) -> None:
    slack.workspace.clock.advance(3600)
    await ada.command("/cw-setup", "psa-setup")
    assert SignatureVerifier(slack.signing_secret).is_valid_request(
        app.received[-1].raw, app.received[-1].headers
    )


async def test_what_is_typed_behind_a_command_arrives_escaped(app: FakeApp, ada: Person) -> None:
    await ada.command("/cw-status <!channel> & co", "psa-setup")
    assert app.last("command")["text"] == "&lt;!channel&gt; &amp; co"


async def test_a_command_that_asks_for_it_gets_people_as_mentions() -> None:
    workspace = SlackWorkspace(commands=[Command("/who", should_escape=True)])
    async with SlackServer(workspace) as slack:
        fake = FakeApp(slack)
        await fake.start()
        slack.request_urls = [fake.url]
        await slack.person("ada").command("/who @ben", "psa-setup")
        await fake.stop()
    assert fake.last("command")["text"] == "<@U0BEN00001|ben>"


async def test_a_private_channel_is_not_named_to_the_app(app: FakeApp, ada: Person) -> None:
    await ada.command("/cw-status", "project-heron")
    assert app.last("command")["channel_name"] == "privategroup"


@pytest.mark.parametrize(
    ("line", "channel", "sentence"),
    [
        ("/nothing", "psa-setup", "/nothing is not a valid command."),
        ("/cw-setup", "old-migration", "You can't use commands in an archived channel."),
    ],
)
async def test_slack_itself_refuses(
    app: FakeApp, ada: Person, line: str, channel: str, sentence: str
) -> None:
    result = await ada.command(line, channel)
    assert result.error == sentence
    assert not app.received


async def test_commands_do_not_work_in_threads(app: FakeApp, ada: Person) -> None:
    parent = ada.say("hello", "psa-setup")
    result = await ada.command("/cw-setup", "psa-setup", thread_ts=parent.ts)
    assert result.error == "/cw-setup is not supported in threads. Sorry!"
    assert "command" not in app.kinds()


async def test_people_of_another_company_do_not_have_the_command(app: FakeApp, eve: Person) -> None:
    result = await eve.command("/cw-setup", "ext-contoso")
    assert result.error == "/cw-setup is not a valid command."
    assert not app.received


async def test_an_acknowledgement_that_comes_too_late_is_a_timeout(app: FakeApp, ada: Person) -> None:
    release = asyncio.Event()

    async def sleepy(_form: Data) -> None:
        await release.wait()

    app.on["command"] = sleepy
    result = await ada.command("/cw-setup", "psa-setup")
    release.set()
    assert result.error == '/cw-setup failed with the error "operation_timeout"'


async def test_an_error_status_is_a_failed_dispatch(app: FakeApp, ada: Person) -> None:
    async def broken(_form: Data) -> web.Response:
        return web.Response(status=500)

    app.on["command"] = broken
    result = await ada.command("/cw-setup", "psa-setup")
    assert result.error == '/cw-setup failed with the error "dispatch_failed"'
    assert result.status == 500


async def test_an_app_that_does_not_listen_is_a_failed_dispatch(slack: SlackServer, ada: Person) -> None:
    slack.request_urls = ["http://127.0.0.1:9/slack/events"]
    result = await ada.command("/cw-setup", "psa-setup")
    assert result.error == '/cw-setup failed with the error "dispatch_failed"'


async def test_a_text_in_the_acknowledgement_is_seen_by_nobody_else(
    app: FakeApp, ada: Person, slack: SlackServer
) -> None:
    async def answer(_form: Data) -> str:
        return "Only *you* see this"

    app.on["command"] = answer
    result = await ada.command("/cw-status", "psa-setup")
    assert result.text == "Only you see this"
    assert [ada.read(m) for m in ada.ephemerals("psa-setup")] == ["Only you see this"]
    assert not slack.person("ben").messages("psa-setup")


async def test_an_acknowledgement_may_speak_to_the_channel(
    app: FakeApp, ada: Person, slack: SlackServer
) -> None:
    async def answer(_form: Data) -> Data:
        blocks = [section("*All* well"), actions(button("Check again"))]
        return {"response_type": "in_channel", "text": "All well", "blocks": blocks}

    app.on["command"] = answer
    await ada.command("/cw-status", "psa-setup")
    ben = slack.person("ben")
    assert ben.read(ben.messages("psa-setup")[0]) == "All well\n[Check again]"


async def test_an_acknowledgement_with_bad_blocks_shows_nothing_and_is_noted(
    app: FakeApp, ada: Person, slack: SlackServer
) -> None:
    async def answer(_form: Data) -> Data:
        return {"text": "x", "blocks": [section("")]}

    app.on["command"] = answer
    result = await ada.command("/cw-status", "psa-setup")
    assert result.error == '/cw-status failed with the error "invalid_command_response"'
    assert "/blocks/0/text/text" in slack.workspace.problems[0]


async def test_several_request_urls_are_used_in_turn(slack: SlackServer, ada: Person) -> None:
    replicas = [FakeApp(slack), FakeApp(slack)]
    for replica in replicas:
        await replica.start()
    slack.request_urls = [replica.url for replica in replicas]
    for _ in range(4):
        await ada.command("/cw-status", "psa-setup")
    for replica in replicas:
        await replica.stop()
    assert [len(replica.received) for replica in replicas] == [2, 2]


async def test_inviting_the_bot_is_a_command_of_slacks_own(
    app: FakeApp, ada: Person, slack: SlackServer
) -> None:
    result = await ada.command("/invite @bot", "helpdesk")
    await slack.settle()
    assert result.ok
    assert slack.installation.bot_user_id in slack.workspace.channel("helpdesk").members
    assert app.last("member_joined_channel")["event"]["user"] == slack.installation.bot_user_id
    assert (await ada.command("/invite @nobody", "helpdesk")).error == "There is nobody called @nobody here."
