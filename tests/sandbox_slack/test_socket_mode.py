from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, WSServerHandshakeError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Person, SlackServer
from tests.sandbox_slack.app import modal, typed


class SocketApp:
    """An app on a socket: acknowledges with what `answers` says."""

    def __init__(self, slack: SlackServer) -> None:
        self.requests: list[SocketModeRequest] = []
        self.answers: dict[str, Any] = {}
        self.silent = False
        web = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        self.web = web
        self.client = SocketModeClient(app_token=slack.app_token, web_client=web, ping_interval=1)
        self.client.socket_mode_request_listeners.append(self._take)

    async def connect(self) -> None:
        await self.client.connect()  # type: ignore[no-untyped-call] # the SDK's

    async def close(self) -> None:
        await self.client.close()  # type: ignore[no-untyped-call] # the SDK's

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self.requests.append(request)
        if self.silent:
            return
        if request.type == "slash_commands":
            view = modal(typed("Name", "n"))
            await self.web.views_open(trigger_id=request.payload["trigger_id"], view=view)
        answer = self.answers.get(request.payload.get("type", request.type))
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))


@pytest.fixture
async def socket_app(slack: SlackServer) -> AsyncIterator[SocketApp]:
    app = SocketApp(slack)
    await app.connect()
    yield app
    await app.close()


async def test_commands_and_submissions_go_over_the_socket(
    socket_app: SocketApp, slack: SlackServer, ada: Person
) -> None:
    assert slack.sockets.connections == 1
    assert (await ada.command("/cw-setup", "psa-setup")).ok
    await ada.fill({"Name": "Main"})
    socket_app.answers["view_submission"] = {"response_action": "errors", "errors": {"n": "Taken."}}
    result = await ada.submit()
    assert result.errors_by_label == {"Name": "Taken."}
    socket_app.answers.clear()
    assert (await ada.submit()).response_action == "close"
    assert [request.type for request in socket_app.requests] == [
        "slash_commands",
        "interactive",
        "interactive",
    ]


async def test_events_go_over_the_socket(socket_app: SocketApp, slack: SlackServer, ada: Person) -> None:
    ada.invite_bot("helpdesk")
    await slack.settle()
    request = socket_app.requests[-1]
    assert (request.type, request.payload["event"]["type"]) == ("events_api", "member_joined_channel")
    assert request.retry_attempt == 0


async def test_an_envelope_that_is_not_acknowledged_is_a_timeout(
    socket_app: SocketApp, slack: SlackServer, ada: Person
) -> None:
    socket_app.silent = True
    slack.delivery.ack_seconds = 0.1
    result = await ada.command("/cw-setup", "psa-setup")
    assert result.error == '/cw-setup failed with the error "operation_timeout"'


async def test_several_connections_take_turns(socket_app: SocketApp, slack: SlackServer, ada: Person) -> None:
    second = SocketApp(slack)
    await second.connect()
    for _ in range(4):
        await ada.command("/cw-setup", "psa-setup")
    await second.close()
    assert (len(socket_app.requests), len(second.requests)) == (2, 2)


async def test_a_client_that_is_told_to_go_comes_back(
    socket_app: SocketApp, slack: SlackServer, ada: Person
) -> None:
    await slack.sockets.disconnect("warning")
    await ada.wait_for(lambda: slack.sockets.accepted == 2)
    assert (await ada.command("/cw-setup", "psa-setup")).ok


async def test_a_ticket_opens_one_connection(slack: SlackServer) -> None:
    opened = await AsyncWebClient(token=slack.app_token, base_url=slack.api_url).apps_connections_open(
        app_token=slack.app_token
    )
    async with ClientSession() as session:
        async with session.ws_connect(opened["url"]) as socket:
            hello = await socket.receive_json()
        assert hello["type"] == "hello"
        assert hello["connection_info"]["app_id"] == slack.workspace.app.id
        with pytest.raises(WSServerHandshakeError):
            await session.ws_connect(opened["url"])
