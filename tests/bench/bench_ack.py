"""How long `/cw-setup` and a button take, beside a bare Bolt app that does nothing but the same Slack call.

Both run in this process, one request in flight, signed, over loopback; the stand-in for Slack is another process.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.runtime.bot import Bot
from bot.runtime.logging import configure_logging
from bot.runtime.redaction import Redactor
from bot.runtime.settings import load_settings
from tests.bench.rows import Row, compare, print_rows, sample

SECRET = "0123456789abcdef0123456789abcdef"
TIMES = 600

COMMAND = {
    "command": "/cw-setup",
    "text": "",
    "team_id": "T1",
    "user_id": "U1",
    "channel_id": "C1",
    "channel_name": "psa",
    "trigger_id": "1.2.3",
    "response_url": "http://127.0.0.1/none",
    "api_app_id": "A1",
}
LINK = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "user": {"id": "U1", "team_id": "T1"},
    "channel": {"id": "C1"},
    "container": {"type": "message", "message_ts": "1.1", "channel_id": "C1"},
    "trigger_id": "1.2.3",
    "api_app_id": "A1",
    "actions": [
        {"type": "button", "action_id": "open_thread", "block_id": "b", "value": "x", "action_ts": "1.1"}
    ],
}


@contextlib.asynccontextmanager
async def slack_stub() -> AsyncIterator[str]:
    """The stand-in's api_url."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.stub",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdout is None or process.stdin is None:
        raise RuntimeError("the stand-in has no pipes")
    port = int(await process.stdout.readline())
    try:
        yield f"http://127.0.0.1:{port}/api/"
    finally:
        process.stdin.close()
        await process.wait()


@contextlib.asynccontextmanager
async def our_bot(api_url: str) -> AsyncIterator[str]:
    """The bot, as it is run."""
    with tempfile.TemporaryDirectory(prefix="cw-bench-") as folder:
        settings = load_settings(
            _env_file=None,
            slack_bot_token="xoxb-bench",
            slack_signing_secret=SECRET,
            slack_api_url=api_url,
            slack_app_token="",
            redis_url="",
            cw_bot_data_dir=Path(folder),
            cw_bot_port=0,
            cw_bot_requests_per_minute=0,
        )
        redactor = Redactor(settings.secrets())
        configure_logging(level="WARNING", style="json", redactor=redactor)
        async with Bot(settings, redactor=redactor) as bot:
            yield f"{bot.url}/slack/events"


@contextlib.asynccontextmanager
async def bare_bolt(api_url: str) -> AsyncIterator[str]:
    """Bolt with its own verification, `process_before_response`, a shared session, and the same Slack call."""
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token="xoxb-bench", base_url=api_url, session=session)

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=None, team_id="T1", bot_token="xoxb-bench", bot_user_id="UBOT"
            )

        app = AsyncApp(
            signing_secret=SECRET,
            client=AsyncWebClient(session=session),
            authorize=authorize,
            process_before_response=True,
        )
        view = {"type": "modal", "title": {"type": "plain_text", "text": "Bare"}, "blocks": []}

        @app.command("/cw-setup")
        async def open_modal(ack: Callable[[], Awaitable[object]]) -> None:
            await client.api_call("views.open", json={"trigger_id": "1.2.3", "view": view})
            await ack()

        @app.action("open_thread")
        async def follow(ack: Callable[[], Awaitable[object]]) -> None:
            await ack()

        async def serve(request: web.Request) -> web.Response:
            body = (await request.read()).decode()
            headers = {name: [value] for name, value in request.headers.items()}
            answer = await app.async_dispatch(AsyncBoltRequest(body=body, headers=headers))  # type: ignore[arg-type]  # invariance
            return web.Response(status=answer.status, body=answer.body)

        server = web.Application()
        server.router.add_post("/slack/events", serve)
        runner = web.AppRunner(server, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        finally:
            await runner.cleanup()


def signed(body: str) -> dict[str, str]:
    """Slack's headers."""
    timestamp = str(int(time.time()))
    digest = hmac.new(SECRET.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={digest}",
        "Content-Type": "application/x-www-form-urlencoded",
    }


class Sender:
    """Sends one kind of request again and again, each a little different, as Slack's are."""

    def __init__(self, session: aiohttp.ClientSession, url: str, form: dict[str, str]) -> None:
        self._session = session
        self._url = url
        self._form = form
        self._count = 0

    async def send(self) -> None:
        """One of them; raises when the answer is not 200."""
        self._count += 1
        body = urlencode({**self._form, "n": str(self._count)})
        async with self._session.post(self._url, data=body, headers=signed(body)) as answer:
            await answer.read()
            if answer.status != 200:
                raise RuntimeError(f"answered {answer.status}")


async def _throughput(sender: Sender, *, in_flight: int, times: int) -> float:
    """Requests a second."""

    async def some() -> None:
        for _ in range(times // in_flight):
            await sender.send()

    await sender.send()
    started = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(in_flight)))
    return times / (time.perf_counter() - started)


async def run() -> list[Row]:
    """Measure."""
    button = {"payload": json.dumps(LINK)}
    rows = []
    async with (
        slack_stub() as api_url,
        our_bot(api_url) as ours,
        bare_bolt(api_url) as bare,
        aiohttp.ClientSession() as session,
    ):
        for what, form in (("/cw-setup to views.open and ack", COMMAND), ("a button to its ack", button)):
            mine = await sample(Sender(session, ours, form).send, TIMES)
            theirs = await sample(Sender(session, bare, form).send, TIMES)
            rows.append(compare(what, mine, theirs, target="median ≤ 1.5 × bare, p99 ≤ 5 ms"))
        mine_rate = await _throughput(Sender(session, ours, COMMAND), in_flight=16, times=1600)
        bare_rate = await _throughput(Sender(session, bare, COMMAND), in_flight=16, times=1600)
        rows.append(
            Row(
                what="signed commands, 16 in flight",
                median=f"{mine_rate:.0f}/s",
                baseline=f"{bare_rate:.0f}/s",
                ratio=f"{mine_rate / bare_rate:.2f}",
                target="≥ 0.6 × bare",
            )
        )
    return rows


if __name__ == "__main__":
    print_rows("Acks", asyncio.run(run()))
