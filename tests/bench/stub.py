"""A Slack that answers at once and checks nothing, in a process of its own: what is measured is the bot.

`/said` tells what came to its one response_url (`/respond`): how long ago, and whether it was the last word.
"""

import asyncio
import sys
import time

import uvloop
from aiohttp import web

USER = {
    "ok": True,
    "user": {"id": "U1", "team_id": "T1", "is_admin": True, "name": "ada", "profile": {}},
}


async def _answer(request: web.Request) -> web.Response:
    method = request.match_info["method"]
    await request.read()
    if method == "auth.test":
        return web.json_response(
            {"ok": True, "team_id": "T1", "user_id": "UBOT", "bot_id": "B1", "team": "Bench"}
        )
    if method == "users.info":
        return web.json_response(USER)
    return web.json_response(
        {"ok": True, "view": {"id": "V1"}, "channel": "C1", "ts": "1.1", "permalink": "https://x"}
    )


async def serve_until_input_ends(app: web.Application) -> None:
    """Listen on a free port, say which, and end with whoever started this: the standard input is closed then."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


async def _serve() -> None:
    said: list[tuple[float, bool]] = []

    async def hear(request: web.Request) -> web.Response:
        said.append((time.time(), b"hourglass" not in await request.read()))
        return web.Response(text="ok")

    async def tell(_: web.Request) -> web.Response:
        return web.json_response([{"at": at, "is_last": is_last} for at, is_last in said])

    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/api/{method}", _answer)
    app.router.add_post("/respond", hear)
    app.router.add_get("/said", tell)
    await serve_until_input_ends(app)


if __name__ == "__main__":
    uvloop.run(_serve())
