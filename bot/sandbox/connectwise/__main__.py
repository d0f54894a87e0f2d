"""Run the ConnectWise stand-in alone, to try it with curl: `python -m bot.sandbox.connectwise --port N`."""

import argparse
import asyncio
import json
import signal
import sys

from bot.sandbox.connectwise.site import ConnectWiseSite


async def serve(port: int, moods: dict[str, object]) -> None:
    """Run the site until Ctrl-C or SIGTERM; prints where it is, its authority and what to type."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Also where whoever started us has SIGINT ignored, as shells do for what runs in the background.
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with ConnectWiseSite(port=port) as site:
        site.set(**moods)
        lines = {"URL": site.url, "CA": str(site.ca_path), **site.crib()}
        sys.stdout.write("".join(f"{name + ':':<24}{value}\n" for name, value in lines.items()))
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Read the command line and serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.connectwise", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="where to listen (default: any free port)")
    parser.add_argument(
        "--moods", type=json.loads, default={}, help='switches as JSON, for example {"tls": "expired"}'
    )
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.moods))


if __name__ == "__main__":
    main()
