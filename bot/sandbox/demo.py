"""`cw-bot demo`: the sandbox in a browser, or played by a script in the terminal."""

import asyncio
import logging
import signal
import sys
import webbrowser

from bot.runtime.logging import configure_logging
from bot.sandbox.bench import DEAD_HOST, OWN_HOST, Sandbox
from bot.sandbox.script import play
from bot.sandbox.slack.seed import greet

_OK, _FAILED = 0, 1


def main(*, port: int, opens_browser: bool, plays_script: bool) -> int:
    """Run it; the exit code."""
    return asyncio.run(_play() if plays_script else _serve(port, opens_browser=opens_browser))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def _play() -> int:
    sandbox = Sandbox()
    configure_logging(level="ERROR", style="console", redactor=sandbox.redactor)
    async with sandbox:
        return _OK if await play(sandbox, _say) else _FAILED


async def _serve(port: int, *, opens_browser: bool) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _say("· starting a Slack workspace, a ConnectWise site and the bot between them")
    sandbox = Sandbox(port=port)
    configure_logging(level="WARNING", style="console", redactor=sandbox.redactor)
    greet(sandbox.slack.workspace)
    try:
        async with sandbox:
            _tell(sandbox)
            if opens_browser:
                await asyncio.to_thread(webbrowser.open, sandbox.slack.base_url)
            await stop.wait()
            _say("\n· closing")
    except OSError as error:
        _say(
            f"The sandbox cannot listen on port {port} ({error.strerror}). Try another: cw-bot demo --port 0"
        )
        return _FAILED
    return _OK


def _tell(sandbox: Sandbox) -> None:
    crib = sandbox.connectwise.crib()
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    _say(f"""
  Open  {sandbox.slack.base_url}  and type  /cw-setup  in #psa-setup.

  Hostname       {OWN_HOST}   (or choose North America as the site)
  Company ID     {crib["Company ID"]}
  API member ID  {crib["API member ID"]}
  Public key     {crib["Public key"]}
  Private key    {crib["Private key"]}

  {DEAD_HOST} answers nobody. The page's ConnectWise panel breaks the site in other ways.
  Ctrl-C ends it; nothing is kept.
""")
