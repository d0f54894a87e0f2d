"""`cw-bot run` with a resolver of the bench's: whatever the host, it is the stand-in for ConnectWise at this port."""

import cProfile
import sys
from collections.abc import Sequence

from bot.runtime.serve import _loading, _serve, run_async

# As `cw-bot run` loads it: what a terminal is made pretty with stays out, and what was loaded need not be looked through.
with _loading():
    from bot.connectwise import Address
    from bot.runtime.bot import Bot
    from bot.runtime.logging import configure_logging
    from bot.runtime.redaction import Redactor
    from bot.runtime.settings import load_settings


class HereResolver:
    """Leads everything to one port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(self, _host: str, _port: int) -> Sequence[Address]:
        """The stand-in."""
        return [Address("127.0.0.1", self._port)]


def main() -> None:
    """The port, and where to leave a profile, if one is wanted."""
    settings = load_settings()
    redactor = Redactor(settings.secrets())
    configure_logging(level=settings.cw_bot_log_level, style=settings.cw_bot_log_format, redactor=redactor)
    bot = Bot(settings, redactor=redactor, resolver=HereResolver(int(sys.argv[1])))
    if len(sys.argv) < 3:
        run_async(_serve(bot))
        return
    profile = cProfile.Profile()
    profile.runcall(run_async, _serve(bot))
    profile.dump_stats(sys.argv[2])


if __name__ == "__main__":
    main()
