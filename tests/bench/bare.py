"""The baseline: a Bolt app that verifies, opens a modal and acks, and does nothing else. On uvloop, as the bot is."""

import sys
from collections.abc import Awaitable, Callable

import aiohttp
import uvloop
from aiohttp import web
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from tests.bench.programs import SECRET
from tests.bench.stub import serve_until_input_ends

VIEW = {"type": "modal", "title": {"type": "plain_text", "text": "Bare"}, "blocks": []}


def build_app(session: aiohttp.ClientSession, api_url: str) -> AsyncApp:
    """Bolt's own verification, `process_before_response`, a shared session."""
    client = AsyncWebClient(token="xoxb-bench", base_url=api_url, session=session)

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-bench", bot_user_id="UBOT")

    app = AsyncApp(
        signing_secret=SECRET,
        client=AsyncWebClient(session=session),
        authorize=authorize,
        process_before_response=True,
    )

    @app.command("/cw-setup")
    async def open_modal(ack: Callable[[], Awaitable[object]]) -> None:
        await client.api_call("views.open", json={"trigger_id": "1.2.3", "view": VIEW})
        await ack()

    @app.action("open_thread")
    async def follow(ack: Callable[[], Awaitable[object]]) -> None:
        await ack()

    return app


async def serve(api_url: str) -> None:
    """Until the standard input ends."""
    async with aiohttp.ClientSession() as session:
        app = build_app(session, api_url)

        async def answer(request: web.Request) -> web.Response:
            body = (await request.read()).decode()
            headers = {name: [value] for name, value in request.headers.items()}
            said = await app.async_dispatch(AsyncBoltRequest(body=body, headers=headers))  # type: ignore[arg-type]  # invariance
            return web.Response(status=said.status, body=said.body)

        server = web.Application()
        server.router.add_post("/slack/events", answer)
        await serve_until_input_ends(server)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
